{#- Reading a contract from a dbt node: the model's own columns and config.meta (see models/analytics/*.yml). -#}

{#- Names of the columns whose value is hashed. -#}
{% macro hash_fields(node) -%}
    {%- set names = [] -%}
    {%- for column in node.columns.values() if not column.config.meta.get('not_hashed') -%}
        {%- do names.append(column.name) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{#-
  The node of a relation built by this project: tests and macros get relations, contracts are on nodes. Under `--defer` the
  relation may be that of another environment.
-#}
{% macro node_of(relation) -%}
    {%- for node in graph.nodes.values() if node.resource_type in ('model', 'seed') and node.alias == relation.identifier -%}
        {%- if relation.schema in (node.schema, (node.defer_relation or {}).schema) -%}
            {{ return(node) }}
        {%- endif -%}
    {%- endfor -%}
    {{ exceptions.raise_compiler_error("No model or seed of this project builds " ~ relation) }}
{%- endmacro %}

{#-
  The relation of a model or seed, without a ref(): for a test that looks at what its table comes of anyway. A ref() would
  make it a test of that model, too, which dbt runs whenever the model alone is built. Under `--defer` it is the one that ref() gives.
-#}
{% macro relation_of(model_name) -%}
    {%- set node = graph.nodes['seed.' ~ project_name ~ '.' ~ model_name] or node_named(model_name) -%}
    {%- if node.defer_relation -%}
        {%- set is_state_first = invocation_args_dict.favor_state and node.unique_id not in selected_resources -%}
        {%- if is_state_first or adapter.get_relation(node.database, node.schema, node.alias) is none -%}
            {{ return(node.defer_relation.relation_name) }}
        {%- endif -%}
    {%- endif -%}
    {{ return(node.relation_name) }}
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
  whose date counts) and cluster_by. Python's own is python_processors/schema/tables.py.
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
  on-run-start: live tables that are not as their contracts say, hashed tables and ledgers, end a run before
  anything is built, by the rule and in the words of python_processors/schema/drift.py. It comes
  before create_ops_tables(), which would make an empty table beside the rows of a migration that was cut off.
  dbt lets Python run only under a macro with the word materialization in its name.
-#}
{% macro check_drift_before_materialization() -%}
    {{ config(submission_method='in_process') }}
    {%- if is_building() -%}
        {%- call statement('drift', language='python') -%}
            {{ python_job('python_processors.jobs:check_contracts', {}) }}
        {%- endcall -%}
        {%- do job_outcome('drift') -%}
    {%- endif -%}
{%- endmacro %}

{#-
  on-run-start: the tables that publishing writes to, made once; what dbt has listed is there and costs no query.
  Nothing is sent for a dataset that is there: BigQuery would want the right to make one.
-#}
{% macro create_ops_tables() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'test', 'seed', 'retry') -%}
        {%- for node in graph.sources.values() if node.source_name == 'nba_ops' -%}
            {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.identifier) -%}
            {%- if load_cached_relation(relation) is none -%}
                {%- if not adapter.check_schema_exists(relation.database, relation.schema) -%}
                    {%- do adapter.create_schema(relation) -%}
                {%- endif -%}
                {%- do run_query(create_contract_table(relation, node.columns, node.config.meta)) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
