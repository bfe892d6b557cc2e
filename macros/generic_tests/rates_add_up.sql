{#- Fails on each row whose rates do not add up to 100 percent, but for their rounding. Unknown rates pass. -#}
{% test rates_add_up(model, rates) %}
{{ wrong_rates(window_rows(model), key_columns(node_of(model)), rates) if execute }}
{% endtest %}

{#- Each rate has two decimals, so each may be half a hundredth off. -#}
{% macro wrong_rates(rows, key, rates) -%}
select {{ key | join(', ') }}, {{ rates | join(' + ') }} as sum_of_rates
from {{ rows }}
where abs({{ rates | join(' + ') }} - 100) > {{ rates | length }} * 0.005
{%- endmacro %}
