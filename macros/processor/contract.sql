{#- Reading a contract from a dbt node: the model's own columns and config.meta (see models/analytics/*.yml). -#}

{#- Names of the columns whose value is hashed. -#}
{% macro hash_fields(node) -%}
    {%- set names = [] -%}
    {%- for column in node.columns.values() if not column.config.meta.get('not_hashed') -%}
        {%- do names.append(column.name) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{#- The node of a relation built by this project: tests and macros get relations, contracts are on nodes. -#}
{% macro node_of(relation) -%}
    {%- for node in graph.nodes.values() -%}
        {%- if node.resource_type == 'model' and node.alias == relation.identifier and node.schema == relation.schema -%}
            {{ return(node) }}
        {%- endif -%}
    {%- endfor -%}
    {{ exceptions.raise_compiler_error("No model of this project builds " ~ relation) }}
{%- endmacro %}

{#- A hashed table's date column, and the column that tells its rows of a date (or of a game) apart. -#}
{% macro date_column(table_name) -%}
    {{ return(node_named(table_name).config.meta.partition_by if execute else 'game_date') }}
{%- endmacro %}

{% macro entity_column(table_name) -%}
    {%- if not execute -%}
        {{ return('entity') }}
    {%- endif -%}
    {%- set meta = node_named(table_name).config.meta -%}
    {{ return(meta.key | reject('in', ['game_id', meta.partition_by]) | first) }}
{%- endmacro %}

{#- The node of a model by its name. dbt knows contracts only once it executes, not while it parses. -#}
{% macro node_named(name) -%}
    {{ return(graph.nodes['model.' ~ project_name ~ '.' ~ name]) }}
{%- endmacro %}

{#-
  `create table if not exists` with a contract's columns. `meta` holds partition_by (a date, or an instant
  whose date counts) and cluster_by. Python's own is python_processors/orchestration/schema/tables.py.
-#}
{% macro create_contract_table(relation, columns, meta) -%}
    {{ return(adapter.dispatch('create_contract_table')(relation, columns, meta)) }}
{%- endmacro %}

{% macro default__create_contract_table(relation, columns, meta) -%}
    create table if not exists {{ relation }} (
        {{ contract_columns_ddl(columns) }}
    )
    partition by {{ 'date(' ~ meta.partition_by ~ ')' if columns[meta.partition_by].data_type == 'TIMESTAMP' else meta.partition_by }}
    {%- if meta.get('cluster_by') %}
    cluster by {{ meta.cluster_by[:4] | join(', ') }}
    {%- endif %}
    options (require_partition_filter = true)
{%- endmacro %}

{#- DuckDB has neither partitions nor clusters in its own format. -#}
{% macro duckdb__create_contract_table(relation, columns, meta) -%}
    create table if not exists {{ relation }} (
        {{ contract_columns_ddl(columns) }}
    )
{%- endmacro %}

{% macro contract_columns_ddl(columns) -%}
    {%- for column in columns.values() %}
        {{ column.name }} {{ engine_type(column.data_type) }}
        {%- if column.config.meta.get('required') %} not null{% endif %}
        {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#-
  Bring a live table to its contract: columns that the contract adds are added, as null. A column
  that the contract no longer has, or has with another type, is not ours to drop or convert.
-#}
{% macro align_with_contract(relation, node) -%}
    {%- set live = {} -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do live.update({column.name | lower: column}) -%}
    {%- endfor -%}
    {%- for name in live if name not in node.columns -%}
        {{ exceptions.raise_compiler_error(
            relation ~ " has a column " ~ name ~ " that its contract lacks. Drop it, or add it to "
            ~ node.patch_path ~ "; nothing was changed."
        ) }}
    {%- endfor -%}
    {%- for column in node.columns.values() -%}
        {%- if column.name not in live -%}
            {%- do log("Adding column " ~ column.name ~ " to " ~ relation, info=true) -%}
            {%- do run_query("alter table " ~ relation ~ " add column " ~ column.name ~ " " ~ engine_type(column.data_type)) -%}
        {%- elif not is_same_type(live[column.name], column.data_type) -%}
            {{ exceptions.raise_compiler_error(
                relation ~ "." ~ column.name ~ " is " ~ live[column.name].dtype ~ " and its contract says "
                ~ column.data_type ~ ". Rebuild the table or change " ~ node.patch_path ~ "; nothing was changed."
            ) }}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{#- Whether a live column has a contract type, in the engine's own spelling of types. -#}
{% macro is_same_type(live_column, contract_type) -%}
    {{ return(adapter.dispatch('is_same_type')(live_column, contract_type)) }}
{%- endmacro %}

{#- dbt-bigquery 1.12 does not read a NUMERIC's precision and scale back, so they are not compared. -#}
{% macro default__is_same_type(live_column, contract_type) -%}
    {%- set spelled = {'INTEGER': 'INT64', 'BOOLEAN': 'BOOL', 'FLOAT': 'FLOAT64'} -%}
    {%- set live = modules.re.sub('[(][^)]*[)]', '', live_column.data_type | upper) -%}
    {{ return(spelled.get(live, live) == modules.re.sub('[(][^)]*[)]', '', contract_type)) }}
{%- endmacro %}

{% macro duckdb__is_same_type(live_column, contract_type) -%}
    {%- set is_array = contract_type.startswith('ARRAY<') -%}
    {%- set element = contract_type[6:-1] if is_array else contract_type -%}
    {%- set spelled = {
        'INT64': 'BIGINT', 'BOOL': 'BOOLEAN', 'STRING': 'VARCHAR', 'DATE': 'DATE',
        'TIMESTAMP': 'TIMESTAMP WITH TIME ZONE'
    }.get(element, element | replace('NUMERIC', 'DECIMAL')) ~ ('[]' if is_array else '') -%}
    {{ return(live_column.dtype | upper | replace(' ', '') == spelled | replace(' ', '')) }}
{%- endmacro %}

{#- on-run-start: the tables that publishing writes to, made once. -#}
{% macro create_ops_tables() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'test', 'seed', 'retry') -%}
        {%- for node in graph.sources.values() if node.source_name == 'nba_ops' -%}
            {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.identifier) -%}
            {%- do adapter.create_schema(relation) -%}
            {%- do run_query(create_contract_table(relation, node.columns, node.config.meta)) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
