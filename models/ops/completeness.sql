-- One row per date and player or team of an upcoming context: games that its history should hold and
-- does, over the last 5 and 10 games and the last 7, 14 and 30 days before the date.
--
-- Expected and actual are counted over the same games, so no percentage exceeds 100. Expected of a
-- team: its final games by the schedule, home and away alike. Expected of a player: the games whose box
-- score says that he played, for whichever team; and of games without any box score those of the team
-- he was with on their date, since nothing says that he sat out. Actual: the row in
-- team_offense_game_summary or player_game_summary. Histories start with the season.
{{ config(**replace_window()) }}

{%- set windows = completeness_windows() %}

with

results as (
    select * from {{ ref('dim_team_games') }}
    where is_result
),

boxes as (
    select * from {{ ref('expected_rows') }}
    where {{ in_season_so_far() }} and table_name = 'player_game_summary'
),

players as (
    select game_id, game_date, season_year, player_lookup, team_abbr
    from {{ ref('player_game_summary') }}
    where {{ in_season_so_far() }}
),

teams as (
    select game_id, team_abbr from {{ ref('team_offense_game_summary') }}
    where {{ in_season_so_far() }}
),

rosters as (
    select * from {{ ref('int_upcoming_rosters') }}
    where {{ in_window() }}
),

targets as (
    select 'upcoming_player_game_context' as table_name, game_date, season_year, player_lookup as entity from rosters
    union all
    select 'upcoming_team_game_context', game_date, season_year, team_abbr
    from {{ ref('dim_team_games') }}
    where {{ in_window() }} and is_in_scope
),

-- Of each final game, whether any box score tells who played, and whether raw has one at all.
games as (
    select
        results.game_id,
        min(results.game_date) as game_date,
        min(results.season_year) as season_year,
        count(boxes.game_id) > 0 as was_built,
        coalesce(max(case when boxes.has_source then 1 else 0 end), 0) = 1 as has_box
    from results
    left join boxes on results.game_id = boxes.game_id
    group by results.game_id
),

-- Which team a player was with, from his appearances and the rosters of the window.
sightings as (
    select season_year, player_lookup, game_date, team_abbr from players
    union distinct
    select season_year, player_lookup, game_date, team_abbr from rosters
),

stays as (
    select
        season_year,
        player_lookup,
        team_abbr,
        -- Before he was first seen he is taken to have been with the same team.
        case when lag(game_date) over by_date is null then date '1900-01-01' else game_date end as first_date,
        coalesce({{ days_before('lead(game_date) over by_date', 1) }}, date '9999-12-31') as last_date
    from sightings
    window by_date as (partition by season_year, player_lookup order by game_date, team_abbr)
),

expected as (
    select
        'upcoming_team_game_context' as table_name,
        results.team_abbr as entity,
        results.season_year,
        results.game_date,
        results.game_id,
        teams.game_id is not null as is_there,
        games.has_box or not games.was_built as can_come
    from results
    inner join games on results.game_id = games.game_id
    left join teams on results.game_id = teams.game_id and results.team_abbr = teams.team_abbr
    union all
    select
        'upcoming_player_game_context', boxes.entity, games.season_year, games.game_date, games.game_id,
        players.game_id is not null, boxes.quarantine_reason is null
    from boxes
    inner join games on boxes.game_id = games.game_id
    left join players on boxes.game_id = players.game_id and boxes.entity = players.player_lookup
    where boxes.has_source
    union all
    select
        'upcoming_player_game_context', stays.player_lookup, results.season_year, results.game_date, results.game_id,
        false, not games.was_built
    from results
    inner join games on results.game_id = games.game_id
    inner join stays
        on
            results.season_year = stays.season_year
            and results.team_abbr = stays.team_abbr
            and results.game_date between stays.first_date and stays.last_date
    where not games.has_box
),

history as (
    select
        targets.table_name,
        targets.game_date,
        targets.season_year,
        targets.entity,
        expected.game_id,
        expected.is_there,
        expected.can_come,
        {{ days_between('expected.game_date', 'targets.game_date') }} as days_ago,
        row_number() over (
            partition by targets.table_name, targets.game_date, targets.entity
            order by expected.game_date desc, expected.game_id asc
        ) as games_ago
    from targets
    left join expected
        on
            targets.table_name = expected.table_name
            and targets.entity = expected.entity
            and targets.season_year = expected.season_year
            and targets.game_date > expected.game_date
),

counted as (
    select
        table_name,
        game_date,
        season_year,
        entity,
        {%- for name, condition in windows.items() %}
        cast({{ count_where(condition ~ ' and game_id is not null') }} as int64) as {{ name }}_expected,
        cast({{ count_where(condition ~ ' and is_there') }} as int64) as {{ name }}_actual,
        {%- endfor %}
        string_agg(case when not is_there and (games_ago <= 10 or days_ago <= 30) then game_id end, ',' order by game_id)
            as missing_game_ids,
        coalesce(max(
            case when not is_there and can_come and (games_ago <= 10 or days_ago <= 30) then 1 else 0 end
        ), 0) = 1 as retry_can_help
    from history
    group by table_name, game_date, season_year, entity
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
        {%- for name in windows %}
        {{ is_window_complete(name) }}{{ ' and' if not loop.last }}
        {%- endfor %} as all_windows_complete,
        {{ days_between('seasons.season_start_date', 'counted.game_date') }} < {{ var('bootstrap_days') }}
            as backfill_bootstrap_mode,
        {{ days_between('seasons.season_start_date', 'counted.game_date') }} < {{ var('bootstrap_days') }}
        or counted.game_date > seasons.regular_season_end_date as season_boundary_detected,
        counted.missing_game_ids,
        counted.retry_can_help
    from counted
    inner join seasons on counted.season_year = seasons.season_year
)

select * from final
