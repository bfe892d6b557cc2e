{#- Fails on each row whose points are not 2 per field goal, 1 more per three-pointer, 1 per free throw. -#}
{% test points_add_up(model, points, fg_makes, three_pt_makes, ft_makes) %}
{{ wrong_points(window_rows(model), key_columns(node_of(model)), points, fg_makes, three_pt_makes, ft_makes) if execute }}
{% endtest %}

{% macro wrong_points(rows, key, points, fg_makes, three_pt_makes, ft_makes) -%}
select
    {{ key | join(', ') }}, {{ points }} as points,
    2 * {{ fg_makes }} + {{ three_pt_makes }} + {{ ft_makes }} as points_of_makes
from {{ rows }}
where {{ points }} <> 2 * {{ fg_makes }} + {{ three_pt_makes }} + {{ ft_makes }}
{%- endmacro %}
