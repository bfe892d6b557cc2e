{#- Whether a player is a regular starter: he started more than half of his team's games of the time. -#}
{% macro is_regular_starter(games_started, games_with_starters) -%}
    2 * {{ games_started }} > {{ games_with_starters }}
{%- endmacro %}
