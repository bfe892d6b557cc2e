-- One row per player and final game he played in. The processor adds minutes, rates, results
-- against the points line and quality; what the contract does not name is its input. Usage needs
-- the team's row, so this model comes after team_offense_game_summary.
{{ config(cluster_by=['universal_player_id', 'player_lookup', 'team_abbr']) }}

with

boxes as (
    select * from {{ ref('int_player_boxes') }}
    where {{ in_window() }} and not is_held_back
),

teams as (
    select *, count(*) over (partition by game_id) as rows_of_game
    from {{ ref('team_offense_game_summary') }}
    where {{ in_window() }}
),

zones as (
    select * from {{ ref('int_player_shot_zones') }}
    where {{ in_window() }}
),

props as (
    select * from {{ ref('int_points_props') }}
    where {{ in_window() }}
),

sources as (
    select * from {{ ref('int_game_sources') }}
    where {{ in_window() }}
),

-- Not in int_game_sources, which the teams' tables read, too: lines are no matter of theirs.
bettingpros as (
    select game_id, count(*) as row_count, max(processed_at) as last_updated_at
    from {{ ref('stg_bettingpros__player_points_props') }}
    where {{ in_window() }} and quarantine_reason is null
    group by game_id
),

{%- set is_nbac = "coalesce(sources.play_by_play_source = 'nbac_play_by_play', false)" %}
{%- set zone_columns = [
    'paint_attempts', 'paint_makes', 'mid_range_attempts', 'mid_range_makes', 'paint_blocks', 'mid_range_blocks',
    'three_pt_blocks', 'and1_count', 'assisted_fg_makes', 'unassisted_fg_makes'
] %}

final as (
    select
        boxes.player_lookup,
        boxes.universal_player_id,
        boxes.player_full_name,
        boxes.game_id,
        boxes.game_date,
        boxes.team_abbr,
        boxes.opponent_team_abbr,
        boxes.season_year,
        boxes.points,
        boxes.assists,
        boxes.offensive_rebounds,
        boxes.defensive_rebounds,
        boxes.steals,
        boxes.blocks,
        boxes.turnovers,
        boxes.fg_attempts,
        boxes.fg_makes,
        boxes.three_pt_attempts,
        boxes.three_pt_makes,
        boxes.ft_attempts,
        boxes.ft_makes,
        boxes.plus_minus,
        boxes.personal_fouls,
        -- A player whom the play-by-play never names shot and blocked nothing; one whose zones it does not tell has none.
        {%- for column in zone_columns %}
        case when sources.play_by_play_rows > 0 then case when zones.game_id is null then 0 else zones.{{ column }} end end
            as {{ column }},
        {%- endfor %}
        boxes.is_starter as starter_flag,
        case boxes.team_abbr
            when games.home_team_abbr then games.home_points > games.away_points
            else games.away_points > games.home_points
        end as win_flag,
        -- Whole tenths: engines round doubles differently at near-ties, integers alike.
        {{ in_parts('props.points_line', 10) }} as points_line_tenths,
        {{ in_parts('props.opening_line', 10) }} as opening_line_tenths,
        coalesce(props.was_seen_twice, false) as line_was_seen_twice,
        props.points_line_source,
        props.opening_line_source,
        true as is_active,
        'active' as player_status,
        boxes.box_source as primary_source_used,
        sources.gamebook_last_updated_at as source_nbac_last_updated,
        sources.gamebook_rows as source_nbac_rows_found,
        cast(null as string) as source_nbac_hash,
        sources.bdl_last_updated_at as source_bdl_last_updated,
        sources.bdl_rows as source_bdl_rows_found,
        cast(null as string) as source_bdl_hash,
        case when not {{ is_nbac }} then sources.play_by_play_last_updated_at end as source_bbd_last_updated,
        case when {{ is_nbac }} then 0 else sources.play_by_play_rows end as source_bbd_rows_found,
        cast(null as string) as source_bbd_hash,
        case when {{ is_nbac }} then sources.play_by_play_last_updated_at end as source_nbac_pbp_last_updated,
        case when {{ is_nbac }} then sources.play_by_play_rows end as source_nbac_pbp_rows_found,
        cast(null as string) as source_nbac_pbp_hash,
        sources.props_last_updated_at as source_odds_last_updated,
        sources.props_rows as source_odds_rows_found,
        cast(null as int64) as source_odds_completeness_pct,
        cast(null as string) as source_odds_hash,
        bettingpros.last_updated_at as source_bp_last_updated,
        bettingpros.row_count as source_bp_rows_found,
        cast(null as int64) as source_bp_completeness_pct,
        cast(null as string) as source_bp_hash,
        teams.processed_at as source_team_last_updated,
        coalesce(teams.rows_of_game, 0) as source_team_rows_found,
        cast(null as string) as source_team_hash,
        -- inputs of the processor
        boxes.seconds_played,
        teams.fg_attempts as team_fg_attempts,
        teams.ft_attempts as team_ft_attempts,
        teams.turnovers as team_turnovers,
        teams.overtime_periods,
        opponents.fg_attempts + teams.fg_attempts as both_fg_attempts,
        sources.scheduled_points as both_scheduled_points,
        sources.gamebook_measure as gamebook_points,
        sources.bdl_measure as bdl_points,
        case when not {{ is_nbac }} then sources.play_by_play_measure end as bbd_shots,
        case when {{ is_nbac }} then sources.play_by_play_measure end as nbac_pbp_shots,
        {{ is_nbac }} as is_nbac_pbp,
        2 as teams_per_game,
        case boxes.box_source when 'nbac_gamebook' then sources.gamebook_rows else sources.bdl_rows end as box_rows_of_game,
        sources.play_by_play_rows > 0 as has_play_by_play,
        boxes.agrees_with_score,
        zones.unknown_zone_attempts > 0 or (zones.game_id is not null and zones.paint_blocks is null) as has_unknown_zones,
        sources.play_by_play_rows > 0
        and case when zones.game_id is null then 0 else zones.paint_attempts + zones.mid_range_attempts end
        + boxes.three_pt_attempts <> boxes.fg_attempts as zones_disagree
    from boxes
    inner join {{ ref('dim_games') }} as games on boxes.game_id = games.game_id
    left join teams on boxes.game_id = teams.game_id and boxes.team_abbr = teams.team_abbr
    left join teams as opponents on boxes.game_id = opponents.game_id and boxes.opponent_team_abbr = opponents.team_abbr
    left join sources on boxes.game_id = sources.game_id
    left join bettingpros on boxes.game_id = bettingpros.game_id
    left join zones on boxes.game_id = zones.game_id and boxes.player_lookup = zones.player_lookup
    left join props on boxes.game_id = props.game_id and boxes.player_lookup = props.player_lookup
)

select * from final
