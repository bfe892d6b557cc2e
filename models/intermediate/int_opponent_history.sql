-- One row per date and player who may play and has played against tonight's opponent: his games against it in the days
-- before that the feature store looks back, earlier seasons included.
{{ config(materialized='ephemeral') }}

{%- set opponent_history_days = window_size('ml_feature_store_v2', 'opponent_history_days') %}

with

contexts as (
    select * from {{ ref('upcoming_player_game_context') }}
    where {{ in_window() }}
),

boxes as (
    select player_lookup, game_date, opponent_team_abbr, points
    from {{ ref('player_game_summary') }} as boxes
    where {{ in_window(days_before=opponent_history_days) }} and {{ took_part('boxes') }}
),

final as (
    select
        contexts.game_date,
        contexts.player_lookup,
        cast(sum(boxes.points) as int64) as points_vs_opponent,
        count(*) as games_vs_opponent
    from contexts
    inner join boxes
        on
            contexts.player_lookup = boxes.player_lookup
            and contexts.opponent_team_abbr = boxes.opponent_team_abbr
            and boxes.game_date between {{ days_before('contexts.game_date', opponent_history_days) }}
            and {{ days_before('contexts.game_date', 1) }}
    group by contexts.game_date, contexts.player_lookup
)

select * from final
