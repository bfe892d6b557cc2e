{#- Why nobody was found for a row that names a player. `second`: it is the second player of an event. -#}
{% macro player_problem(is_ambiguous, second=false) -%}
    {%- set player = 'second player' if second else 'player' -%}
    case when {{ is_ambiguous }} then 'ambiguous {{ player }}' else 'unknown {{ player }}' end
{%- endmacro %}

{#-
  Rows whose only fault is that a player could not be identified, or his minutes not be read: they have no place in a
  player's table, but a team's total needs them (Luca Vildoza, playoffs of 2022, is in no registry).
-#}
{% macro usable_for_teams(relation) -%}
    (
        {{ relation }}.quarantine_reason is null
        or {{ relation }}.quarantine_reason in (
            'unknown player', 'unknown second player', 'ambiguous player', 'ambiguous second player',
            'unreadable minutes'
        )
    )
{%- endmacro %}

{#- The same before the game is final: whether a row counts in what a feed says of a team. -#}
{% macro counts_for_team(relation) -%}
    ({{ usable_for_teams(relation) }} or coalesce({{ relation }}.quarantine_reason = 'game is not final', false))
{%- endmacro %}
