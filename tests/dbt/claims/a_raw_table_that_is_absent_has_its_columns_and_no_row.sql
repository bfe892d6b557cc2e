-- Of each type that a raw column can have: each column can be named, and there is no row.
{% set types = ['STRING', 'INT64', 'FLOAT64', 'BOOL', 'DATE', 'TIMESTAMP', 'DATETIME'] %}
{% set columns = [] %}
{% for type in types %}
{% do columns.append({'name': 'column_' ~ loop.index, 'data_type': type}) %}
{% endfor %}
select
    {%- for column in columns %}
    absent.{{ column.name }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ no_rows_of(columns) }} as absent
