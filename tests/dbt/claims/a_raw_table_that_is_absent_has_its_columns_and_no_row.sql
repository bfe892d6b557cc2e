-- Of each type that a raw column can have. A row is reported where there is one, or a column counts.
{% set types = ['STRING', 'INT64', 'FLOAT64', 'BOOL', 'DATE', 'TIMESTAMP', 'DATETIME'] %}
{% set columns = [] %}
{% for type in types %}{% do columns.append({'name': 'column_' ~ loop.index, 'data_type': type}) %}{% endfor %}
select counted.row_count
from (
    select count(*) as row_count, {% for column in columns %}count({{ column.name }}) as {{ column.name }}{{ ', ' if not loop.last }}{% endfor %}
    from {{ no_rows_of(columns) }} as absent
) as counted
where counted.row_count > 0{% for column in columns %} or counted.{{ column.name }} > 0{% endfor %}
