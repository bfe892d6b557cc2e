-- One row per player or team and final game of the season that their history should hold, up to the window's end:
-- whether it is there, and whether it can still come. A part of what counts histories (completeness).
--
-- Expected of a team: its final games by the schedule, home and away alike. Expected of a player: the games whose box
-- score says that he played, for whichever team; and where his team's of a game is lost, the game if he may have been with
-- it, since nothing says that he sat out. There: a row in both team summaries, or in player_game_summary.
-- `expected_as`: by which name expected_boxes has what is missing.
--
-- He may have been with a team in a lost game if he was when he was last seen up to it, or is when he is next seen: in a
-- box score, or by the rosters of the date that looks back. So a game counts for dates after `known_since` and up to
-- `known_until`, and no date's history depends on what else is built along with it.
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

lost_games as (
    select
        results.season_year,
        results.game_date,
        results.game_id,
        results.team_abbr,
        {{ expected_as('results.team_abbr', 'players') }} as expected_as,
        not games.was_built as can_come
    from results
    inner join games on results.game_id = games.game_id
    left join lost on results.game_id = lost.game_id and {{ expected_as('results.team_abbr', 'players') }} = lost.entity
    where lost.game_id is not null or not games.was_built
),

-- Each time that a player was seen, up to the next.
seen as (
    select
        season_year,
        player_lookup,
        team_abbr,
        game_date,
        coalesce(lag(game_date) over by_date, date '1900-01-01') as seen_before,
        coalesce(lead(game_date) over by_date, date '9999-12-31') as seen_next
    from (select distinct season_year, player_lookup, game_date, team_abbr from players) as appearances
    window by_date as (partition by season_year, player_lookup order by game_date, team_abbr)
),

with_team as (
    select seen.player_lookup, lost_games.*, lost_games.game_date as known_since
    from lost_games
    inner join seen
        on
            lost_games.season_year = seen.season_year
            and lost_games.team_abbr = seen.team_abbr
            and lost_games.game_date >= seen.game_date
            and lost_games.game_date < seen.seen_next
    union all
    select seen.player_lookup, lost_games.*, seen.game_date
    from lost_games
    inner join seen
        on
            lost_games.season_year = seen.season_year
            and lost_games.team_abbr = seen.team_abbr
            and lost_games.game_date > seen.seen_before
            and lost_games.game_date < seen.game_date
),

may_have_played as (
    select
        player_lookup,
        season_year,
        game_date,
        game_id,
        min(expected_as) as expected_as,
        max(case when can_come then 1 else 0 end) = 1 as can_come,
        min(known_since) as known_since
    from with_team
    group by player_lookup, season_year, game_date, game_id
),

-- By the rosters of a date alone: who was not seen from the lost game on until then.
by_roster as (
    select rosters.player_lookup, rosters.game_date as roster_date, lost_games.*
    from rosters
    inner join lost_games
        on
            rosters.season_year = lost_games.season_year
            and rosters.team_abbr = lost_games.team_abbr
            and rosters.game_date > lost_games.game_date
    left join seen
        on
            rosters.season_year = seen.season_year
            and rosters.player_lookup = seen.player_lookup
            and rosters.game_date > seen.game_date
            and lost_games.game_date <= seen.game_date
    left join may_have_played as known
        on
            lost_games.game_id = known.game_id
            and rosters.player_lookup = known.player_lookup
            and rosters.game_date > known.known_since
    where seen.player_lookup is null and known.player_lookup is null
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
        games.has_box or not games.was_built as can_come,
        results.game_date as known_since,
        date '9999-12-31' as known_until
    from results
    inner join games on results.game_id = games.game_id
    left join teams on results.game_id = teams.game_id and results.team_abbr = teams.team_abbr
    union all
    select
        'player', boxes.entity, boxes.entity as expected_as, games.season_year, games.game_date, games.game_id,
        players.game_id is not null, boxes.quarantine_reason is null, games.game_date as known_since,
        date '9999-12-31'
    from boxes
    inner join games on boxes.game_id = games.game_id
    left join players on boxes.game_id = players.game_id and boxes.entity = players.player_lookup
    where boxes.has_source and coalesce(players.took_part, true)
    union all
    select
        'player', player_lookup, expected_as, season_year, game_date, game_id, false, can_come, known_since,
        date '9999-12-31'
    from may_have_played
    union all
    select
        'player', player_lookup, expected_as, season_year, game_date, game_id, false, can_come,
        {{ days_before('roster_date', 1) }}, roster_date
    from by_roster
)

select * from final
