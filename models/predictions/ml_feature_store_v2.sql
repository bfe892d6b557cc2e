-- One row per date and player who may play: the 33 features of version v2_33features, in their order, and
-- where each comes from. The processor puts the vector together; here are its ingredients, decimals as
-- whole numbers of their smallest part.
{{ config(cluster_by=['player_lookup', 'feature_version', 'game_date']) }}

{%- set cached = {
    'points_avg_last_5': 10, 'points_avg_last_10': 10, 'points_avg_season': 10, 'points_std_last_10': 100,
    'team_pace_last_10': 10, 'team_off_rating_last_10': 100
} %}

with

{{ find_blocked_dates('ml_feature_store_v2') }},

{{ unblocked_entities('ml_feature_store_v2') }},

{{ completeness_of('upcoming_player_game_context') }},

contexts as (
    select * from {{ ref('upcoming_player_game_context') }}
    where {{ in_window() }}
),

caches as (
    select * from {{ ref('player_daily_cache') }}
    where {{ in_window('cache_date') }}
),

composites as (
    select * from {{ ref('player_composite_factors') }}
    where {{ in_window() }}
),

zones as (
    select * from {{ ref('player_shot_zone_analysis') }}
    where {{ in_window('analysis_date') }}
),

opponents as (
    select * from {{ ref('team_defense_zone_analysis') }}
    where {{ in_window('analysis_date') }}
),

form as (
    select * from {{ ref('int_player_form') }}
    where {{ in_window() }}
),

rosters as (
    select * from {{ ref('int_upcoming_rosters') }}
    where {{ in_window() }}
),

team_availability as (
    select * from {{ ref('int_team_availability') }}
    where {{ in_window() }}
),

games as (
    select * from {{ ref('dim_team_games') }}
    where {{ in_window() }} and is_in_scope
),

final as (
    select
        contexts.player_lookup,
        contexts.universal_player_id,
        contexts.game_date,
        contexts.game_id,
        'v2_33features' as feature_version,
        cast(null as int64) as feature_generation_time_ms,
        contexts.opponent_team_abbr,
        contexts.home_game as is_home,
        contexts.days_rest,
        {{ upstream_row_columns('daily_cache', 'caches') }},
        {{ upstream_row_columns('composite', 'composites') }},
        {{ upstream_row_columns('shot_zones', 'zones') }},
        {{ upstream_row_columns('team_defense', 'opponents') }},
        {{ precompute_run_columns('upcoming_player_game_context') }},
        -- inputs of the processor
        contexts.is_production_ready as context_is_ready,
        coalesce(caches.is_production_ready, false) as cache_is_ready,
        coalesce(composites.is_production_ready, false) as composite_is_ready,
        {%- for name, parts in cached.items() %}
        {{ in_parts('caches.' ~ name, parts) }} as cached_{{ name }},
        {%- endfor %}
        caches.games_in_last_7_days as cached_games_in_last_7_days,
        composites.fatigue_score,
        {%- for name in ['shot_zone_mismatch_score', 'pace_score', 'usage_spike_score'] %}
        {{ in_parts('composites.' ~ name, 10) }} as {{ name }}_tenths,
        {%- endfor %}
        contexts.games_in_last_7_days,
        contexts.opponent_days_rest,
        contexts.player_status,
        team_availability.has_report,
        rosters.roster_source = 'nbac_gamebook' as has_roster,
        coalesce(rosters.roster_status = 'inactive', false) as is_inactive,
        contexts.back_to_back,
        contexts.season_phase = 'playoffs' as is_playoff_game,
        {%- for name in ['points_3', 'points_5', 'points_10', 'points_season', 'points_squared_10', 'seconds_10',
                         'seconds_season', 'ft_makes_10', 'points_per_minute_10'] %}
        form.{{ name }},
        form.{{ name }}_games,
        {%- endfor %}
        {{ in_parts('opponents.defensive_rating_last_15', 100) }} as opponent_defensive_rating_hundredths,
        {{ in_parts('opponents.opponent_pace', 10) }} as opponent_pace_tenths,
        {%- for zone in ['paint', 'mid_range', 'three_pt'] %}
        {{ in_parts('zones.' ~ zone ~ '_rate_last_10', 100) }} as {{ zone }}_rate_hundredths,
        {%- endfor %}
        games.wins_before,
        games.results_before,
        {{ in_parts('contexts.current_points_line', 10) }} as points_line_tenths,
        {{ in_parts('contexts.opening_points_line', 10) }} as opening_line_tenths,
        {{ in_parts('contexts.line_movement', 10) }} as line_movement_tenths,
        contexts.has_prop_line,
        against_opponent.points_vs_opponent,
        coalesce(against_opponent.games_vs_opponent, 0) as games_vs_opponent,
        dates_short_of_history.game_date is null as has_opponent_history
    from entities
    inner join contexts on entities.game_date = contexts.game_date and entities.entity = contexts.player_lookup
    inner join completeness on entities.game_date = completeness.game_date and entities.entity = completeness.entity
    inner join games on contexts.game_id = games.game_id and contexts.team_abbr = games.team_abbr
    inner join rosters on contexts.game_date = rosters.game_date and contexts.player_lookup = rosters.player_lookup
    left join caches on contexts.game_date = caches.cache_date and contexts.player_lookup = caches.player_lookup
    left join composites on contexts.game_date = composites.game_date and contexts.player_lookup = composites.player_lookup
    left join zones on contexts.game_date = zones.analysis_date and contexts.player_lookup = zones.player_lookup
    left join opponents
        on contexts.game_date = opponents.analysis_date and contexts.opponent_team_abbr = opponents.team_abbr
    left join form on contexts.game_date = form.game_date and contexts.player_lookup = form.player_lookup
    left join team_availability
        on contexts.game_id = team_availability.game_id and contexts.team_abbr = team_availability.team_abbr
    left join {{ ref('int_opponent_history') }} as against_opponent
        on contexts.game_date = against_opponent.game_date and contexts.player_lookup = against_opponent.player_lookup
    left join {{ ref('int_opponent_history_gaps') }} as dates_short_of_history
        on
            contexts.game_date = dates_short_of_history.game_date
            and contexts.opponent_team_abbr = dates_short_of_history.opponent_team_abbr
)

select * from final
