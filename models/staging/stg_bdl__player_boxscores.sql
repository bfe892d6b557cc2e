-- One row per game and player who played. `quarantine_reason` is set on a row that must not be used.
{{ config(**replace_window()) }}

{%- set grain = [
    'coalesce(canonical_game_id, game_id)', 'team_abbr', 'coalesce(found_player_lookup, player_lookup, player_full_name)'
] %}
{%- set figures = {
    'points': 'points', 'field_goals_made': 'fg_makes', 'field_goals_attempted': 'fg_attempts',
    'three_pointers_made': 'three_pt_makes', 'three_pointers_attempted': 'three_pt_attempts', 'free_throws_made': 'ft_makes',
    'free_throws_attempted': 'ft_attempts', 'offensive_rebounds': 'offensive_rebounds',
    'defensive_rebounds': 'defensive_rebounds', 'rebounds': 'rebounds', 'assists': 'assists', 'steals': 'steals',
    'blocks': 'blocks', 'turnovers': 'turnovers', 'personal_fouls': 'personal_fouls'
} %}

with

boxscores as (
    select * from {{ raw_rows('nba_raw', 'bdl_player_boxscores') }} as raw_rows
),

identified as (
    select
        boxscores.*,
        game_ids.game_id as canonical_game_id,
        game_ids.season_year,
        game_ids.is_final,
        {{ game_problem('boxscores.game_date') }} as game_problem,
        coalesce(boxscores.team_abbr in (game_ids.home_team_abbr, game_ids.away_team_abbr), false) as is_team_of_game,
        {{ found_player('player') }} as found_player_lookup,
        {{ is_ambiguous_player('player') }} as is_ambiguous_player,
        -- The feed lists who sat out with neither minutes nor a count, or with zeros.
        not {{ minutes_are_given('boxscores.minutes') }}
        {%- for figure in figures %}
        and coalesce(boxscores.{{ figure }}, 0) = 0
        {%- endfor %} as sat_out
    from boxscores
    {{ join_game('boxscores.game_id') }}
    {{ join_player('player', 'boxscores.player_full_name', 'boxscores.player_lookup', ['boxscores.team_abbr']) }}
    where {{ is_not_out_of_scope('boxscores.game_id') }}
),

deduplicated as (
    select *, {{ copies(grain) }} as raw_copies, {{ lines_differ(grain, ['minutes'] + figures | list) }} as has_other_line
    from identified
    qualify {{ newest_first('nba_raw', 'bdl_player_boxscores', grain) }}
),

renamed as (
    select
        coalesce(canonical_game_id, game_id) as game_id,
        game_date,
        season_year,
        team_abbr,
        coalesce(found_player_lookup, player_lookup) as player_lookup,
        player_full_name,
        case when sat_out then 0 else {{ minutes_text_to_seconds('minutes') }} end as seconds_played,
        {%- for figure, name in figures.items() %}
        case when sat_out then 0 else {{ figure }} end as {{ name }},
        {%- endfor %}
        sat_out,
        {{ minutes_are_given('minutes') }} as has_minutes,
        game_problem,
        is_team_of_game,
        is_final,
        found_player_lookup is null as is_unknown_player,
        is_ambiguous_player,
        has_other_line,
        found_player_lookup is not null and count(*) over (
            partition by coalesce(canonical_game_id, game_id), found_player_lookup
        ) > 1 as is_under_both_teams,
        raw_copies,
        source_file_path,
        processed_at
    from deduplicated
),

final as (
    select
        * {{ star_except([
            'game_problem', 'is_team_of_game', 'is_final', 'is_unknown_player', 'is_ambiguous_player', 'has_minutes',
            'has_other_line', 'is_under_both_teams'
        ]) }},
        case
            when game_problem is not null then game_problem
            when not is_team_of_game then 'team does not play in the game'
            when is_under_both_teams then 'player is under both teams'
            when is_unknown_player then {{ player_problem('is_ambiguous_player') }}
            when has_other_line then 'two different lines of the player'
            when has_minutes and seconds_played is null then 'unreadable minutes'
            when not is_final then 'game is not final'
            else {{ box_score_problem() }}
        end as quarantine_reason
    from renamed
)

select * from final
