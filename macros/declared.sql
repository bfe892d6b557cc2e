{#-
  What the contracts declare of the rows of their tables (python_processors/contract/rows.py): per hashed table,
  each after those that it reads, `of`, `entity_type`, `is_played`, `after_bootstrap`, `min_games`, `too_few_games`,
  `history`, `history_of_teams`, `main_window`, `waits_for` and `windows`.

  Models need it to ref() tables while dbt parses, when there is no graph yet. So the plugin dbt_fullcourt.py reads
  the contracts at each start of dbt and hands them over as an environment variable, which dbt watches: where a
  contract changes, what reads this is parsed anew.
-#}
{% macro declared_rows() -%}
    {%- set text = env_var('DBT_FULLCOURT_ROWS', '') -%}
    {%- if not text -%}
        {{ exceptions.raise_compiler_error(
            "dbt started without the plugin dbt_fullcourt, which reads the tables' contracts. Run the dbt of this "
            ~ "project's environment (make setup), or put the project's folder on PYTHONPATH."
        ) }}
    {%- endif -%}
    {{ return(fromjson(text)) }}
{%- endmacro %}

{#- Names of the hashed tables whose rows are of one of these populations; with `after_bootstrap`, those that start later, or do not. -#}
{% macro tables_of(populations, after_bootstrap=none) -%}
    {%- set found = [] -%}
    {%- for name, declared in declared_rows().items() -%}
        {%- if declared.of in populations and after_bootstrap in (none, declared.after_bootstrap) -%}
            {%- do found.append(name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- Names of the hashed tables that have no rows in a season's first days, or of those that have. -#}
{% macro tables_after_bootstrap(starts_later=true) -%}
    {%- set found = [] -%}
    {%- for name, declared in declared_rows().items() if declared.after_bootstrap == starts_later -%}
        {%- do found.append(name) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- Names of the hashed tables that look back on a history. -#}
{% macro tables_with_history() -%}
    {%- set found = [] -%}
    {%- for name, declared in declared_rows().items() if declared.history -%}
        {%- do found.append(name) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- Length of a window of a table, by the name that its contract gives it. -#}
{% macro window_size(table_name, window_name) -%}
    {%- set windows = declared_rows()[table_name].windows -%}
    {%- if window_name not in windows -%}
        {{ exceptions.raise_compiler_error(
            "The contract of " ~ table_name ~ " names no window " ~ window_name ~ "; it has " ~ windows | join(', ') ~ "."
        ) }}
    {%- endif -%}
    {{ return(windows[window_name]) }}
{%- endmacro %}

{#- The window of nba_ops.completeness that a table's counts are of. -#}
{% macro main_window(table_name) -%}
    {{ return(declared_rows()[table_name].main_window) }}
{%- endmacro %}

{#- CTE body of one literal row per name: `table_name`. No row where there is no name. -#}
{% macro names_as_rows(names) -%}
    {%- for name in names %}
    select '{{ name }}' as table_name
    {{ 'union all' if not loop.last }}
    {%- else %}
    select cast(null as string) as table_name from (select 1 as nothing) as nobody where 1 = 0
    {%- endfor %}
{%- endmacro %}
