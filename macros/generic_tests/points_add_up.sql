{#- Finds each row whose points are not 2 per field goal, 1 more per three-pointer, 1 per free throw. -#}
{% macro check_points_add_up(model, node, points, fg_makes, three_pt_makes, ft_makes) -%}
    {%- set points_of_makes = '2 * ' ~ fg_makes ~ ' + ' ~ three_pt_makes ~ ' + ' ~ ft_makes -%}
    {{ return([{
        'is_wrong': points ~ ' <> ' ~ points_of_makes,
        'told': {points: points, 'points_of_makes': points_of_makes},
    }]) }}
{%- endmacro %}
