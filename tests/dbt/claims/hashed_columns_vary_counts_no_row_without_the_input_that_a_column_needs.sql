-- Two of six rows lack the events of their game: who is null there alone is not reported, who is null where another column
-- of the same input is known is.
{% set rows = literal_rows(['of_events', 'also_of_events', 'of_no_input'], [
    ['1', '1', '1'], ['2', '2', '2'], ['3', '3', '3'], ['4', 'cast(null as int64)', '4'],
    ['cast(null as int64)', 'cast(null as int64)', 'cast(null as int64)'],
    ['cast(null as int64)', 'cast(null as int64)', '6'],
]) %}
{% set columns = [
    {'name': 'of_events', 'needs': 'feed', 'data_type': 'INT64', 'max_null_rate': 0.1, 'may_be_constant': false, 'may_be_unknown': false, 'null_by_contract': false},
    {'name': 'also_of_events', 'needs': 'feed', 'data_type': 'INT64', 'max_null_rate': 0.1, 'may_be_constant': false, 'may_be_unknown': false, 'null_by_contract': false},
    {'name': 'of_no_input', 'data_type': 'INT64', 'max_null_rate': 0.1, 'may_be_constant': false, 'may_be_unknown': false, 'null_by_contract': false},
] %}
{{ differences(
    "select column_name, finding from (" ~ suspicious_columns(rows, columns, 6) ~ ") as found",
    "select 'also_of_events' as column_name, 'null too often' as finding"
    ~ " union all select 'of_no_input', 'null too often'"
) }}
