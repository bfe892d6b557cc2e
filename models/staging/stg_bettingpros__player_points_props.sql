-- One row per game, player, bookmaker, side and update. `quarantine_reason` is set on a row that must not be used. No id
-- of the feed names a game: the date and the player's team do. Rows that are not active are there, and are no lines.
{{ config(**replace_window()) }}

{%- set grain = [
    'game_date', 'team_abbr', 'coalesce(found_player_lookup, player_lookup, player_name)', 'bookmaker', 'bet_side',
    'bookmaker_last_update'
] %}

with

props as (
    select *, {{ team_of_bettingpros('raw_rows') }} as team_abbr
    from {{ raw_rows('nba_raw', 'bettingpros_player_points_props') }} as raw_rows
    where not {{ is_other_market('raw_rows') }}
),

{{ games_by_team('props') }},

identified as (
    select
        props.*,
        game_ids.game_id as canonical_game_id,
        game_ids.season_year,
        case
            when by_team.has_several_games then 'several games of the team on the date'
            else {{ game_problem('props.game_date') }}
        end as game_problem,
        {{ found_player('player') }} as found_player_lookup,
        {{ is_ambiguous_player('player') }} as is_ambiguous_player
    from props
    {{ join_game_of_team('props', 'props.team_abbr') }}
    {{ join_player('player', 'props.player_name', 'props.player_lookup', ['props.team_abbr']) }}
    where game_ids.game_type is null or {{ is_in_scope('game_ids.game_type') }}
),

deduplicated as (
    select *, {{ copies(grain) }} as raw_copies
    from identified
    qualify {{ newest_first('nba_raw', 'bettingpros_player_points_props', grain) }}
),

final as (
    select
        canonical_game_id as game_id,
        game_date,
        season_year,
        bookmaker_last_update as updated_at,
        bookmaker,
        lower(bet_side) as bet_side,
        team_abbr,
        coalesce(found_player_lookup, player_lookup) as player_lookup,
        {{ nan_to_null('points_line') }} as points_line,
        case when {{ points_line_problem('opening_line') }} is null then opening_line end as opening_line,
        odds_american,
        coalesce(is_active, false) as is_active,
        raw_copies,
        source_file_path,
        processed_at,
        case
            when game_problem is not null then game_problem
            when market_type is null then 'unknown market'
            when coalesce(lower(bet_side) not in ('over', 'under'), true) then 'unknown outcome'
            when found_player_lookup is null then {{ player_problem('is_ambiguous_player') }}
            when is_active and bookmaker_last_update is null then 'no time of the line'
            else {{ points_line_problem('points_line') }}
        end as quarantine_reason
    from deduplicated
)

select * from final
