{#- What a line on a player's points is, and whose: rules of both feeds. -#}

{#- What is wrong with a line, null where nothing is. -#}
{% macro points_line_problem(line) -%}
    case
        when {{ nan_to_null(line) }} is null then 'no number'
        when {{ line }} <= 0 or {{ line }} > 100 then 'impossible line'
    end
{%- endmacro %}

{#- The team of a row of BettingPros: as validated, since the site shows the player's team of today. -#}
{% macro team_of_bettingpros(rows) -%}
    coalesce({{ rows }}.validated_team, {{ rows }}.player_team)
{%- endmacro %}

{#- Rows of BettingPros on something else than points. One without a market is on nobody knows what, so it stays. -#}
{% macro is_other_market(rows) -%}
    coalesce(lower({{ rows }}.market_type) <> 'points', false)
{%- endmacro %}

{#- Whether the number at `position` of `count` in order is the middle one, or one of the two in the middle. -#}
{% macro is_in_the_middle(position, count) -%}
    2 * {{ position }} between {{ count }} and {{ count }} + 2
{%- endmacro %}
