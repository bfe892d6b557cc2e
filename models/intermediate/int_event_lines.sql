-- One row per game and player whom the play-by-play names: what he did by its events, and whether he was on court. Of a
-- play-by-play that reaches the final score alone.
--
-- Who shot, rebounded, lost the ball, assisted, stole, blocked, came in or fouled on court has played; a technical foul, an
-- ejection and being taken out of a game do not show it.
--
-- Events of 2021-23 have the counts of balldontlie in all 51,934 lines, but for 39 fouls: of a double personal foul they name
-- one of the two.
{{ config(materialized='ephemeral') }}

{%- set is_foul_on_court %}(
            event_type = 'foul'
            and event_subtype in (
                'personal', 'personal take', 'transition take', 'shooting', 'loose ball', 'offensive', 'offensive charge',
                'away from play', 'clear path', 'double personal', 'flagrant type 1', 'flagrant type 2'
            )
        )
{%- endset %}
{%- set of_first_player = {
    'fg_makes': "event_type = 'shot' and shot_made",
    'fg_attempts': "event_type = 'shot'",
    'three_pt_makes': "event_type = 'shot' and shot_made and shot_type = '3PT'",
    'three_pt_attempts': "event_type = 'shot' and shot_type = '3PT'",
    'ft_makes': "event_type = 'free throw' and points_scored > 0",
    'ft_attempts': "event_type = 'free throw'",
    'offensive_rebounds': "event_subtype = 'rebound offensive'",
    'defensive_rebounds': "event_subtype = 'rebound defensive'",
    'rebounds': "event_type = 'rebound'",
    'turnovers': "event_type = 'turnover'",
    'personal_fouls': is_foul_on_court,
} %}
{%- set of_second_player = {'assists': 'assist', 'steals': 'steal', 'blocks': 'block'} %}

with

-- Events of a play-by-play with another last score do not count.
events as (
    select * from {{ ref('int_play_by_play') }} as events
    where {{ in_window() }} and {{ counts_for_team('events') }}
),

deeds as (
    select
        game_id,
        feed,
        player_1_lookup as player_lookup,
        player_1_team_abbr as team_abbr,
        case when event_type in ('shot', 'free throw') then coalesce(points_scored, 0) else 0 end as points,
        {%- for count, condition in of_first_player.items() %}
        case when {{ condition }} then 1 else 0 end as {{ count }},
        {%- endfor %}
        {%- for count in of_second_player %}
        0 as {{ count }},
        {%- endfor %}
        event_type in ('shot', 'free throw', 'rebound', 'turnover', 'jump ball') or {{ is_foul_on_court }} as has_played
    from events
    where player_1_lookup is not null
    union all
    select
        game_id,
        feed,
        player_2_lookup,
        player_2_team_abbr,
        0,
        {%- for count in of_first_player %}
        0,
        {%- endfor %}
        {%- for role in of_second_player.values() %}
        case when player_2_role = '{{ role }}' then 1 else 0 end,
        {%- endfor %}
        player_2_role in ('assist', 'steal', 'block', 'substitution_in')
    from events
    where player_2_lookup is not null
),

final as (
    select
        game_id,
        player_lookup,
        max(team_abbr) as team_abbr,
        max(feed) as feed,
        {%- for count in box_score_counts() %}
        cast(sum({{ count }}) as int64) as {{ count }},
        {%- endfor %}
        {{ count_where('has_played') }} > 0 as has_played
    from deeds
    group by game_id, player_lookup
)

select * from final
