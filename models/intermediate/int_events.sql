-- One row per event of a play-by-play that is used: of a final game, with its final score, and with totals and lines that
-- nothing contradicts, or a third feed has, too (int_total_evidence). What is made of events is made of these.
{{ config(materialized='ephemeral') }}

with

contradicted as (
    select distinct game_id from {{ ref('int_total_evidence') }}
    where {{ in_window() }} and {{ is_play_by_play('feed') }} and coalesce(right_one, '?') <> 'totals'
),

final as (
    select events.*
    from {{ ref('int_play_by_play') }} as events
    left join contradicted on events.game_id = contradicted.game_id
    where {{ in_window('events.game_date') }} and {{ usable_for_teams('events') }} and contradicted.game_id is null
)

select * from final
