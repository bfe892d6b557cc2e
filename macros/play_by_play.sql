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
