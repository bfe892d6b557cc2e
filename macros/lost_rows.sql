{#-
  No dbt command takes rows away that it does not build again. Two options would: --full-refresh makes a table
  that is built by window anew from the window alone, and --empty builds a window from no input at all.
  Both are refused while the relation holds such rows; hashed tables are never dropped, so of these --empty alone.
  `dbt clone` is refused where it would make a relation: without its ledgers nothing tells what is up to date in it,
  where an engine cannot clone it makes a view, and with --full-refresh it drops the table that is there.
-#}

{#- In place of dbt's macro of this name, which `dbt clone` asks before it makes or drops anything. -#}
{% macro can_clone_table() -%}
    {{ exceptions.raise_compiler_error(
        "dbt clone is refused: it copies a table without the ledgers that say what is up to date. "
        ~ "`fullcourt env create NAME` copies all tables with their ledgers. Nothing was changed."
    ) }}
{%- endmacro %}

{#- on-run-start: the first word, over all selected models, before one of them has lost anything. -#}
{% macro refuse_lost_rows() -%}
    {%- if is_building() -%}
        {%- set selected = [] -%}
        {%- for id in selected_resources | sort if id in graph.nodes -%}
            {%- do selected.append(graph.nodes[id]) -%}
        {%- endfor -%}
        {%- do refuse_lost_rows_of(selected) -%}
    {%- endif -%}
{%- endmacro %}

{#- In place of dbt's macro of this name, which every materialization asks: the second word, by model. -#}
{% macro should_full_refresh() -%}
    {%- if is_building() -%}
        {%- do refuse_lost_rows_of([model]) -%}
    {%- endif -%}
    {{ return(is_fully_refreshed(model)) }}
{%- endmacro %}

{#- A model's own config goes before the command line, as in dbt. -#}
{% macro is_fully_refreshed(node) -%}
    {%- set configured = node.config.full_refresh -%}
    {{ return(flags.FULL_REFRESH if configured is none or configured is undefined else configured) }}
{%- endmacro %}

{% macro refuse_lost_rows_of(nodes) -%}
    {%- set queries = [] -%}
    {%- for node in nodes if node.resource_type == 'model' -%}
        {%- set query = lost_rows_sql(node) -%}
        {%- if query -%}
            {%- do queries.append(query) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if queries -%}
        {%- set found = run_query(queries | join('\nunion all\n') ~ '\norder by 1') -%}
        {%- set losing = found.rows | selectattr('lost_rows') | list -%}
        {%- if losing -%}
            {{ exceptions.raise_compiler_error(lost_rows_message(losing, nodes)) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- A query for what a model would lose, none where nothing could be. -#}
{% macro lost_rows_sql(node) -%}
    {%- set materialized = node.config.materialized -%}
    {%- set by_window = materialized == 'processor' or node.config.meta.window_column is defined -%}
    {%- set is_dropped = materialized == 'incremental' and by_window and is_fully_refreshed(node) -%}
    {%- if not is_dropped and not (flags.EMPTY and (by_window or materialized in ('table', 'incremental'))) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set relation = load_cached_relation(
        api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)
    ) -%}
    {%- if relation is none or relation.is_view -%}
        {{ return(none) }}
    {%- endif -%}

    {%- set column = node.config.meta.get('window_column') or node.config.meta.get('partition_by') -%}
    {%- set there = adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list -%}
    {%- if column not in there -%}
        {%- set column, lost = 'cast(null as date)', 'true' -%}
    {%- elif flags.EMPTY and is_dropped -%}
        {%- set lost = 'true' -%}
    {%- elif flags.EMPTY -%}
        {%- set lost = in_window(column, node.config.meta.get('window_days_before', 0)) -%}
    {%- else -%}
        {%- set lost = '(' ~ column ~ ' is null or not (' ~ in_window(column, node.config.meta.window_days_before) ~ '))' -%}
    {%- endif -%}
    {{ return(lost_rows_select(node.name, relation, column, lost)) }}
{%- endmacro %}

{#- Every row is asked for by date, as BigQuery reads hashed tables only so; a row without one is in no window. -#}
{% macro lost_rows_select(name, relation, column, lost) -%}
    select
        '{{ name }}' as model_name,
        {{ count_where(lost) }} as lost_rows,
        count(distinct case when {{ lost }} then {{ column }} end) as lost_dates,
        min(case when {{ lost }} then {{ column }} end) as first_lost,
        max(case when {{ lost }} then {{ column }} end) as last_lost,
        min({{ column }}) as first_date,
        max({{ column }}) as last_date
    from {{ relation }}
    where {{ column }} >= date '0001-01-01' or {{ column }} is null
{%- endmacro %}

{% macro lost_rows_message(losing, nodes) -%}
    {%- set span = window().start ~ ' to ' ~ window().end -%}
    {%- set lines = [] -%}
    {%- for row in losing -%}
        {%- set rows = row.lost_rows ~ (' row' if row.lost_rows == 1 else ' rows') -%}
        {%- set dates = row.lost_dates ~ (' date, ' if row.lost_dates == 1 else ' dates, ') ~ row.first_lost ~ ' to ' ~ row.last_lost -%}
        {%- do lines.append('  - ' ~ row.model_name ~ ' would lose ' ~ rows ~ (' of ' ~ dates if row.lost_dates)) -%}
    {%- endfor -%}
    {%- if flags.EMPTY -%}
        {%- set why = '--empty builds the window, ' ~ span ~ ', from no rows at all.' -%}
        {%- set to_do = 'Leave --empty out, or use it on a database of its own (FULLCOURT_DUCKDB, FULLCOURT_DATASET_PREFIX).' -%}
    {%- else -%}
        {%- set firsts = losing | map(attribute='first_date') | reject('none') | map('string') | list -%}
        {%- set lasts = losing | map(attribute='last_date') | reject('none') | map('string') | list -%}
        {%- set why = 'A full refresh makes a table anew from the window alone, ' ~ span ~ ', and these hold more dates.' -%}
        {%- set configured = nodes | selectattr('config.full_refresh') | map(attribute='name') | list -%}
        {%- set to_do = 'Leave --full-refresh out'
            ~ (' and `full_refresh: true` out of the config of ' ~ configured | join(', ') if configured)
            ~ ': the dates of the window are replaced without it.' -%}
        {%- if firsts -%}
            {%- set to_do = to_do ~ ' Or give a window over all dates that they hold'
                ~ (', without the var dates' if chosen_dates() is not none) ~ ": --vars '{\"start_date\": \""
                ~ firsts | min ~ '", "end_date": "' ~ lasts | max ~ "\"}'." -%}
        {%- endif -%}
    {%- endif -%}
    {{ return('Nothing was built, since stored rows would be lost. ' ~ why ~ '\n' ~ lines | join('\n') ~ '\n' ~ to_do) }}
{%- endmacro %}
