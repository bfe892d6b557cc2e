-- One row per date and player who may play: the four factors by which tonight differs from his average.
-- The processor scores them; here their inputs come together, each as the upstream table stores it.
{{ config(cluster_by=['player_lookup', 'universal_player_id', 'game_date']) }}

with

{{ find_blocked_dates('player_composite_factors') }},

{{ unblocked_entities('player_composite_factors') }},

{{ completeness_of('upcoming_player_game_context') }},

contexts as (
    select * from {{ ref('upcoming_player_game_context') }}
    where {{ in_window() }}
),

team_contexts as (
    select * from {{ ref('upcoming_team_game_context') }}
    where {{ in_window() }}
),

player_zones as (
    select * from {{ ref('player_shot_zone_analysis') }}
    where {{ in_window('analysis_date') }}
),

opponents as (
    select * from {{ ref('team_defense_zone_analysis') }}
    where {{ in_window('analysis_date') }}
),

final as (
    select
        contexts.player_lookup,
        contexts.universal_player_id,
        contexts.game_date,
        contexts.game_id,
        contexts.game_date as analysis_date,
        {{ upstream_row_columns('player_context', 'contexts') }},
        {{ upstream_row_columns('team_context', 'team_contexts') }},
        {{ upstream_row_columns('player_shot', 'player_zones') }},
        {{ upstream_row_columns('team_defense', 'opponents') }},
        coalesce(player_zones.is_production_ready, false) as upstream_player_shot_ready,
        coalesce(opponents.is_production_ready, false) as upstream_team_defense_ready,
        contexts.is_production_ready as upstream_player_context_ready,
        team_contexts.is_production_ready as upstream_team_context_ready,
        {{ precompute_run_columns('upcoming_player_game_context') }},
        -- inputs of the processor
        contexts.days_rest,
        contexts.back_to_back,
        contexts.games_in_last_7_days,
        contexts.minutes_in_last_7_days,
        {{ in_parts('contexts.avg_minutes_per_game_last_7', 10) }} as avg_minutes_tenths,
        contexts.back_to_backs_last_14_days,
        contexts.player_age,
        {{ in_parts('contexts.pace_differential', 10) }} as pace_differential_tenths,
        {{ in_parts('contexts.projected_usage_rate', 100) }} as projected_usage_hundredths,
        {{ in_parts('contexts.avg_usage_rate_last_7_games', 100) }} as recent_usage_hundredths,
        contexts.star_teammates_out,
        contexts.opponent_team_abbr,
        {%- for zone in ['paint', 'mid_range', 'three_pt'] %}
        {{ in_parts('player_zones.' ~ zone ~ '_rate_last_10', 100) }} as {{ zone }}_rate_hundredths,
        {{ in_parts('opponents.' ~ zone ~ '_defense_vs_league_avg', 100) }} as {{ zone }}_defense_hundredths,
        {%- endfor %}
        player_zones.player_lookup is not null as has_player_zones,
        player_zones.primary_scoring_zone,
        opponents.team_abbr is not null as has_opponent_zones
    from entities
    inner join contexts on entities.game_date = contexts.game_date and entities.entity = contexts.player_lookup
    inner join completeness on entities.game_date = completeness.game_date and entities.entity = completeness.entity
    inner join team_contexts on contexts.game_id = team_contexts.game_id and contexts.team_abbr = team_contexts.team_abbr
    left join player_zones
        on contexts.game_date = player_zones.analysis_date and contexts.player_lookup = player_zones.player_lookup
    left join opponents
        on contexts.game_date = opponents.analysis_date and contexts.opponent_team_abbr = opponents.team_abbr
)

select * from final
