{#- Finds each row with a column outside its range, both ends included. `ranges`: column to [least, most], numbers or names of the table's windows. -#}
{% macro check_within_ranges(model, node, ranges) -%}
    {%- set found = [] -%}
    {%- for column, range in ranges.items() if execute -%}
        {%- set ends = [] -%}
        {%- for end in range %}{% do ends.append(window_size(node.name, end) if end is string else end) %}{% endfor -%}
        {%- do found.append({
            'subject': column,
            'is_wrong': column ~ ' not between ' ~ ends[0] ~ ' and ' ~ ends[1],
            'told': columns_by_name([column]),
        }) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
