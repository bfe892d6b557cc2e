-- One row per team and final game: what its offence did. The processor adds ratings, pace and
-- quality; `opponent_*`, `both_*` and the rest that the contract does not name are its inputs.
{{ config(cluster_by=['team_abbr', 'game_date', 'home_game']) }}

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
        own.nba_game_id,
        own.game_date,
        own.team_abbr,
        opponent.team_abbr as opponent_team_abbr,
        own.season_year,
        own.points as points_scored,
        own.fg_attempts,
        own.fg_makes,
        own.three_pt_attempts,
        own.three_pt_makes,
        own.ft_attempts,
        own.ft_makes,
        own.rebounds,
        own.assists,
        own.turnovers,
        own.personal_fouls,
        zones.paint_attempts as team_paint_attempts,
        zones.paint_makes as team_paint_makes,
        zones.mid_range_attempts as team_mid_range_attempts,
        zones.mid_range_makes as team_mid_range_makes,
        2 * zones.paint_makes as points_in_paint_scored,
        zones.second_chance_points as second_chance_points_scored,
        own.is_home as home_game,
        own.points > opponent.points as win_flag,
        own.points - opponent.points as margin_of_victory,
        own.overtime_periods,
        absences.players_inactive,
        absences.starters_inactive,
        cast(null as string) as referee_crew_id,
        sources.team_box_last_updated_at as source_nbac_boxscore_last_updated,
        sources.team_box_rows as source_nbac_boxscore_rows_found,
        cast(null as string) as source_nbac_boxscore_hash,
        sources.play_by_play_last_updated_at as source_play_by_play_last_updated,
        sources.play_by_play_rows as source_play_by_play_rows_found,
        cast(null as string) as source_play_by_play_hash,
        zones.game_id is not null as shot_zones_available,
        case when zones.game_id is not null then sources.play_by_play_source end as shot_zones_source,
        own.box_source as primary_source_used,
        -- inputs of the processor
        own.offensive_rebounds,
        opponent.fg_attempts as opponent_fg_attempts,
        opponent.ft_attempts as opponent_ft_attempts,
        opponent.offensive_rebounds as opponent_offensive_rebounds,
        opponent.turnovers as opponent_turnovers,
        own.fg_attempts + opponent.fg_attempts as both_fg_attempts,
        own.scheduled_points,
        sources.play_by_play_measure as play_by_play_shots,
        2 as teams_per_game,
        coalesce(sources.play_by_play_source = 'nbac_play_by_play', false) as is_nbac_pbp,
        zones.unknown_zone_attempts > 0 as has_unknown_zones,
        zones.paint_attempts + zones.mid_range_attempts + own.three_pt_attempts <> own.fg_attempts as zones_disagree
    from boxes as own
    inner join boxes as opponent on own.game_id = opponent.game_id and own.team_abbr <> opponent.team_abbr
    left join sources on own.game_id = sources.game_id
    left join zones on own.game_id = zones.game_id and own.team_abbr = zones.team_abbr
    left join absences on own.game_id = absences.game_id and own.team_abbr = absences.team_abbr
)

select * from final
