-- One row per player or team and final game of the season that their history should hold, up to the window's end:
-- whether it is there, and whether it can still come. A part of what counts histories (completeness).
--
-- Expected of a team: its final games by the schedule, home and away alike. Expected of a player: the games whose box
-- score says that he played, for whichever team; and where his team's of a game is lost, the game if he was with it on
-- the date, since nothing says that he sat out. There: a row in both team summaries, or in player_game_summary.
-- `expected_as`: by which name expected_boxes has what is missing.
{{ config(materialized='ephemeral') }}

with

results as (
    select * from {{ ref('dim_team_games') }}
    where is_result
),

boxes as (
    select * from {{ ref('expected_boxes') }}
    where {{ in_season_so_far() }} and table_name = 'player_game_summary'
),

players as (
    select game_id, game_date, season_year, player_lookup, team_abbr, {{ took_part('boxes') }} as took_part
    from {{ ref('player_game_summary') }} as boxes
    where {{ in_season_so_far() }}
),

teams as (
    select offense.game_id, offense.team_abbr
    from {{ ref('team_offense_game_summary') }} as offense
    inner join {{ ref('team_defense_game_summary') }} as defense
        on offense.game_id = defense.game_id and offense.team_abbr = defense.defending_team_abbr
    where {{ in_season_so_far('offense.game_date') }} and {{ in_season_so_far('defense.game_date') }}
),

rosters as (
    select * from {{ ref('int_upcoming_rosters') }}
    where {{ in_window() }}
),

-- Teams of whose players no feed has a box score: the other team of the game may well have one.
lost as (
    select game_id, entity from boxes
    where not has_source and quarantine_reason is null
),

-- Of each final game, whether it was built, and whether raw has any box score of it.
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

final as (
    select
        'team' as entity_type,
        results.team_abbr as entity,
        results.team_abbr as expected_as,
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
        'player', boxes.entity, boxes.entity as expected_as, games.season_year, games.game_date, games.game_id,
        players.game_id is not null, boxes.quarantine_reason is null
    from boxes
    inner join games on boxes.game_id = games.game_id
    left join players on boxes.game_id = players.game_id and boxes.entity = players.player_lookup
    where boxes.has_source and coalesce(players.took_part, true)
    union all
    select
        'player', stays.player_lookup, results.team_abbr || ' players', results.season_year, results.game_date,
        results.game_id, false, not games.was_built
    from results
    inner join games on results.game_id = games.game_id
    left join lost on results.game_id = lost.game_id and results.team_abbr || ' players' = lost.entity
    inner join stays
        on
            results.season_year = stays.season_year
            and results.team_abbr = stays.team_abbr
            and results.game_date between stays.first_date and stays.last_date
    where lost.game_id is not null or not games.was_built
)

select * from final
