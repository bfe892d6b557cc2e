-- One row per precompute table, date, and player or team that could have a row: whether it is to have one,
-- and the outcome where not (too few games, too many of them missing). These are the tables' expected
-- rows: each table makes rows of exactly those without an outcome, and the tests count by the same rows.
--
-- Dates in the bootstrap have no entities: nothing is expected of them.
{{ config(**replace_window()) }}

with

completeness as (
    select * from {{ ref('completeness') }}
    where {{ in_window() }}
),

rosters as (
    select rosters.game_date, rosters.player_lookup
    from {{ ref('int_upcoming_rosters') }} as rosters
    inner join {{ ref('dim_game_dates') }} as dates on rosters.game_date = dates.game_date
    where {{ in_window('rosters.game_date') }} and dates.is_analysis_date
),

{#- By table: what too few games are called when the season itself has no more of them. -#}
{%- set too_few = {
    'team_defense_zone_analysis': 'INSUFFICIENT_DATA',
    'player_shot_zone_analysis': 'EXPECTED_INCOMPLETE',
    'player_daily_cache': 'INSUFFICIENT_DATA',
} %}

judged as (
    {%- for table_name, category in too_few.items() %}
    {%- set least = var('min_games')[table_name] %}
    select
        *,
        {{ least }} as least_games,
        case
            when season_expected < {{ least }} then '{{ category }}'
            when season_actual < {{ least }} then 'INCOMPLETE_UPSTREAM'
            when not {{ is_history_ready() }} then 'INCOMPLETE_DATA'
        end as outcome
    from completeness
    where table_name = '{{ table_name }}'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        table_name,
        game_date,
        entity,
        outcome,
        case
            when outcome in ('INSUFFICIENT_DATA', 'EXPECTED_INCOMPLETE')
                then concat(cast(season_expected as string), ' games so far, ', cast(least_games as string), ' are needed')
            when outcome is not null
                then concat(cast(season_actual as string), ' of ', cast(season_expected as string), ' games so far are there')
        end as outcome_reason,
        season_expected as expected_game_count,
        season_actual as actual_game_count,
        missing_game_ids,
        retry_can_help
    from judged
    {%- for table_name in ['player_composite_factors', 'ml_feature_store_v2'] %}
    union all
    select
        '{{ table_name }}', game_date, player_lookup, cast(null as string), cast(null as string), cast(null as int64),
        cast(null as int64), cast(null as string), false
    from rosters
    {%- endfor %}
)

select * from final
