{#- Joins staged rows (`staged`) to published ones (`published`) by key, within the partition. -#}
{% macro key_join(node) -%}
    {%- for name in (node.config.meta.key + [node.config.meta.partition_by]) | unique -%}
        published.{{ name }} = staged.{{ name }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- One ledger row per date of the window, from the state before and after: run before merge_sql(). -#}
{% macro ledger_sql(target_relation, stage, ledger, outcome) -%}
    {%- set partition = model.config.meta.partition_by -%}
    insert into {{ ledger }} (
        table_name, game_date, run_id, row_count, inserted, updated, deleted, unchanged, fingerprint, logic_version,
        run_started_at, published_at
    )
    with calendar as (
        {{ window_calendar() }}
    ),
    published as (
        select * from {{ target_relation }} where {{ in_window(partition) }}
    ),
    compared as (
        select
            coalesce(staged.{{ partition }}, published.{{ partition }}) as game_date,
            staged.data_hash as staged_hash,
            published.data_hash as published_hash
        from {{ stage }} as staged
        full outer join published on {{ key_join(model) }}
    ),
    counted as (
        select
            game_date,
            count(staged_hash) as row_count,
            {{ count_where('published_hash is null') }} as inserted,
            {{ count_where('staged_hash <> published_hash') }} as updated,
            {{ count_where('staged_hash is null') }} as deleted,
            {{ count_where('staged_hash = published_hash') }} as unchanged,
            {{ partition_fingerprint('staged_hash') }} as fingerprint
        from compared
        group by game_date
    )
    select
        '{{ target_relation.identifier }}',
        calendar.game_date,
        '{{ invocation_id }}',
        coalesce(counted.row_count, 0),
        coalesce(counted.inserted, 0),
        coalesce(counted.updated, 0),
        coalesce(counted.deleted, 0),
        coalesce(counted.unchanged, 0),
        coalesce(counted.fingerprint, '0:0:0'),
        '{{ outcome.logic_version }}',
        {{ timestamp_literal(run_started_at) }},
        {{ current_instant() }}
    from calendar
    left join counted on calendar.game_date = counted.game_date
{%- endmacro %}

{#-
  Only what changed: other hash, new key, key no longer produced. Untouched rows keep their times, and so
  do rows of which only `compared` columns moved: what the run says of a row is no change of the row. It
  is brought up to date as a whole, compared or not, so that it does not contradict itself.
-#}
{% macro merge_sql(target_relation, stage) -%}
    {%- set partition = model.config.meta.partition_by -%}
    {%- set now = timestamp_literal(run_started_at) -%}
    {%- set written_now = ['processed_at', 'quality_calculated_at', 'updated_at'] -%}
    merge into {{ target_relation }} as published
    using {{ stage }} as staged
    on {{ key_join(model) }} and {{ in_window('published.' ~ partition) }}
    when matched and published.data_hash <> staged.data_hash then update set
        {%- for name in model.columns if name != 'created_at' %}
        {{ name }} = {{ now if name in written_now else 'staged.' ~ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    {%- set compared, said_of_the_row = [], [] %}
    {%- for column in model.columns.values() if column.config.meta.get('not_hashed') %}
        {%- if column.config.meta.get('compared') %}
            {%- do compared.append(column.name) %}
        {%- endif %}
        {%- if column.name not in written_now + ['created_at', 'data_hash', 'logic_version'] %}
            {%- do said_of_the_row.append(column.name) %}
        {%- endif %}
    {%- endfor %}
    {%- if compared %}
    when matched and (
        {%- for name in compared %}
        {{ comparable('published.' ~ name, model.columns[name].data_type) }} is distinct from
        {{- ' ' ~ comparable('staged.' ~ name, model.columns[name].data_type) }}{{ ' or' if not loop.last }}
        {%- endfor %}
    ) then update set
        {%- for name in said_of_the_row %}
        {{ name }} = staged.{{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    {%- endif %}
    when not matched by target then insert ({{ model.columns | join(', ') }}) values (
        {%- for name in model.columns %}
        {{ now if name in written_now + ['created_at'] else 'staged.' ~ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
    {{ delete_in_merge() }}
{%- endmacro %}

{#- How a merge deletes the keys that are no longer produced; DuckDB deletes them before, by delete_sql(). -#}
{% macro delete_in_merge() -%}
    {{ return(adapter.dispatch('delete_in_merge')()) }}
{%- endmacro %}

{% macro default__delete_in_merge() -%}
    when not matched by source and {{ in_window('published.' ~ model.config.meta.partition_by) }} then delete
{%- endmacro %}

{#- With that clause DuckDB reads the whole table, of all seasons, and keeps it in memory. -#}
{% macro duckdb__delete_in_merge() -%}
{%- endmacro %}

{#- The keys of the window that are no longer produced, where merge_sql() does not delete them. -#}
{% macro delete_sql(target_relation, stage) -%}
    delete from {{ target_relation }} as published
    where
        {{ in_window('published.' ~ model.config.meta.partition_by) }}
        and not exists (select 1 from {{ stage }} as staged where {{ key_join(model) }})
{%- endmacro %}

{% macro timestamp_literal(instant) -%}
    {{ instant_literal(instant.strftime("%Y-%m-%d %H:%M:%S.%f")) }}
{%- endmacro %}

{% macro current_instant() -%}
    {{ return(adapter.dispatch('current_instant')()) }}
{%- endmacro %}

{% macro default__current_instant() -%}
    current_timestamp()
{%- endmacro %}

{#- DuckDB's now() is the start of the transaction, which may be long before. -#}
{% macro duckdb__current_instant() -%}
    get_current_timestamp()
{%- endmacro %}

{#- A value in a form that can be compared: BigQuery compares no arrays, so of those the JSON text. -#}
{% macro comparable(value, contract_type) -%}
    {{ return(adapter.dispatch('comparable')(value, contract_type)) }}
{%- endmacro %}

{% macro default__comparable(value, contract_type) -%}
    {{ return('to_json_string(' ~ value ~ ')' if contract_type.startswith('ARRAY<') else value) }}
{%- endmacro %}

{% macro duckdb__comparable(value, contract_type) -%}
    {{ return(value) }}
{%- endmacro %}
