{#-
  The one rule of attempts: what fails again counts once a run, and not while its circuit breaker is open; with other inputs
  it counts from 1 again. Conditions, none of which may be null: `is_same`, it was open before with the inputs of now;
  `is_held`, its breaker is open; `is_counted`, this run has counted it. Read by Python, too
  (orchestration/state/attempts.py); a test holds BuildFailure.again to it.
-#}
{% macro is_attempt(is_same, is_held, is_counted) -%}
    not (({{ is_same }}) and (({{ is_held }}) or ({{ is_counted }})))
{%- endmacro %}

{#- Attempts with this one, of how many there were. -#}
{% macro attempts_with(is_same, is_held, is_counted, attempts) -%}
    case
        when not ({{ is_same }}) then 1
        when {{ is_attempt(is_same, is_held, is_counted) }} then {{ attempts }} + 1
        else {{ attempts }}
    end
{%- endmacro %}
