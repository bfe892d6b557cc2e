{#-
  Datasets carry the platform's names as they are. What an environment (FULLCOURT_ENV) builds has its name before them;
  FULLCOURT_DATASET_PREFIX sets a scratch copy apart, raw tables and all. placed() in python_processors/engines/base.py
  and the schemas of sources are the same rule.
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set environment = env_var('FULLCOURT_ENV', '') -%}
    {%- set name = env_var('FULLCOURT_DATASET_PREFIX', '') ~ (environment ~ '__' if environment) ~ (custom_schema_name or target.schema) -%}
    {%- do refuse_names_that_clash(target.database, [name]) -%}
    {{ return(checked_name('dataset', name, '[A-Za-z_][A-Za-z0-9_]*')) }}
{%- endmacro %}

{#- The target's project, or the name of DuckDB's file. -#}
{% macro generate_database_name(custom_database_name=none, node=none) -%}
    {%- set prefix = env_var('FULLCOURT_DATASET_PREFIX', '') -%}
    {%- do refuse_names_that_clash(target.database, ['main', 'temp', 'system', prefix ~ 'nba_raw', prefix ~ 'nba_reference']) -%}
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
            ~ " FULLCOURT_ENV, FULLCOURT_DATASET_PREFIX and FULLCOURT_DUCKDB: letters, digits and underscores are allowed."
        ) }}
    {%- endif -%}
    {{ return(name) }}
{%- endmacro %}

{#-
  DuckDB calls the database as its file is called. Of a dataset of the same name it cannot tell it apart, and files
  called after its own schemas it renames by itself, to main_db (1.5), where dbt does not find them.
-#}
{% macro refuse_names_that_clash(database, others) -%}
    {%- if target.type == 'duckdb' and database | lower in others | map('lower') | list -%}
        {{ exceptions.raise_compiler_error(
            "The warehouse's file cannot be called '" ~ database ~ "': DuckDB has, or fullcourt makes, a schema of that"
            ~ " name in it. Rename the file, and give its new name in FULLCOURT_DUCKDB. Nothing was changed."
        ) }}
    {%- endif -%}
{%- endmacro %}
