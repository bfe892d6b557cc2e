-- One row per precompute table, date, and player or team that could have a row: whether it is to have one,
-- and the outcome where not (too few games, games that it lacks, too many of them missing). These are the tables'
-- expected rows: each table makes rows of exactly those without an outcome, and the tests count by the same rows.
--
-- Who lacks a game that nothing explains has no row, however small its share (UPSTREAM_INCOMPLETE). Games that are held back
-- in quarantine, or that completeness_exceptions calls lost for good, count by their share of each window.
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

lacking as (
    select * from {{ ref('lacking_entities') }}
),

with_history as (
    select
        completeness.table_name,
        completeness.game_date,
        completeness.entity,
        case
            when completeness.season_expected < tables.least_games then tables.too_few_games
            when lacking.entity is not null then 'UPSTREAM_INCOMPLETE'
            when completeness.season_actual < tables.least_games then 'INCOMPLETE_UPSTREAM'
            when not {{ is_history_ready() }} then 'INCOMPLETE_DATA'
        end as outcome,
        tables.least_games,
        cast(completeness.season_expected as string) as games_expected,
        completeness.season_expected as expected_game_count,
        completeness.season_actual as actual_game_count,
        completeness.missing_game_ids,
        completeness.retry_can_help
    from completeness
    inner join tables on completeness.table_name = tables.table_name and tables.has_history
    left join lacking
        on
            completeness.table_name = lacking.table_name
            and completeness.game_date = lacking.game_date
            and completeness.entity = lacking.entity
),

-- A team of which nobody can be named stands for its players.
of_the_date as (
    select tables.table_name, without_history.game_date, without_history.entity
    from without_history
    inner join tables on without_history.population = tables.population and not tables.has_history
    inner join {{ ref('dim_game_dates') }} as dates on without_history.game_date = dates.game_date
    where dates.is_analysis_date
    union distinct
    select lacking.table_name, lacking.game_date, lacking.entity
    from lacking
    left join with_history
        on
            lacking.table_name = with_history.table_name
            and lacking.game_date = with_history.game_date
            and lacking.entity = with_history.entity
    where with_history.entity is null and lacking.entity like '% players'
),

judged as (
    select * from with_history
    union all
    select
        of_the_date.table_name,
        of_the_date.game_date,
        of_the_date.entity,
        case when lacking.entity is not null then 'UPSTREAM_INCOMPLETE' end,
        0,
        cast(null as string),
        cast(null as int64),
        cast(null as int64),
        cast(null as string),
        false
    from of_the_date
    left join lacking
        on
            of_the_date.table_name = lacking.table_name
            and of_the_date.game_date = lacking.game_date
            and of_the_date.entity = lacking.entity
),

final as (
    select
        judged.table_name,
        judged.game_date,
        judged.entity,
        judged.outcome,
        case
            when judged.outcome in ('INSUFFICIENT_DATA', 'EXPECTED_INCOMPLETE')
                then concat(judged.games_expected, ' games so far, ', cast(judged.least_games as string), ' are needed')
            when judged.outcome = 'UPSTREAM_INCOMPLETE' then lacking.reason
            when judged.outcome is not null
                then concat(cast(judged.actual_game_count as string), ' of ', judged.games_expected, ' games so far are there')
        end as outcome_reason,
        judged.expected_game_count,
        judged.actual_game_count,
        case when judged.outcome = 'UPSTREAM_INCOMPLETE' then lacking.missing_game_ids else judged.missing_game_ids end
            as missing_game_ids,
        case when judged.outcome = 'UPSTREAM_INCOMPLETE' then lacking.can_come else judged.retry_can_help end
            as retry_can_help
    from judged
    left join lacking
        on
            judged.table_name = lacking.table_name
            and judged.game_date = lacking.game_date
            and judged.entity = lacking.entity
)

select * from final
