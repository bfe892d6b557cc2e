{#-
  CTE `blocked`: the dates of the window on which a precompute table may not be computed, since what it
  waits for by its contract is not complete over its window; one row per date, with the upstream
  tables and the reason by name. A date that is blocked has no rows.

  Gaps of analytics tables come from upstream_gaps; a precompute table that this one reads is compared
  with its expected rows here, after it was built, and with those that a repair would bring.
-#}
{% macro find_blocked_dates(table_name) -%}
    {%- set declared = declared_rows() -%}
blocking_upstreams as (
    {%- for upstream, window in declared[table_name].waits_for.items() %}
    {%- if declared[upstream].after_bootstrap %}
    select
        entities.game_date,
        '{{ upstream }}' as upstream,
        concat(cast(count(*) as string), ' rows of the date are missing, the first ', min(entities.entity)) as problem
    from {{ ref('precompute_entities') }} as entities
    left join (
        select {{ date_column(upstream) }} as game_date, {{ entity_column(upstream) }} as entity, data_hash
        from {{ ref(upstream) }}
        where {{ in_window(date_column(upstream)) }}
    ) as rows_there
        on entities.game_date = rows_there.game_date and entities.entity = rows_there.entity
    where
        {{ in_window('entities.game_date') }}
        and entities.table_name = '{{ upstream }}'
        and (entities.outcome is null or entities.retry_can_help)
        and rows_there.data_hash is null
    group by entities.game_date
    {%- else %}
    select
        game_date,
        '{{ upstream }}' as upstream,
        concat(
            cast(missing_rows as string), ' rows are missing and ', cast(games_never_built as string),
            ' games were never built, from ', cast(first_date as string), ' to ', cast(last_date as string),
            ', the first game ', first_game_id
        ) as problem
    from {{ ref('upstream_gaps') }}
    where {{ in_window() }} and table_name = '{{ upstream }}' and window_name = '{{ window }}'
    {%- endif %}
    union all
    {%- endfor %}
    select game_date, 'nbac_schedule', reason
    from {{ ref('schedule_blocks') }}
    where window_name = 'season_before'
),

blocked as (
    select
        game_date,
        string_agg(upstream, ',' order by upstream) as blocked_by,
        string_agg(concat(upstream, ': ', problem), '; ' order by upstream) as reason
    from blocking_upstreams
    group by game_date
)
{%- endmacro %}

{#- CTE `entities`: who has a row of the table in the window; nobody on a blocked date. -#}
{% macro unblocked_entities(table_name) -%}
entities as (
    select rows_to_make.game_date, rows_to_make.entity
    from {{ ref('precompute_entities') }} as rows_to_make
    left join blocked on rows_to_make.game_date = blocked.game_date
    where
        {{ in_window('rows_to_make.game_date') }}
        and rows_to_make.table_name = '{{ table_name }}'
        and rows_to_make.outcome is null
        and blocked.game_date is null
)
{%- endmacro %}

{#- What tables wait for of tables that have expected_rows, and so gaps: pairs of a table and a window, each once. -#}
{% macro waited_for() -%}
    {%- set declared = declared_rows() -%}
    {%- set pairs = [] -%}
    {%- for of_table in declared.values() -%}
        {%- for pair in of_table.waits_for.items() if not declared[pair[0]].after_bootstrap and pair not in pairs -%}
            {%- do pairs.append(pair) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(pairs) }}
{%- endmacro %}
