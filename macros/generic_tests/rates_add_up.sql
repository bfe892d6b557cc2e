{#-
  Finds each row whose rates do not add up to 100 percent, but for their rounding: each has two decimals, so each may be
  half a hundredth off. Unknown rates pass.
-#}
{% macro check_rates_add_up(model, node, rates) -%}
    {%- set sum_of_rates = rates | join(' + ') -%}
    {{ return([{
        'subject': sum_of_rates,
        'is_wrong': 'abs(' ~ sum_of_rates ~ ' - 100) > ' ~ (rates | length) ~ ' * 0.005',
        'told': {'sum_of_rates': sum_of_rates},
    }]) }}
{%- endmacro %}
