{#- The counts of a box score, by their staging names: what every feed of players or teams has. -#}
{% macro box_score_counts() -%}
    {{ return([
        'points', 'fg_makes', 'fg_attempts', 'three_pt_makes', 'three_pt_attempts', 'ft_makes', 'ft_attempts',
        'offensive_rebounds', 'defensive_rebounds', 'rebounds', 'assists', 'steals', 'blocks', 'turnovers',
        'personal_fouls'
    ]) }}
{%- endmacro %}

{#-
  Why a row of box-score counts is impossible, null when it is possible. The columns carry the
  staging names, so that every feed is held to the same rules.
-#}
{% macro box_score_problem() -%}
    case
        when {% for count in box_score_counts() %}{{ count }} < 0{{ ' or ' if not loop.last }}{% endfor %}
            then 'negative count'
        when fg_makes > fg_attempts or three_pt_makes > three_pt_attempts or ft_makes > ft_attempts
            then 'more makes than attempts'
        when three_pt_makes > fg_makes or three_pt_attempts > fg_attempts
            then 'more three-pointers than field goals'
        when 2 * fg_makes + three_pt_makes + ft_makes <> points
            then 'points do not add up'
    end
{%- endmacro %}

{#- Playing time in seconds of 'MM:SS' ('33:60' is 34 minutes) or 'MM'; null when it is neither. -#}
{% macro minutes_text_to_seconds(minutes) -%}
    60 * {{ try_to('INT64', part_of(minutes, ':', 1)) }}
    + case when strpos({{ minutes }}, ':') > 0 then {{ try_to('INT64', part_of(minutes, ':', 2)) }} else 0 end
{%- endmacro %}

{#-
  Whether a row of player_game_summary is a game he took part in. Box scores list some who were called
  active and never entered; they would pull averages down. Unknown minutes count as playing.
-#}
{% macro took_part(box) -%}
    (coalesce({{ box }}.minutes_played > 0, true) or {{ box }}.fg_attempts > 0 or {{ box }}.points > 0)
{%- endmacro %}
