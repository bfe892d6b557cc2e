{#-
  CTEs that compare what a publish finds with what it brings: `compared`, a row per key of the window, with the
  number of its rows that are there and what becomes of the key.
-#}
{% macro compared_keys(node, target_relation, stage) -%}
    {%- set partition = node.config.meta.partition_by -%}
    {%- set key = publish_key(node) | join(', ') -%}
    published as (
        select {{ key }}, count(*) as copies, min(data_hash) as data_hash
        from {{ target_relation }}
        where {{ in_window(partition) }}
        group by {{ key }}
    ),
    compared as (
        select
            coalesce(staged.{{ partition }}, published.{{ partition }}) as game_date,
            staged.data_hash as staged_hash,
            coalesce(published.copies, 0) as copies,
            case
                when published.copies is null then 'inserted'
                when staged.data_hash is null then 'deleted'
                when published.copies > 1 or {{ is_replaced(node, 'published.' ~ partition) }} then 'updated'
                when published.data_hash is distinct from staged.data_hash then 'updated'
                else 'unchanged'
            end as action
        from {{ stage }} as staged
        full outer join published on {{ key_join(node) }}
    )
{%- endmacro %}

{#- One ledger row per date of the window, from the state before and after: run before anything is changed. -#}
{% macro ledger_sql(node, target_relation, stage, ledger, outcome) -%}
    insert into {{ ledger }} (
        table_name, game_date, run_id, row_count, inserted, updated, deleted, unchanged, rows_before, rows_removed,
        fingerprint, logic_version, run_started_at, published_at, sequence
    )
    with calendar as (
        {{ window_calendar() }}
    ),
    {{ compared_keys(node, target_relation, stage) }},
    counted as (
        select
            game_date,
            count(staged_hash) as row_count,
            {%- for action in ['inserted', 'updated', 'deleted', 'unchanged'] %}
            {{ count_where("action = '" ~ action ~ "'") }} as {{ action }},
            {%- endfor %}
            sum(copies) as rows_before,
            sum(case when action = 'deleted' then copies when copies > 1 then copies - 1 else 0 end) as rows_removed,
            {{ partition_fingerprint('staged_hash') }} as fingerprint
        from compared
        group by game_date
    )
    select
        '{{ target_relation.identifier }}',
        calendar.game_date,
        '{{ invocation_id }}',
        {%- for count in ['row_count', 'inserted', 'updated', 'deleted', 'unchanged', 'rows_before', 'rows_removed'] %}
        coalesce(counted.{{ count }}, 0),
        {%- endfor %}
        coalesce(counted.fingerprint, '0:0:0'),
        '{{ outcome.logic_version }}',
        {{ timestamp_literal(run_started_at) }},
        {{ current_instant() }},
        {#- Newer than all before it, whatever the clock says. #}
        (
            select coalesce(max(earlier.sequence), 0) + 1
            from {{ ledger }} as earlier
            where earlier.table_name = '{{ target_relation.identifier }}' and earlier.game_date >= date '0001-01-01'
        )
    from calendar
    left join counted on calendar.game_date = counted.game_date
{%- endmacro %}

{#-
  What a publish would take away, a row per date that has or gets rows: what check_deletions() in Python judges.
  Of a date that is replaced, rows that nothing published are no loss: what counts is how many fewer there will be
  than the last publish left, by the ledger.
-#}
{% macro deletions_sql(node, target_relation, stage, ledger) -%}
    with {{ compared_keys(node, target_relation, stage) }},
    counted as (
        select
            game_date,
            cast(sum(copies) as int64) as rows_before,
            count(staged_hash) as rows_after,
            cast({{ count_where("action = 'deleted'") }} as int64) as deleted_keys
        from compared
        group by game_date
    )
    {%- if not replaced_dates(node.name) %}
    select cast(game_date as string) as game_date, rows_before, rows_after, deleted_keys
    from counted
    order by 1
    {%- else %},
    last_published as (
        select game_date, row_count
        from {{ ledger }}
        where {{ is_replaced(node, 'game_date') }} and table_name = '{{ target_relation.identifier }}'
        qualify row_number() over (partition by game_date order by coalesce(sequence, 0) desc, published_at desc, run_id) = 1
    )
    select
        cast(counted.game_date as string) as game_date,
        counted.rows_before,
        counted.rows_after,
        case
            when last_published.game_date is null then counted.deleted_keys
            else least(counted.deleted_keys, greatest(last_published.row_count - counted.rows_after, 0))
        end as deleted_keys
    from counted
    left join last_published on counted.game_date = last_published.game_date
    order by 1
    {%- endif %}
{%- endmacro %}

{#- Raw rows of the window by feed of played games and date: what says that a date with no rows had games. -#}
{% macro played_feed_rows_sql() -%}
    {%- for feed in played_feeds() %}
    {%- set date_column = source_contract('nba_raw', feed).config.meta.partition_by %}
    select '{{ feed }}' as feed, cast({{ date_column }} as string) as game_date, count(*) as raw_rows
    from {{ raw_relation('nba_raw', feed) }} as raw_rows
    where {{ in_window(date_column) }}
    group by {{ date_column }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
