-- Of four rows: a constant, a column null above its limit and one filled against its contract are
-- reported, and so is one that is seldom known and then always the same; exactly on the limit, allowed
-- constants, columns that vary and those that may be unknown throughout are not. Five rows asked for,
-- and nothing is.
{% set rows = literal_rows(['varies', 'constant', 'half_null', 'promised_null', 'allowed', 'unknown', 'seldom'], [
    ['1', '7', '1', 'cast(null as int64)', '1', 'cast(null as int64)', '5'],
    ['2', '7', '2', 'cast(null as int64)', '1', 'cast(null as int64)', 'cast(null as int64)'],
    ['3', '7', 'cast(null as int64)', '3', '1', 'cast(null as int64)', 'cast(null as int64)'],
    ['4', '7', 'cast(null as int64)', 'cast(null as int64)', '1', 'cast(null as int64)', '5'],
]) %}
{% set columns = [
    {'name': 'varies', 'data_type': 'INT64', 'max_null_rate': 0.0, 'may_be_constant': false, 'may_be_unknown': false, 'null_by_contract': false},
    {'name': 'constant', 'data_type': 'INT64', 'max_null_rate': 0.0, 'may_be_constant': false, 'may_be_unknown': false, 'null_by_contract': false},
    {'name': 'half_null', 'data_type': 'INT64', 'max_null_rate': 0.49, 'may_be_constant': false, 'may_be_unknown': false, 'null_by_contract': false},
    {'name': 'half_null', 'data_type': 'INT64', 'max_null_rate': 0.5, 'may_be_constant': false, 'may_be_unknown': false, 'null_by_contract': false},
    {'name': 'promised_null', 'data_type': 'INT64', 'max_null_rate': 1.0, 'may_be_constant': true, 'may_be_unknown': false, 'null_by_contract': true},
    {'name': 'unknown', 'data_type': 'INT64', 'max_null_rate': 1.0, 'may_be_constant': false, 'may_be_unknown': true, 'null_by_contract': false},
    {'name': 'seldom', 'data_type': 'INT64', 'max_null_rate': 1.0, 'may_be_constant': false, 'may_be_unknown': true, 'null_by_contract': false},
    {'name': 'allowed', 'data_type': 'INT64', 'max_null_rate': 0.0, 'may_be_constant': true, 'may_be_unknown': false, 'null_by_contract': false},
] %}
{# One query per column, since half_null stands twice. #}
{% set found = [] %}
{% for column in columns %}
{% do found.append("select column_name, finding from (" ~ suspicious_columns(rows, [column], 4) ~ ") as found_" ~ loop.index) %}
{% do found.append("select column_name, finding from (" ~ suspicious_columns(rows, [column], 5) ~ ") as unfound_" ~ loop.index) %}
{% endfor %}
{{ differences(
    found | join(' union all '),
    "select 'constant' as column_name, 'one value only' as finding"
    ~ " union all select 'seldom', 'one value only'"
    ~ " union all select 'half_null', 'null too often'"
    ~ " union all select 'promised_null', 'filled, and its contract says that no source fills it'"
) }}
