-- One row per game and team with play-by-play: points scored after an offensive rebound within the
-- same possession.
--
-- A possession lasts while the same team shoots, rebounds its own miss, takes free throws or turns
-- the ball over, and ends with the period. Technical free throws belong to no possession. A team
-- rebound keeps the possession only after a missed shot or a missed last free throw: after an
-- earlier one of a trip it is bookkeeping.
{{ config(**replace_window()) }}

with

events as (
    select * from {{ ref('stg_bigdataball__play_by_play') }} as events
    where
        {{ in_window() }}
        and {{ usable_for_teams('events') }}
        and event_type in ('shot', 'free throw', 'turnover', 'rebound')
        and coalesce(event_subtype, '') not like '%technical%'
        and player_1_team_abbr is not null
),

with_context as (
    select
        *,
        lag(player_1_team_abbr) over (partition by game_id, period order by event_sequence, event_number) as previous_team,
        lag(event_type) over (partition by game_id, period order by event_sequence, event_number) as previous_type,
        lag(event_subtype) over (partition by game_id, period order by event_sequence, event_number) as previous_subtype
    from events
),

possessions as (
    select
        *,
        sum(case when previous_team = player_1_team_abbr then 0 else 1 end) over (
            partition by game_id, period order by event_sequence, event_number
            rows between unbounded preceding and current row
        ) as possession_number,
        event_type = 'rebound' and previous_team = player_1_team_abbr and (
            event_subtype = 'rebound offensive'
            or previous_type = 'shot'
            or previous_subtype in ('free throw 1/1', 'free throw 2/2', 'free throw 3/3')
        ) as is_offensive_rebound
    from with_context
),

with_rebounds as (
    select
        *,
        sum(case when is_offensive_rebound then 1 else 0 end) over (
            partition by game_id, period, possession_number order by event_sequence, event_number
            rows between unbounded preceding and current row
        ) as offensive_rebounds_before
    from possessions
),

final as (
    select
        game_id,
        game_date,
        player_1_team_abbr as team_abbr,
        cast(sum(case when offensive_rebounds_before > 0 then coalesce(points_scored, 0) else 0 end) as int64)
            as second_chance_points
    from with_rebounds
    group by game_id, game_date, player_1_team_abbr
)

select * from final
