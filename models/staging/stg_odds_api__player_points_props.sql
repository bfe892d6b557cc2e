-- One row per game, player, bookmaker and snapshot. `quarantine_reason` is set on a row that must
-- not be used. The feed appends, so repeats occur; its game_id changed form on 2025-12-28.
-- The teams and the start time name the game; where they cannot, the feed's game_id does.
{{ config(**replace_window()) }}

{%- set grain = [
    'game_date', 'coalesce(canonical_game_id, game_id)',
    'coalesce(found_player_lookup, player_lookup, player_name)', 'bookmaker', 'snapshot_timestamp'
] %}

with

props as (
    select * from {{ raw_rows('nba_raw', 'odds_api_player_points_props') }} as raw_rows
),

{{ games_by_tipoff('props', 'game_start_time') }},

identified as (
    select
        props.* {{ star_except(['game_date']) }},
        {{ date_of_odds('props', 'odds_api_player_points_props') }} as game_date,
        game_ids.game_id as canonical_game_id,
        game_ids.season_year,
        {{ snapshot_problem('props.snapshot_timestamp', 'game_ids.tipoff_at') }} as time_problem,
        {{ odds_problem('props', 'game_start_time', 'odds_api_player_points_props') }} as game_problem,
        {{ found_player('player', teams=2) }} as found_player_lookup,
        {{ is_ambiguous_player('player') }} as is_ambiguous_player
    from props
    {{ join_game_of_odds('props', 'game_start_time', 'props.game_id') }}
    {{ join_player(
        'player', 'props.player_name', 'props.player_lookup', ['game_ids.away_team_abbr', 'game_ids.home_team_abbr']
    ) }}
    where {{ is_not_out_of_scope('props.game_id') }}
),

deduplicated as (
    select *, {{ copies(grain) }} as raw_copies
    from identified
    where {{ in_window() }}
    qualify {{ newest_first('nba_raw', 'odds_api_player_points_props', grain) }}
),

final as (
    select
        coalesce(canonical_game_id, game_id) as game_id,
        odds_api_event_id as odds_event_id,
        game_date,
        season_year,
        snapshot_timestamp as snapshot_at,
        bookmaker,
        coalesce(found_player_lookup, player_lookup) as player_lookup,
        {{ nan_to_null('points_line') }} as points_line,
        over_price_american,
        under_price_american,
        home_team_abbr,
        away_team_abbr,
        game_start_time as commences_at,
        raw_copies,
        source_file_path,
        processed_at,
        case
            when game_problem is not null then game_problem
            when found_player_lookup is null then {{ player_problem('is_ambiguous_player') }}
            when time_problem is not null then time_problem
            else {{ points_line_problem('points_line') }}
        end as quarantine_reason
    from deduplicated
)

select * from final
