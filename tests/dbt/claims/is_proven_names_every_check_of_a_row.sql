-- One row that two checks find, and one that a third finds, each by its own name; a row that nothing is wrong with is not there.
{% set rows = literal_rows(['id', 'a', 'b'], [['1', '0', '1'], ['2', '-1', '11'], ['3', '1', 'cast(null as int64)']]) %}
{% set checks = [
    {'check_name': 'a_is_positive', 'is_wrong': 'a < 0', 'told': {'a': 'a'}},
    {'check_name': 'within_ranges', 'subject': 'b', 'is_wrong': 'b not between 0 and 10', 'told': {'b': 'b', 'limit': '10'}},
    {'check_name': 'b_is_known', 'is_wrong': 'b is null', 'told': {'b': 'b'}},
] %}
{{ differences(
    findings_by_row(rows, ['id'], checks),
    "select 'a_is_positive' as check_name, cast(null as string) as subject, 'a=-1' as finding, 'id=2' as found_in"
    ~ " union all select 'within_ranges', 'b', 'b=11, limit=10', 'id=2'"
    ~ " union all select 'b_is_known', null, 'b=null', 'id=3'"
) }}
