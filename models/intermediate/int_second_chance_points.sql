-- One row per game and team with play-by-play: points scored after an offensive rebound within the
-- same possession.
--
-- A possession lasts while the same team shoots, rebounds its own miss, takes free throws or turns
-- the ball over, and ends with the period. Technical free throws belong to no possession. A team
-- rebound keeps the possession only after a missed shot or a missed last free throw: after an
-- earlier one of a trip, or after a technical one, it is bookkeeping.
--
-- The feed has 500 to 600 tip-ins and putbacks a season before the offensive rebound that led to them
-- (2021-23). At one clock such a rebound belongs before the made shot of its team that directly
-- precedes it.
{{ config(**replace_window()) }}

with

events as (
    select
        *,
        row_number() over (partition by game_id, period order by event_sequence, event_number) as place_in_file
    from {{ ref('int_events') }}
    where
        event_type in ('shot', 'free throw', 'turnover', 'rebound')
        and coalesce(event_subtype, '') not like '%technical%'
        and player_1_team_abbr is not null
),

-- Places are doubled, so that a moved rebound has one between the shot and what precedes the shot.
in_order as (
    select
        *,
        case
            when
                event_subtype = 'rebound offensive'
                and lag(event_type) over in_file = 'shot'
                and lag(shot_made) over in_file
                and lag(player_1_team_abbr) over in_file = player_1_team_abbr
                and lag(game_clock_seconds) over in_file = game_clock_seconds
                then 2 * place_in_file - 3
            else 2 * place_in_file
        end as place
    from events
    window in_file as (partition by game_id, period order by place_in_file)
),

with_context as (
    select
        *,
        lag(player_1_team_abbr) over in_period as previous_team,
        lag(event_type) over in_period as previous_type,
        lag(event_subtype) over in_period as previous_subtype,
        lag(coalesce(points_scored, 0)) over in_period as previous_points
    from in_order
    window in_period as (partition by game_id, period order by place)
),

possessions as (
    select
        *,
        sum(case when previous_team = player_1_team_abbr then 0 else 1 end) over (
            partition by game_id, period order by place
            rows between unbounded preceding and current row
        ) as possession_number,
        event_type = 'rebound' and previous_team = player_1_team_abbr and (
            event_subtype = 'rebound offensive'
            or previous_points = 0 and (
                previous_type = 'shot'
                or previous_subtype in ('free throw 1/1', 'free throw 2/2', 'free throw 3/3')
            )
        ) as is_offensive_rebound
    from with_context
),

with_rebounds as (
    select
        *,
        sum(case when is_offensive_rebound then 1 else 0 end) over (
            partition by game_id, period, possession_number order by place
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
