{#- Rows of a hashed table in the window, as a relation: what the tests of a run look at. -#}
{% macro window_rows(model) -%}
    (select * from {{ model }} where {{ in_window(node_of(model).config.meta.partition_by) }}) as window_rows
{%- endmacro %}

{#- Columns that name a row to a person: partition and key. -#}
{% macro key_columns(node) -%}
    {{ return(([node.config.meta.partition_by] + node.config.meta.key) | unique | list) }}
{%- endmacro %}

{#- Whether an array of strings holds a value. -#}
{% macro array_holds(array, value) -%}
    {{ return(adapter.dispatch('array_holds')(array, value)) }}
{%- endmacro %}

{% macro default__array_holds(array, value) -%}
    '{{ value }}' in unnest({{ array }})
{%- endmacro %}

{% macro duckdb__array_holds(array, value) -%}
    list_contains({{ array }}, '{{ value }}')
{%- endmacro %}

{#- Whether a text matches a pattern somewhere. -#}
{% macro matches(value, pattern) -%}
    {{ return(adapter.dispatch('matches')(value, pattern)) }}
{%- endmacro %}

{% macro default__matches(value, pattern) -%}
    regexp_contains({{ value }}, r'{{ pattern }}')
{%- endmacro %}

{% macro duckdb__matches(value, pattern) -%}
    regexp_matches({{ value }}, '{{ pattern }}')
{%- endmacro %}
