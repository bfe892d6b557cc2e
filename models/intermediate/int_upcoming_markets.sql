-- One row per date and player who may play: what the market said of him and of his game before tip-off, and where each
-- line comes from, under the names that an upcoming player's context has. `has_prop_line` is null when nobody of the
-- game has a line: then nothing tells that he has none.
{{ config(materialized='ephemeral') }}

with

rosters as (
    select * from {{ ref('int_upcoming_rosters') }}
    where {{ in_window() }}
),

lines as (
    select * from {{ ref('int_game_lines') }}
    where {{ in_window() }}
),

props as (
    select * from {{ ref('int_points_props') }}
    where {{ in_window() }}
),

games_with_props as (
    select game_id, count(*) as prop_rows, max(processed_at) as processed_at from props
    group by game_id
),

final as (
    select
        rosters.game_date,
        rosters.player_lookup,
        case when games_with_props.game_id is not null then props.player_lookup is not null end as has_prop_line,
        props.player_lookup is not null as is_in_props,
        props.points_line_source as current_points_line_source,
        props.opening_line_source as opening_points_line_source,
        lines.home_spread_source as game_spread_source,
        cast(null as int64) as spread_public_betting_pct,
        lines.total_source as game_total_source,
        cast(null as int64) as total_public_betting_pct,
        games_with_props.processed_at as source_props_last_updated,
        coalesce(games_with_props.prop_rows, 0) as source_props_rows_found,
        cast(null as int64) as source_props_completeness_pct,
        cast(null as string) as source_props_hash,
        lines.processed_at as source_game_lines_last_updated,
        coalesce(lines.line_count, 0) as source_game_lines_rows_found,
        cast(null as string) as source_game_lines_hash,
        lines.home_spread_200ths,
        lines.opening_home_spread_200ths,
        lines.total_200ths,
        lines.opening_total_200ths,
        coalesce(lines.home_spread_was_seen_twice, false) as spread_was_seen_twice,
        coalesce(lines.total_was_seen_twice, false) as total_was_seen_twice,
        coalesce(lines.market_count, 0) as market_count,
        2 as markets,
        {{ in_parts('props.points_line', 10) }} as points_line_tenths,
        {{ in_parts('props.opening_line', 10) }} as opening_line_tenths,
        coalesce(props.was_seen_twice, false) as line_was_seen_twice,
        games_with_props.game_id is not null as has_props
    from rosters
    left join lines on rosters.game_id = lines.game_id
    left join props on rosters.game_id = props.game_id and rosters.player_lookup = props.player_lookup
    left join games_with_props on rosters.game_id = games_with_props.game_id
)

select * from final
