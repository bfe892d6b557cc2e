{#-
  on-run-start: an environment (FULLCOURT_ENV) is there, and whole. A name that is mistyped would build all of it anew,
  beside what was meant.
-#}
{% macro check_environment() -%}
    {%- set name = env_var('FULLCOURT_ENV', '') -%}
    {%- if name and is_building() -%}
        {%- set relation = load_relation(source('nba_ops', 'environment')) -%}
        {%- set made = run_query("select 1 as made from " ~ relation ~ " where made_at > timestamp '1900-01-01' limit 1") if relation else none -%}
        {%- if not made or made.rows | length == 0 -%}
            {{ exceptions.raise_compiler_error(
                "There is no environment `" ~ name ~ "`, or it was never finished. `fullcourt env create " ~ name
                ~ "` makes it, `fullcourt env list` says which there are. Nothing was changed."
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
