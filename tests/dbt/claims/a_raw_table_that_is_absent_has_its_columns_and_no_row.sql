-- Of each type that a raw column can have: the columns can be named, and there is no row.
{% set types = ['STRING', 'INT64', 'FLOAT64', 'BOOL', 'DATE', 'TIMESTAMP', 'DATETIME'] %}
{% set columns = [] %}
{% for type in types %}
{% do columns.append({'name': 'column_' ~ loop.index, 'data_type': type}) %}
{% endfor %}
select
    absent.column_1,
    absent.column_7
from {{ no_rows_of(columns) }} as absent
