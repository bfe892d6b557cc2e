{#- Datasets carry the platform's names as they are; FULLCOURT_DATASET_PREFIX sets a scratch copy apart. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ return(env_var('FULLCOURT_DATASET_PREFIX', '') ~ (custom_schema_name or target.schema)) }}
{%- endmacro %}
