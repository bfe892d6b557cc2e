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

-- Of tables that look back on no history: everybody of their population.
without_history as (
    select 'players_who_may_play' as population, rosters.game_date, rosters.player_lookup as entity
    from {{ ref('int_upcoming_rosters') }} as rosters
    where {{ in_window('rosters.game_date') }}
    union all
    select 'teams_to_play', games.game_date, games.team_abbr
    from {{ ref('dim_team_games') }} as games
    where {{ in_window('games.game_date') }} and games.is_in_scope
),

{#- What too few games are called when the season itself has no more of them, and how many are few: by contract. -#}
{%- set later = [] %}
{%- for name, declared in declared_rows().items() if declared.after_bootstrap %}
{%- do later.append((name, declared)) %}
{%- endfor %}

tables as (
    {%- for name, declared in later %}
    select
        '{{ name }}' as table_name,
        '{{ declared.of }}' as population,
        {{ 'true' if declared.history else 'false' }} as has_history,
        {{ declared.min_games }} as least_games,
        '{{ declared.too_few_games }}' as too_few_games
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

judged as (
    select
        completeness.*,
        tables.least_games,
        case
            when completeness.season_expected < tables.least_games then tables.too_few_games
            when completeness.season_actual < tables.least_games then 'INCOMPLETE_UPSTREAM'
            when not {{ is_history_ready() }} then 'INCOMPLETE_DATA'
        end as outcome
    from completeness
    inner join tables on completeness.table_name = tables.table_name and tables.has_history
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
    union all
    select
        tables.table_name, without_history.game_date, without_history.entity, cast(null as string), cast(null as string),
        cast(null as int64), cast(null as int64), cast(null as string), false
    from without_history
    inner join tables on without_history.population = tables.population and not tables.has_history
    inner join {{ ref('dim_game_dates') }} as dates on without_history.game_date = dates.game_date
    where dates.is_analysis_date
)

select * from final
