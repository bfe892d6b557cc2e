{#-
  Why a whole play-by-play is not used, by its events alone: in the order in which they are asked, and what each is told by
  (columns of stg_bigdataball__play_by_play, before it drops them). Events of one period alone are out of order, too.

  In 2021-23 no event of 1,222,704 lowers a score or a period, or raises the clock within one; each of 2,631 games has
  every period from the first to the fourth or its last overtime. Shots for two come from 23 feet at most, for three from
  18 to 90, and a court is 94 long. A court zone has its distances (zone_distances) in all 439,000 shots.
-#}
{% macro play_by_play_problems() -%}
    {{ return({
        'last score is not the final score': 'last_score_home <> home_points or last_score_away <> away_points',
        'points of its events are not the final score': 'scored_home <> home_points or scored_away <> away_points',
        'it lacks a period': 'first_period <> 1 or last_period < 4 or skipped_periods > 0',
        'its events are out of order': 'events_out_of_order > 0',
        'its shots are from where none can be': 'impossible_shots > 0',
        'its court zones are not those of its distances': 'shots_of_another_zone > 0',
    }) }}
{%- endmacro %}

{#- Whether a shot is from where its kind cannot be; false without a distance. -#}
{% macro is_impossible_shot(shot_type, distance) -%}
    coalesce(
            {{ distance }} > 94
            or ({{ shot_type }} = '2PT' and {{ distance }} > 30)
            or ({{ shot_type }} = '3PT' and {{ distance }} < 15), false
        )
{%- endmacro %}

{#-
  Feet from the basket at which a shot can be of each court zone: those of 2021-23 (0 to 3, 4 to 15, 8 to 23, 22 to 26, 23
  up, 42 up), and three more for another way of measuring.
-#}
{% macro zone_distances() -%}
    {{ return({
        'Restricted Area': [0, 6],
        'In The Paint (Non-RA)': [1, 18],
        'Mid-Range': [5, 26],
        'Left Corner 3': [19, 29],
        'Right Corner 3': [19, 29],
        'Above the Break 3': [20, 94],
        'Backcourt': [39, 94],
    }) }}
{%- endmacro %}

{#- Whether a shot is too near or too far for its court zone; false without either. -#}
{% macro is_of_another_zone(zone, distance) -%}
    coalesce(
            case {{ zone }}
                {%- for name, (nearest, farthest) in zone_distances().items() %}
                when '{{ name }}' then {{ distance }} < {{ nearest }} or {{ distance }} > {{ farthest }}
                {%- endfor %}
            end, false
        )
{%- endmacro %}

{#- Feeds of play-by-play. Of a game that the first of them has the others are not asked. -#}
{% macro play_by_play_feeds() -%}
    {{ return(['bigdataball_play_by_play', 'nbac_play_by_play']) }}
{%- endmacro %}

{% macro is_play_by_play(feed) -%}
    {{ feed }} in ('{{ play_by_play_feeds() | join("', '") }}')
{%- endmacro %}

{#-
  CTEs of the events of a feed, each of which has its game (`canonical_game_id`, `home_points`, `away_points`): `games`, what
  is judged of a game, and `problems`, the first of play_by_play_problems() that it has, null where it has none.
-#}
{% macro judged_play_by_play(events) -%}
-- What is judged of a game is a row of a game: windows over all columns of each event would cost more than the rest.
judged_events as (
    select
        canonical_game_id,
        period,
        score_home,
        score_away,
        home_points,
        away_points,
        case when player_1_team_abbr = home_team then points_scored end as scored_home,
        case when player_1_team_abbr = away_team then points_scored end as scored_away,
        coalesce(
            period < max(period) over before_it
            or score_home < max(score_home) over before_it
            or score_away < max(score_away) over before_it
            or (period = lag(period) over in_order and game_clock_seconds > lag(game_clock_seconds) over in_order), false
        ) as is_out_of_order,
        coalesce(period > 1 + max(period) over before_it, false) as skips_a_period,
        event_type = 'shot' and {{ is_impossible_shot('shot_type', 'shot_distance') }} as is_impossible_shot,
        event_type = 'shot' and {{ is_of_another_zone('shot_zone_basic', 'shot_distance') }} as is_of_another_zone
    from {{ events }}
    where canonical_game_id is not null
    window
        in_order as (partition by canonical_game_id order by event_sequence, event_number),
        before_it as (
            partition by canonical_game_id order by event_sequence, event_number
            rows between unbounded preceding and 1 preceding
        )
),

-- Events that score, by side: what is lost or wrong between the first score and the last shows here.
games as (
    select
        canonical_game_id,
        max(home_points) as home_points,
        max(away_points) as away_points,
        max(score_home) as last_score_home,
        max(score_away) as last_score_away,
        coalesce(sum(scored_home), 0) as scored_home,
        coalesce(sum(scored_away), 0) as scored_away,
        min(coalesce(period, 0)) as first_period,
        max(coalesce(period, 0)) as last_period,
        {{ count_where('is_out_of_order') }} as events_out_of_order,
        {{ count_where('skips_a_period') }} as skipped_periods,
        {{ count_where('is_impossible_shot') }} as impossible_shots,
        {{ count_where('is_of_another_zone') }} as shots_of_another_zone
    from judged_events
    group by canonical_game_id
),

problems as (
    select
        canonical_game_id,
        case
            {%- for reason, condition in play_by_play_problems().items() %}
            when {{ condition }} then '{{ reason }}'
            {%- endfor %}
        end as problem
    from games
)
{%- endmacro %}
