-- One row per game and player whom the play-by-play names: what he did by its events, and whether he was on court. Of a
-- play-by-play that reaches the final score alone.
--
-- Who shot, rebounded, lost the ball, assisted, stole, blocked, came in or fouled on court has played; a technical foul, an
-- ejection and being taken out of a game do not show it.
{{ config(materialized='ephemeral') }}

with

-- Events of a play-by-play with another last score do not count.
events as (
    select * from {{ ref('stg_bigdataball__play_by_play') }} as events
    where {{ in_window() }} and {{ counts_for_team('events') }}
),

deeds as (
    select
        game_id,
        player_1_lookup as player_lookup,
        player_1_team_abbr as team_abbr,
        case when event_type in ('shot', 'free throw') then coalesce(points_scored, 0) else 0 end as points,
        case when event_type = 'rebound' then 1 else 0 end as rebounds,
        0 as assists,
        0 as steals,
        0 as blocks,
        case when event_type = 'turnover' then 1 else 0 end as turnovers,
        case when event_type = 'shot' then 1 else 0 end as fg_attempts,
        event_type in ('shot', 'free throw', 'rebound', 'turnover', 'jump ball')
        or (
            event_type = 'foul'
            and event_subtype in (
                'personal', 'personal take', 'transition take', 'shooting', 'loose ball', 'offensive', 'offensive charge',
                'away from play', 'clear path', 'double personal', 'flagrant type 1', 'flagrant type 2'
            )
        ) as has_played
    from events
    where player_1_lookup is not null
    union all
    select
        game_id,
        player_2_lookup,
        player_2_team_abbr,
        0,
        0,
        case when player_2_role = 'assist' then 1 else 0 end,
        case when player_2_role = 'steal' then 1 else 0 end,
        case when player_2_role = 'block' then 1 else 0 end,
        0,
        0,
        player_2_role in ('assist', 'steal', 'block', 'substitution_in')
    from events
    where player_2_lookup is not null
),

final as (
    select
        game_id,
        player_lookup,
        max(team_abbr) as team_abbr,
        {%- for count in line_counts() %}
        cast(sum({{ count }}) as int64) as {{ count }},
        {%- endfor %}
        {{ count_where('has_played') }} > 0 as has_played
    from deeds
    group by game_id, player_lookup
)

select * from final
