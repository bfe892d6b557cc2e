-- One row per game of ESPN's scoreboard: by it the game is final, with a score, or is not. `quarantine_reason` is set on a
-- row that must not be used, or not as it stands.
--
-- It is evidence that a game was played, and of its score, and no row of a table is made of it. The page that was read last
-- counts. Which side a team is on comes from the schedule, never from the feed.
{{ config(**replace_window()) }}

{%- set grain = [
    'coalesce(canonical_game_id, source_game_id, cast(game_date as string))'
] %}
{%- set figures = [
    'home_team_score', 'away_team_score'
] %}

with

scoreboard as (
    select
        *,
        {{ game_id_of_scoreboard() }} as source_game_id,
        coalesce(scrape_timestamp, processed_at) as read_at,
        coalesce(lower(trim(game_status)) = 'final', false) as has_final_status,
        coalesce(is_completed, false) as is_over
    from {{ raw_rows('nba_raw', 'espn_scoreboard') }} as raw_rows
),

teams as (
    select home_team_abbr as team_abbr from {{ ref('dim_game_ids') }}
    where {{ is_in_scope('game_type') }}
    union distinct
    select away_team_abbr from {{ ref('dim_game_ids') }}
    where {{ is_in_scope('game_type') }}
),

identified as (
    select
        scoreboard.*,
        game_ids.game_id as canonical_game_id,
        game_ids.season_year,
        game_ids.is_final as is_final_by_schedule,
        game_ids.home_team_abbr as home_team,
        game_ids.away_team_abbr as away_team,
        game_ids.home_points,
        game_ids.away_points,
        home.team_abbr is not null and away.team_abbr is not null as are_known_teams,
        {{ game_problem('scoreboard.game_date') }} as game_problem
    from scoreboard
    {{ join_game('scoreboard.source_game_id') }}
    left join teams as home on scoreboard.home_team_abbr = home.team_abbr
    left join teams as away on scoreboard.away_team_abbr = away.team_abbr
    where {{ is_not_out_of_scope('scoreboard.source_game_id') }}
),

deduplicated as (
    select *, {{ copies(grain) }} as raw_copies, {{ lines_differ(grain + ['read_at'], figures) }} as has_other_line
    from identified
    qualify {{ newest_first('nba_raw', 'espn_scoreboard', grain, first='read_at') }}
),

-- Of a game that the schedule lacks the sides are the feed's.
renamed as (
    select
        *,
        has_final_status and is_over as is_final,
        coalesce(
            home_team_abbr <> away_team_abbr
            and home_team_abbr in (home_team, away_team) and away_team_abbr in (home_team, away_team), false
        ) as are_teams_of_game,
        case when home_team_abbr = away_team then away_team_score else home_team_score end as points_of_home,
        case when home_team_abbr = away_team then home_team_score else away_team_score end as points_of_away
    from deduplicated
),

final as (
    select
        coalesce(canonical_game_id, source_game_id) as game_id,
        game_date,
        season_year,
        coalesce(home_team, home_team_abbr) as home_team_abbr,
        coalesce(away_team, away_team_abbr) as away_team_abbr,
        is_final,
        points_of_home as home_points,
        points_of_away as away_points,
        raw_copies,
        source_file_path,
        processed_at,
        case
            when not are_known_teams then 'unknown team'
            when game_problem = 'no scheduled game' and not is_final then 'not final, and no scheduled game'
            when game_problem is not null then game_problem
            when not are_teams_of_game then 'team does not play in the game'
            when is_over <> has_final_status then 'its status contradicts that it is completed'
            when not is_final and is_final_by_schedule then 'not final, and final by the schedule'
            when not is_final then null
            when has_other_line then 'two different scores of the game'
            when
                coalesce(points_of_home, 0) <= 0 or coalesce(points_of_away, 0) <= 0 or points_of_home = points_of_away
                then 'no score that a final game has'
            when not is_final_by_schedule then 'game is not final'
            when points_of_home <> home_points or points_of_away <> away_points then 'score is not that of the schedule'
        end as quarantine_reason
    from renamed
)

select * from final
