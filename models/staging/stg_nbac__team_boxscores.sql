-- One row per game and team. `quarantine_reason` is set on a row that must not be used.
--
-- The official id names the game, since the date id has home and away swapped in some rows; which
-- side a team is on comes from the schedule, never from the feed's flag.
{{ config(**replace_window()) }}

{%- set grain = [
    'coalesce(canonical_game_id, game_id)', 'team_abbr'
] %}
{%- set figures = [
    'points', 'minutes', 'fg_made', 'fg_attempted', 'three_pt_made', 'three_pt_attempted', 'ft_made', 'ft_attempted',
    'offensive_rebounds', 'defensive_rebounds', 'total_rebounds', 'assists', 'steals', 'blocks', 'turnovers',
    'personal_fouls'
] %}

with

boxscores as (
    select * from {{ raw_rows('nba_raw', 'nbac_team_boxscore') }} as raw_rows
),

identified as (
    select
        boxscores.*,
        game_ids.game_id as canonical_game_id,
        game_ids.season_year,
        game_ids.is_final,
        {{ game_problem('boxscores.game_date') }} as game_problem,
        coalesce(boxscores.team_abbr in (game_ids.home_team_abbr, game_ids.away_team_abbr), false) as is_team_of_game,
        case
            when boxscores.team_abbr = game_ids.home_team_abbr then game_ids.home_points
            else game_ids.away_points
        end as scheduled_points
    from boxscores
    {{ join_game('coalesce(boxscores.nba_game_id, boxscores.game_id)') }}
    where {{ is_not_out_of_scope('coalesce(boxscores.nba_game_id, boxscores.game_id)') }}
),

deduplicated as (
    select *, {{ copies(grain) }} as raw_copies, {{ lines_differ(grain, figures) }} as has_other_line
    from identified
    qualify {{ newest_first('nba_raw', 'nbac_team_boxscore', grain) }}
),

renamed as (
    select
        coalesce(canonical_game_id, game_id) as game_id,
        game_date,
        season_year,
        team_abbr,
        {{ minutes_text_to_seconds('minutes', digits=3) }} as seconds_played,
        {{ minutes_are_given('minutes') }} as has_minutes,
        points,
        fg_made as fg_makes,
        fg_attempted as fg_attempts,
        three_pt_made as three_pt_makes,
        three_pt_attempted as three_pt_attempts,
        ft_made as ft_makes,
        ft_attempted as ft_attempts,
        offensive_rebounds,
        defensive_rebounds,
        total_rebounds as rebounds,
        assists,
        steals,
        blocks,
        turnovers,
        personal_fouls,
        game_problem,
        is_team_of_game,
        is_final,
        scheduled_points,
        has_other_line,
        raw_copies,
        source_file_path,
        processed_at
    from deduplicated
),

judged as (
    select
        * {{ star_except(['game_problem', 'is_team_of_game', 'is_final', 'scheduled_points', 'has_minutes', 'has_other_line']) }},
        case
            when game_problem is not null then game_problem
            when not is_team_of_game then 'team does not play in the game'
            when not is_final then 'game is not final'
            when has_other_line then 'two different lines of the team'
            when points = 0 or fg_attempts = 0 then 'placeholder of a game not played'
            when not has_minutes then 'no minutes'
            when seconds_played is null then 'unreadable minutes'
            when points <> scheduled_points then 'points are not the score of the schedule'
            when {{ has_no_count() }} then 'a count is missing'
            else {{ box_score_problem('team') }}
        end as own_problem
    from renamed
),

final as (
    select
        * {{ star_except(['own_problem']) }},
        case
            when own_problem is not null then own_problem
            when sum(case when own_problem is null then 1 else 0 end) over (partition by game_id) < 2
                then 'no usable row of the opponent'
        end as quarantine_reason
    from judged
)

select * from final
