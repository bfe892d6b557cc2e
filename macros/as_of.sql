{#- What a row of a date may know of, and how it counts back: each rule once (docs/decisions/0005). -#}

{#- Whether something was published in time: before the tip-off of `games`. -#}
{% macro was_before_tipoff(published_at, games='games') -%}
    {{ published_at }} < {{ games }}.tipoff_at
{%- endmacro %}

{#- What is wrong with the time of a line, null where nothing is: one that is not of before tip-off is no forecast. -#}
{% macro snapshot_problem(snapshot_at, tipoff_at) -%}
    case
        when {{ snapshot_at }} is null then 'no time of the line'
        when {{ snapshot_at }} >= {{ tipoff_at }} then 'not of before tip-off'
    end
{%- endmacro %}

{#- Full days off between two games: 0 on a back-to-back. -#}
{% macro full_days_off(earlier_date, later_date) -%}
    {{ days_between(earlier_date, later_date) }} - 1
{%- endmacro %}

{#- Whether a result is among the team's last `count` before the game; both are rows of dim_team_games. -#}
{% macro is_among_last_results(results, games, count) -%}
    {{ games }}.team_abbr = {{ results }}.team_abbr
            and {{ games }}.season_year = {{ results }}.season_year
            and {{ results }}.results_up_to_now between {{ games }}.results_before - {{ count - 1 }} and {{ games }}.results_before
{%- endmacro %}
