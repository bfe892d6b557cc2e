-- One row per team and final game: what its defence allowed. The processor adds ratings, pace and
-- quality; `own_*`, `both_*` and the rest that the contract does not name are its inputs.
{{ config(cluster_by=['defending_team_abbr', 'game_date']) }}

with

boxes as (
    select * from {{ ref('int_team_boxes') }}
    where {{ in_window() }}
),

zones as (
    select * from {{ ref('int_team_shot_zones') }}
    where {{ in_window() }}
),

absences as (
    select * from {{ ref('int_team_absences') }}
    where {{ in_window() }}
),

sources as (
    select * from {{ ref('int_game_sources') }}
    where {{ in_window() }}
),

final as (
    select
        own.game_id,
        own.game_date,
        own.team_abbr as defending_team_abbr,
        opponent.team_abbr as opponent_team_abbr,
        own.season_year,
        opponent.points as points_allowed,
        opponent.fg_attempts as opp_fg_attempts,
        opponent.fg_makes as opp_fg_makes,
        opponent.three_pt_attempts as opp_three_pt_attempts,
        opponent.three_pt_makes as opp_three_pt_makes,
        opponent.ft_attempts as opp_ft_attempts,
        opponent.ft_makes as opp_ft_makes,
        opponent.rebounds as opp_rebounds,
        opponent.assists as opp_assists,
        opponent.turnovers as turnovers_forced,
        own.personal_fouls as fouls_committed,
        zones.paint_attempts as opp_paint_attempts,
        zones.paint_makes as opp_paint_makes,
        zones.mid_range_attempts as opp_mid_range_attempts,
        zones.mid_range_makes as opp_mid_range_makes,
        2 * zones.paint_makes as points_in_paint_allowed,
        2 * zones.mid_range_makes as mid_range_points_allowed,
        3 * opponent.three_pt_makes as three_pt_points_allowed,
        zones.second_chance_points as second_chance_points_allowed,
        cast(null as int64) as fast_break_points_allowed,
        zones.paint_blocked as blocks_paint,
        zones.mid_range_blocked as blocks_mid_range,
        zones.three_pt_blocked as blocks_three_pt,
        own.steals,
        own.defensive_rebounds,
        own.is_home as home_game,
        own.points > opponent.points as win_flag,
        own.points - opponent.points as margin_of_victory,
        own.overtime_periods,
        absences.players_inactive,
        absences.starters_inactive,
        cast(null as string) as referee_crew_id,
        own.box_source as primary_source_used,
        sources.team_box_last_updated_at as source_team_boxscore_last_updated,
        sources.team_box_rows as source_team_boxscore_rows_found,
        cast(null as string) as source_team_boxscore_hash,
        sources.gamebook_last_updated_at as source_gamebook_players_last_updated,
        sources.gamebook_rows as source_gamebook_players_rows_found,
        cast(null as string) as source_gamebook_players_hash,
        sources.bdl_last_updated_at as source_bdl_players_last_updated,
        sources.bdl_rows as source_bdl_players_rows_found,
        cast(null as string) as source_bdl_players_hash,
        -- inputs of the processor
        opponent.offensive_rebounds as opp_offensive_rebounds,
        own.fg_attempts as own_fg_attempts,
        own.ft_attempts as own_ft_attempts,
        own.offensive_rebounds as own_offensive_rebounds,
        own.turnovers as own_turnovers,
        opponent.scheduled_points,
        sources.scheduled_points as both_scheduled_points,
        sources.gamebook_measure as gamebook_points,
        sources.bdl_measure as bdl_points,
        2 as teams_per_game,
        zones.game_id is not null as shot_zones_available,
        coalesce(sources.play_by_play_source = 'nbac_play_by_play', false) as is_nbac_pbp,
        zones.unknown_zone_attempts > 0 as has_unknown_zones,
        zones.paint_attempts + zones.mid_range_attempts + opponent.three_pt_attempts <> opponent.fg_attempts
            as zones_disagree
    from boxes as own
    inner join boxes as opponent on own.game_id = opponent.game_id and own.team_abbr <> opponent.team_abbr
    left join sources on own.game_id = sources.game_id
    left join zones on own.game_id = zones.game_id and opponent.team_abbr = zones.team_abbr
    left join absences on own.game_id = absences.game_id and own.team_abbr = absences.team_abbr
)

select * from final
