-- One row per game and player who shot, blocked or made an and-one in the play-by-play.
--
-- An and-one is a single free throw taken right after one's own made shot: same game clock, same
-- period. The feed's `1/1` alone also marks fouls away from the play (505 of 13,530 in 2021-23).
--
-- nba.com's own play-by-play may have no feet of layups and dunks: counts of zones of whoever took or blocked one of these would
-- be those of everything but the rim, so they are null. BigDataBall lacks a distance here and there: its counts stand.
{{ config(**replace_window()) }}

with

shots as (
    select * from {{ ref('int_shots') }}
    where {{ in_window() }}
),

single_free_throws as (
    select * from {{ ref('int_events') }}
    where
        quarantine_reason is null
        and event_type = 'free throw'
        and event_subtype in ('free throw 1/1', 'free throw flagrant 1/1')
),

and_ones as (
    select distinct
        free_throws.game_id, free_throws.game_date, free_throws.player_1_lookup as player_lookup,
        free_throws.event_number
    from single_free_throws as free_throws
    inner join shots
        on
            free_throws.game_id = shots.game_id
            and free_throws.player_1_lookup = shots.shooter_lookup
            and free_throws.period = shots.period
            and free_throws.game_clock_seconds = shots.game_clock_seconds
            and shots.is_made
),

deeds as (
    select
        game_id, game_date, shooter_lookup as player_lookup, zone, is_made, is_assisted, 'shot' as deed,
        {{ has_no_zone() }} as has_no_zone
    from shots
    union all
    select game_id, game_date, blocker_lookup, zone, false, false, 'block', {{ has_no_zone() }} from shots
    where blocker_lookup is not null
    union all
    select game_id, game_date, player_lookup, null, true, false, 'and_one', false from and_ones
),

final as (
    select
        game_id,
        game_date,
        player_lookup,
        {{ count_where("deed = 'shot'") }} as fg_attempts,
        {%- for zone in ['paint', 'mid_range', 'three_pt'] %}
        {{ count_of_zone(zone, "deed = 'shot'") }} as {{ zone }}_attempts,
        {{ count_of_zone(zone, "deed = 'shot'", 'is_made') }} as {{ zone }}_makes,
        {{ count_of_zone(zone, "deed = 'block'") }} as {{ zone }}_blocks,
        {%- endfor %}
        {{ count_where("deed = 'shot' and zone is null") }} as unknown_zone_attempts,
        {{ count_where("deed = 'shot' and is_made and is_assisted") }} as assisted_fg_makes,
        {{ count_where("deed = 'shot' and is_made and not is_assisted") }} as unassisted_fg_makes,
        {{ count_where("deed = 'and_one'") }} as and1_count
    from deeds
    where player_lookup is not null
    group by game_id, game_date, player_lookup
)

select * from final
