{#- Datasets carry the platform's names as they are; FULLCOURT_DATASET_PREFIX sets a scratch copy apart. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ return(checked_name(
        'dataset', env_var('FULLCOURT_DATASET_PREFIX', '') ~ (custom_schema_name or target.schema), '[A-Za-z_][A-Za-z0-9_]*'
    )) }}
{%- endmacro %}

{#- The target's project, or the name of DuckDB's file. -#}
{% macro generate_database_name(custom_database_name=none, node=none) -%}
    {{ return(checked_name('project', custom_database_name or target.database, '[A-Za-z0-9_][A-Za-z0-9_:.-]*')) }}
{%- endmacro %}

{#-
  A name that goes into SQL between quotes: refused, not escaped, when it is none. Quotes, backticks
  and semicolons have no place in a project or dataset.
-#}
{% macro checked_name(kind, name, pattern) -%}
    {%- if not modules.re.fullmatch(pattern, name) -%}
        {{ exceptions.raise_compiler_error(
            "The " ~ kind ~ " '" ~ name ~ "' is no valid name. Check FULLCOURT_BIGQUERY_PROJECT,"
            ~ " FULLCOURT_DATASET_PREFIX and FULLCOURT_DUCKDB: letters, digits and underscores are allowed."
        ) }}
    {%- endif -%}
    {{ return(name) }}
{%- endmacro %}
