-- Both ends are inside, null passes, and each column outside its range is named by itself.
{% set rows = literal_rows(['id', 'a', 'b'], [
    ['1', '0', '10'],
    ['2', '-1', '11'],
    ['3', 'cast(null as int64)', '5'],
    ['4', '3', '5'],
]) %}
{{ differences(
    rows_out_of_range(rows, ['id'], {'a': [0, 3], 'b': [5, 10]}),
    "select 2 as id, 'a' as column_name, '-1' as value union all select 2, 'b', '11'"
) }}
