{#-
  A raw table, or where an optional one is not there a relation without a row that has its columns. One that is not
  optional has to be there.
-#}
{% macro raw_relation(source_name, table_name) -%}
    {%- set relation = source(source_name, table_name) -%}
    {%- set contract = source_contract(source_name, table_name) -%}
    {%- if live_columns(relation) != [] -%}
        {{ return(relation) }}
    {%- elif contract.config.meta.get('optional') -%}
        {{ return(no_rows_of(contract.columns.values())) }}
    {%- elif is_building() -%}
        {{ exceptions.raise_compiler_error(
            "There is no table " ~ source_name ~ "." ~ table_name ~ ", and nothing can be built without it: "
            ~ contract.description
        ) }}
    {%- endif -%}
    {{ return(relation) }}
{%- endmacro %}

{#- A relation with these columns and no row. -#}
{% macro no_rows_of(columns) -%}
    (
        select
        {%- for column in columns %}
            cast(null as {{ engine_type(column.data_type) }}) as {{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
        from (select 1 as nothing) as nobody
        where 1 = 0
    )
{%- endmacro %}

{#-
  Names of a raw relation's columns; none where there is no such table, and not known while dbt parses or is offline.
  The warehouse is asked once in an invocation: fourteen models go over the same tables. Hooks ask each time, as they
  may come before the tables do.
-#}
{% macro live_columns(relation) -%}
    {%- if not execute or not flags.INTROSPECT -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set is_hook = model is not defined or model.resource_type == 'operation' -%}
    {#- `graph` is the one thing that all nodes of an invocation share, and later ones of a process get it again. -#}
    {%- set known = {} if is_hook else graph.setdefault('fullcourt_columns_' ~ invocation_id, {}) -%}
    {%- set name = relation | string -%}
    {%- if name not in known -%}
        {%- do known.update({
            name: adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list
        }) -%}
    {%- endif -%}
    {{ return(known[name]) }}
{%- endmacro %}

{#- Optional columns that a raw table which is there does not have. Offline all are taken to be there. -#}
{% macro lacking_columns(relation, contract) -%}
    {%- set optional = [] -%}
    {%- for column in contract.columns.values() if column.config.meta.get('optional') -%}
        {%- do optional.append(column.name) -%}
    {%- endfor -%}
    {%- set there = live_columns(relation) if optional else none -%}
    {{ return(optional | reject('in', there) | list if there else []) }}
{%- endmacro %}

{#-
  Whether an optional raw input, `table` or `table.column`, is nowhere: no such table or column, or nothing in it on any
  date. A feed that stops is not absent: what it leaves null is a finding.
-#}
{% macro is_absent_input(name) -%}
    {%- set parts = name.split('.') -%}
    {%- set node = graph.sources.values() | selectattr('name', 'equalto', parts[0]) | first -%}
    {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.identifier) -%}
    {%- set there = live_columns(relation) -%}
    {%- if there is none -%}
        {{ return(false) }}
    {%- elif there == [] or (parts | length > 1 and parts[1] not in there) -%}
        {{ return(true) }}
    {%- endif -%}
    {%- set partition = node.config.meta.get('partition_by') -%}
    {%- set on_any_date = partition ~ " >= date '0001-01-01'" if partition else 'true' -%}
    {%- set is_filled = parts[1] ~ ' is not null' if parts | length > 1 else 'true' -%}
    {%- set found = run_query(
        'select 1 as found from ' ~ relation ~ ' where ' ~ on_any_date ~ ' and ' ~ is_filled ~ ' limit 1'
    ) -%}
    {{ return(found.rows | length == 0) }}
{%- endmacro %}
