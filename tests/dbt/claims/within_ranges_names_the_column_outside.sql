-- Both ends are inside, null passes, and each column outside its range is named by itself.
{% set rows = literal_rows(['id', 'a', 'b'], [
    ['1', '0', '10'],
    ['2', '-1', '11'],
    ['3', 'cast(null as int64)', '5'],
    ['4', '3', '5'],
]) %}
{{ differences(
    found_on(rows, ['id'], 'within_ranges', {'ranges': {'a': [0, 3], 'b': [5, 10]}}),
    "select 'a' as subject, 'id=2' as found_in, 'a=-1' as finding union all select 'b', 'id=2', 'b=11'"
) }}
