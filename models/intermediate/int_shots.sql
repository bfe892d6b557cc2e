-- One row per field-goal attempt of the play-by-play.
{{ config(**replace_window()) }}

with

shots as (
    select * from {{ ref('int_events') }}
    where event_type = 'shot'
),

final as (
    select
        shots.game_id,
        shots.game_date,
        shots.feed,
        shots.event_number,
        shots.event_sequence,
        shots.period,
        shots.game_clock_seconds,
        shots.player_1_lookup as shooter_lookup,
        shots.player_1_team_abbr as team_abbr,
        case shots.player_1_team_abbr when games.home_team_abbr then games.away_team_abbr else games.home_team_abbr end
            as defending_team_abbr,
        {{ shot_zone('shots.shot_type', 'shots.shot_zone_basic', 'shots.shot_distance') }} as zone,
        coalesce(shots.shot_made, false) as is_made,
        coalesce(shots.shot_made and shots.player_2_role = 'assist', false) as is_assisted,
        case when shots.player_2_role = 'block' then shots.player_2_lookup end as blocker_lookup,
        coalesce(shots.player_2_role = 'block', false) as is_blocked
    from shots
    inner join {{ ref('dim_games') }} as games on shots.game_id = games.game_id
    where games.is_in_scope
)

select * from final
