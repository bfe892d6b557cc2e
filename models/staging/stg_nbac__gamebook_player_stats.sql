-- One row per game and player of the official gamebook, whatever his status. Statistics belong to
-- active players; `quarantine_reason` is set on a row that must not be used, `is_on_roster` where the
-- row says who may play, whatever is wrong with its figures.
--
-- A player whom two rosters of a date name is on the one that played him.
{{ config(**replace_window(days_before=var('regular_starter_days'))) }}

{%- set grain = [
    'coalesce(canonical_game_id, game_id)', 'team_abbr', 'coalesce(found_player_lookup, player_lookup, player_name)'
] %}
{%- set figures = [
    'points', 'minutes', 'field_goals_made', 'field_goals_attempted', 'three_pointers_made', 'three_pointers_attempted',
    'free_throws_made', 'free_throws_attempted', 'offensive_rebounds', 'defensive_rebounds', 'total_rebounds', 'assists',
    'steals', 'blocks', 'turnovers', 'personal_fouls'
] %}

with

gamebook as (
    select * from {{ raw_rows(
        'nba_raw', 'nbac_gamebook_player_stats', days_before=var('regular_starter_days')
    ) }} as raw_rows
),

identified as (
    select
        gamebook.*,
        game_ids.game_id as canonical_game_id,
        game_ids.season_year,
        game_ids.is_final,
        {{ game_problem('gamebook.game_date') }} as game_problem,
        coalesce(gamebook.team_abbr in (game_ids.home_team_abbr, game_ids.away_team_abbr), false) as is_team_of_game,
        {{ found_player('player') }} as found_player_lookup,
        {{ is_ambiguous_player('player') }} as is_ambiguous_player
    from gamebook
    {{ join_game('gamebook.game_id') }}
    {{ join_player('player', 'gamebook.player_name', 'gamebook.player_lookup', ['gamebook.team_abbr']) }}
    where {{ is_not_out_of_scope('gamebook.game_id') }}
),

deduplicated as (
    select *, {{ copies(grain) }} as raw_copies, {{ lines_differ(grain, figures) }} as has_other_line
    from identified
    qualify {{ newest_first('nba_raw', 'nbac_gamebook_player_stats', grain) }}
),

renamed as (
    select
        coalesce(canonical_game_id, game_id) as game_id,
        game_date,
        season_year,
        team_abbr,
        coalesce(found_player_lookup, player_lookup) as player_lookup,
        player_name as player_full_name,
        lower(trim(player_status)) as player_status,
        dnp_reason,
        coalesce(trim(start_position) <> '', false) as is_starter,
        {{ minutes_text_to_seconds('minutes') }} as seconds_played,
        {{ minutes_are_given('minutes') }} as has_minutes,
        points,
        field_goals_made as fg_makes,
        field_goals_attempted as fg_attempts,
        three_pointers_made as three_pt_makes,
        three_pointers_attempted as three_pt_attempts,
        free_throws_made as ft_makes,
        free_throws_attempted as ft_attempts,
        offensive_rebounds,
        defensive_rebounds,
        total_rebounds as rebounds,
        assists,
        steals,
        blocks,
        turnovers,
        personal_fouls,
        plus_minus,
        game_problem,
        is_team_of_game,
        is_final,
        found_player_lookup is null as is_unknown_player,
        is_ambiguous_player,
        has_other_line,
        found_player_lookup is not null
        and {{ count_where("lower(trim(player_status)) = 'active' and points is not null") }} over (
            partition by coalesce(canonical_game_id, game_id), found_player_lookup
        ) > 1 as is_under_both_teams,
        raw_copies,
        source_file_path,
        processed_at
    from deduplicated
),

judged as (
    select
        *,
        case
            when game_problem is not null then game_problem
            when not is_team_of_game then 'team does not play in the game'
            when player_status = 'active' and is_under_both_teams then 'player is under both teams'
            when is_unknown_player then {{ player_problem('is_ambiguous_player') }}
            when coalesce(player_status, '') not in ('active', 'dnp', 'inactive') then 'unknown player status'
        end as identity_problem
    from renamed
),

ranked as (
    select
        *,
        row_number() over (
            partition by game_date, player_lookup, identity_problem is null
            order by
                case player_status when 'active' then 1 when 'dnp' then 2 else 3 end asc,
                processed_at desc, game_id asc, team_abbr asc
        ) as roster_of_date
    from judged
),

final as (
    select
        * {{ star_except([
            'game_problem', 'is_team_of_game', 'is_final', 'is_unknown_player', 'is_ambiguous_player', 'has_minutes',
            'identity_problem', 'roster_of_date', 'has_other_line', 'is_under_both_teams'
        ]) }},
        identity_problem is null and roster_of_date = 1 as is_on_roster,
        case
            when identity_problem is not null then identity_problem
            when roster_of_date > 1 then 'player is on another roster of the date'
            when player_status = 'active' and has_other_line then 'two different lines of the player'
            when player_status = 'active' and has_minutes and seconds_played is null then 'unreadable minutes'
            when player_status = 'active' and has_minutes and not is_final then 'game is not final'
            when player_status = 'active' and is_final and {{ has_no_count() }} then 'a count is missing'
            when player_status = 'active' then {{ box_score_problem() }}
        end as quarantine_reason
    from ranked
)

select * from final
