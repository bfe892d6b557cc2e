-- One row per table that looks back, date, and player or team that it looks back on: games that the
-- history should hold and does, over windows of games and of days before the date (completeness_windows()).
--
-- Expected and actual are counted over the same games, so no percentage exceeds 100. Who is looked back on:
-- history_targets; which games are expected: history_games. Histories start with the season. A player who may play is
-- looked back on with both teams of his game, where his table has windows of teams: theirs are complete, or his are not.
{{ config(**replace_window()) }}

{%- set windows = completeness_windows() %}
{%- set windows_of_teams = windows_of_teams() %}

with

targets as (
    select * from {{ ref('history_targets') }}
),

kinds as (
    select * from {{ ref('history_tables') }}
),

history as (
    select * from {{ ref('history_games_ago') }}
),

sums as (
    select
        entity_type,
        game_date,
        entity,
        {%- for name, condition in windows.items() %}
        {{ count_where(condition) }} as {{ name }}_expected,
        {{ count_where(condition ~ ' and is_there') }} as {{ name }}_actual,
        {%- endfor %}
        count(*) as games_before
    from history
    group by entity_type, game_date, entity
),

-- Both teams of the game of each player who may play.
teams_of_players as (
    select rosters.game_date, rosters.player_lookup as entity, games.team_abbr
    from {{ ref('int_upcoming_rosters') }} as rosters
    inner join {{ ref('dim_team_games') }} as games on rosters.game_date = games.game_date and rosters.game_id = games.game_id
    where {{ in_window('rosters.game_date') }} and {{ in_window('games.game_date') }}
),

sums_of_teams as (
    select
        {%- for name in windows_of_teams %}
        min(case when {{ is_window_complete(name, 'sums') }} then 1 else 0 end) = 1 as {{ name }}_of_teams_is_complete,
        {%- endfor %}
        teams_of_players.game_date,
        teams_of_players.entity
    from teams_of_players
    inner join sums
        on
            sums.entity_type = 'team'
            and teams_of_players.game_date = sums.game_date
            and teams_of_players.team_abbr = sums.entity
    group by teams_of_players.game_date, teams_of_players.entity
),

-- Of the games that are not there, those in a window that the table reads.
missing as (
    select
        kinds.table_name,
        history.game_date,
        history.entity,
        string_agg(history.game_id, ',' order by history.game_id) as missing_game_ids,
        max(case when history.can_come then 1 else 0 end) = 1 as retry_can_help
    from history
    inner join kinds on history.entity_type = kinds.entity_type
    where
        not history.is_there
        and (
            {%- for name, condition in windows.items() %}
            (kinds.reads_{{ name }} and {{ condition }}){{ ' or' if not loop.last }}
            {%- endfor %}
        )
    group by kinds.table_name, history.game_date, history.entity
),

counted as (
    select
        targets.*,
        {%- for name in windows %}
        cast(coalesce(sums.{{ name }}_expected, 0) as int64) as {{ name }}_expected,
        cast(coalesce(sums.{{ name }}_actual, 0) as int64) as {{ name }}_actual,
        {%- endfor %}
        missing.missing_game_ids,
        coalesce(missing.retry_can_help, false) as retry_can_help
    from targets
    inner join kinds on targets.table_name = kinds.table_name
    left join sums
        on
            kinds.entity_type = sums.entity_type
            and targets.game_date = sums.game_date
            and targets.entity = sums.entity
    left join missing
        on
            targets.table_name = missing.table_name
            and targets.game_date = missing.game_date
            and targets.entity = missing.entity
),

old_schedule as (
    select game_date from {{ ref('schedule_blocks') }}
    where window_name = 'season_before'
),

seasons as (
    select season_year, min(season_start_date) as season_start_date, min(regular_season_end_date) as regular_season_end_date
    from {{ ref('dim_games') }}
    group by season_year
),

final as (
    select
        counted.table_name,
        counted.game_date,
        counted.entity,
        {%- for name in windows %}
        counted.{{ name }}_expected,
        counted.{{ name }}_actual,
        cast(case
            when counted.{{ name }}_expected = 0 then 100.0
            else round(10000.0 * counted.{{ name }}_actual / counted.{{ name }}_expected) / 100.0
        end as numeric) as {{ name }}_completeness_pct,
        {{ is_window_complete(name) }} as {{ name }}_is_complete,
        {%- endfor %}
        {{ own_windows_are_complete() }} as own_windows_complete,
        {{ teams_are_complete() }} as teams_are_complete,
        {{ own_windows_are_complete() }} and {{ teams_are_complete() }}
        and old_schedule.game_date is null as all_windows_complete,
        old_schedule.game_date is not null as is_schedule_old,
        {{ days_between('seasons.season_start_date', 'counted.game_date') }} < {{ var('bootstrap_days') }}
            as backfill_bootstrap_mode,
        {{ days_between('seasons.season_start_date', 'counted.game_date') }} < {{ var('bootstrap_days') }}
        or counted.game_date > seasons.regular_season_end_date as season_boundary_detected,
        counted.missing_game_ids,
        counted.retry_can_help
    from counted
    inner join kinds on counted.table_name = kinds.table_name
    left join sums_of_teams on counted.game_date = sums_of_teams.game_date and counted.entity = sums_of_teams.entity
    inner join seasons on counted.season_year = seasons.season_year
    left join old_schedule on counted.game_date = old_schedule.game_date
)

select * from final
