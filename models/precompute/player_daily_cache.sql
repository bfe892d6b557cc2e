-- One row per date and player who may play and has played five games this season: what of him does not
-- change during the day. The processor makes averages of the sums selected here.
--
-- The same-phase order puts it after player_composite_factors, which it does not read:
-- depends_on: {{ ref('player_composite_factors') }}
{{ config(cluster_by=['player_lookup', 'universal_player_id']) }}

with

{{ find_blocked_dates('player_daily_cache') }},

{{ unblocked_entities('player_daily_cache') }},

{{ completeness_of('player_daily_cache') }},

contexts as (
    select * from {{ ref('upcoming_player_game_context') }}
    where {{ in_window() }}
),

form as (
    select * from {{ ref('int_player_form') }}
    where {{ in_window() }}
),

team_form as (
    select * from {{ ref('int_team_form') }}
    where {{ in_window() }}
),

zones as (
    select * from {{ ref('player_shot_zone_analysis') }}
    where {{ in_window('analysis_date') }}
),

final as (
    select
        contexts.player_lookup,
        contexts.universal_player_id,
        contexts.game_date as cache_date,
        form.games_played as games_played_season,
        contexts.games_in_last_7_days,
        contexts.games_in_last_14_days,
        contexts.minutes_in_last_7_days,
        contexts.minutes_in_last_14_days,
        contexts.back_to_backs_last_14_days,
        contexts.avg_minutes_per_game_last_7,
        contexts.fourth_quarter_minutes_last_7,
        zones.primary_scoring_zone,
        zones.paint_rate_last_10,
        zones.three_pt_rate_last_10,
        zones.assisted_rate_last_10,
        contexts.player_age,
        form.boxes_updated_at as source_player_game_last_updated,
        form.games_played as source_player_game_rows_found,
        completeness.{{ main_window('player_daily_cache') }}_completeness_pct as source_player_game_completeness_pct,
        form.boxes_fingerprint as source_player_game_hash,
        team_form.offense_updated_at as source_team_offense_last_updated,
        team_form.offense_rows as source_team_offense_rows_found,
        team_form.offense_fingerprint as source_team_offense_hash,
        {{ upstream_row_columns('upcoming_context', 'contexts') }},
        {{ upstream_row_columns('shot_zone', 'zones') }},
        zones.player_lookup is not null as shot_zone_data_available,
        {{ is_history_ready() }} as is_production_ready,
        {{ precompute_run_columns('player_daily_cache') }},
        {%- for window in ['l5', 'l10', 'l7d', 'l14d'] %}
        completeness.{{ window }}_completeness_pct,
        completeness.{{ window }}_is_complete,
        {%- endfor %}
        completeness.all_windows_complete,
        'v1' as cache_version,
        -- inputs of the processor
        {%- for name in ['points_5', 'points_10', 'points_season', 'points_squared_10', 'seconds_10', 'usage_10',
                         'usage_season', 'ts_10'] %}
        form.{{ name }},
        form.{{ name }}_games,
        {%- endfor %}
        team_form.results as team_results,
        team_form.pace_tenths,
        team_form.pace_games,
        team_form.offensive_rating_hundredths,
        team_form.offensive_rating_games
    from entities
    inner join contexts on entities.game_date = contexts.game_date and entities.entity = contexts.player_lookup
    inner join completeness on entities.game_date = completeness.game_date and entities.entity = completeness.entity
    inner join form on entities.game_date = form.game_date and entities.entity = form.player_lookup
    left join team_form on contexts.game_id = team_form.game_id and contexts.team_abbr = team_form.team_abbr
    left join zones on contexts.game_date = zones.analysis_date and contexts.player_lookup = zones.player_lookup
)

select * from final
