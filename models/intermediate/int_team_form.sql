-- One row per date and team of a scheduled game: pace, ratings and free throws allowed of its last ten
-- games of the season, as sums of whole numbers with the games that have them.
{{ config(**replace_window()) }}

with

targets as (
    select game_id, game_date, season_year, team_abbr, results_before
    from {{ ref('dim_team_games') }}
    where {{ in_window() }} and is_in_scope
),

results as (
    select game_id, season_year, team_abbr, results_up_to_now
    from {{ ref('dim_team_games') }}
    where is_result
),

offense as (
    select
        game_id,
        team_abbr,
        {{ in_parts('pace', 10) }} as pace_tenths,
        {{ in_parts('offensive_rating', 100) }} as offensive_rating_hundredths,
        processed_at,
        {{ hash_of_read('player_daily_cache', 'team_offense_game_summary', 'summary') }} as read_hash
    from {{ ref('team_offense_game_summary') }} as summary
    where {{ in_season_so_far() }}
),

defense as (
    select
        game_id,
        defending_team_abbr as team_abbr,
        {{ in_parts('defensive_rating', 100) }} as defensive_rating_hundredths,
        opp_ft_attempts,
        opp_fg_attempts
    from {{ ref('team_defense_game_summary') }}
    where {{ in_season_so_far() }}
),

final as (
    select
        targets.game_id,
        targets.game_date,
        targets.team_abbr,
        count(results.game_id) as results,
        count(offense.game_id) as offense_rows,
        cast(sum(offense.pace_tenths) as int64) as pace_tenths,
        count(offense.pace_tenths) as pace_games,
        cast(sum(offense.offensive_rating_hundredths) as int64) as offensive_rating_hundredths,
        count(offense.offensive_rating_hundredths) as offensive_rating_games,
        max(offense.processed_at) as offense_updated_at,
        {{ partition_fingerprint('offense.read_hash') }} as offense_fingerprint,
        cast(sum(defense.defensive_rating_hundredths) as int64) as defensive_rating_hundredths,
        count(defense.defensive_rating_hundredths) as defensive_rating_games,
        cast(sum(defense.opp_ft_attempts) as int64) as opp_ft_attempts,
        cast(sum(defense.opp_fg_attempts) as int64) as opp_fg_attempts
    from targets
    left join results
        on {{ is_among_last_results('results', 'targets', var('team_form_games')) }}
    left join offense on results.game_id = offense.game_id and results.team_abbr = offense.team_abbr
    left join defense on results.game_id = defense.game_id and results.team_abbr = defense.team_abbr
    group by targets.game_id, targets.game_date, targets.team_abbr
)

select * from final
