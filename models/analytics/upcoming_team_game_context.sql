-- One row per team and scheduled game: where the team stands before tip-off. The processor turns lines
-- into numbers of the team's own side and names what is unknown; what the contract does not name is its input.
{{ config(cluster_by=['team_abbr', 'game_id']) }}

with

games as (
    select * from {{ ref('dim_team_games') }}
    where {{ in_window() }} and is_in_scope
),

lines as (
    select * from {{ ref('int_game_lines') }}
    where {{ in_window() }}
),

availability as (
    select * from {{ ref('int_team_availability') }}
    where {{ in_window() }}
),

reports as (
    select game_id, team_abbr, count(*) as report_rows, max(processed_at) as processed_at
    from {{ ref('stg_nbac__injury_report') }}
    where {{ in_window() }} and quarantine_reason is null
    group by game_id, team_abbr
),

{{ readiness('upcoming_team_game_context', 'team') }},

final as (
    select
        games.team_abbr,
        games.game_id,
        games.game_date,
        games.season_year,
        games.opponent_team_abbr,
        games.is_home as home_game,
        coalesce(games.days_rest = 0, false) as is_back_to_back,
        games.days_since_last_game,
        games.game_number_in_season,
        games.days_rest as team_days_rest,
        coalesce(games.days_rest = 0, false) as team_back_to_back,
        games.games_in_last_7_days,
        games.games_in_last_14_days,
        lines.home_spread_source as game_spread_source,
        lines.total_source as game_total_source,
        lines.lines_updated_at as betting_lines_updated_at,
        availability.starters_out_count,
        availability.questionable_players_count,
        games.win_streak as team_win_streak_entering,
        games.loss_streak as team_loss_streak_entering,
        games.last_game_margin,
        case when games.last_game_margin > 0 then 'W' when games.last_game_margin < 0 then 'L' end as last_game_result,
        games.travel_miles,
        games.schedule_loaded_at as source_nbac_schedule_last_updated,
        1 as source_nbac_schedule_rows_found,
        100 as source_nbac_schedule_completeness_pct,
        cast(null as string) as source_nbac_schedule_hash,
        lines.processed_at as source_odds_lines_last_updated,
        coalesce(lines.line_count, 0) as source_odds_lines_rows_found,
        cast(null as string) as source_odds_lines_hash,
        reports.processed_at as source_injury_report_last_updated,
        coalesce(reports.report_rows, 0) as source_injury_report_rows_found,
        cast(null as int64) as source_injury_report_completeness_pct,
        cast(null as string) as source_injury_report_hash,
        coalesce(games.results_before, 0) = 0 as early_season_flag,
        case when coalesce(games.results_before, 0) = 0 then 'first game of the season' end as insufficient_data_reason,
        {{ readiness_columns('upcoming_team_game_context', ['l7d', 'l14d']) }},
        -- inputs of the processor
        case when games.is_home then 1 else -1 end as side,
        lines.home_spread_200ths,
        lines.opening_home_spread_200ths,
        lines.total_200ths,
        lines.opening_total_200ths,
        coalesce(lines.home_spread_was_seen_twice, false) as spread_was_seen_twice,
        coalesce(lines.total_was_seen_twice, false) as total_was_seen_twice,
        coalesce(lines.market_count, 0) as market_count,
        2 as markets,
        availability.has_report,
        availability.has_grades,
        availability.has_roster,
        availability.has_starters,
        games.venue is not null as has_venue,
        games.results_before
    from games
    left join lines on games.game_id = lines.game_id
    left join availability on games.game_id = availability.game_id and games.team_abbr = availability.team_abbr
    left join reports on games.game_id = reports.game_id and games.team_abbr = reports.team_abbr
    left join completeness on games.game_date = completeness.game_date and games.team_abbr = completeness.entity
    left join failures on games.game_date = failures.analysis_date and games.team_abbr = failures.entity_id
)

select * from final
