{#-
  The project's models and seeds as logic_sources() in python_processors/logic_version.py reads them: it
  follows a hashed table to the next hashed tables or sources, and so finds the SQL that decides its rows.
-#}
{% macro logic_graph() -%}
    {%- set found = {} -%}
    {%- for id, node in graph.nodes.items() if node.resource_type in ('model', 'seed') -%}
        {%- do found.update({id: {
            'code': node.get('raw_code', ''),
            'parents': node.depends_on.get('nodes', []),
            'is_hashed': node.config.materialized == 'processor',
        }}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#-
  Vars given on the command line that are logic: which dates are built, and by which run, is none, nor what is audited
  or judged, nor what a publish may replace or delete.
-#}
{% macro given_vars() -%}
    {%- set given = {} -%}
    {%- for name, value in (invocation_args_dict.get('vars') or {}).items() -%}
        {%- if name not in (
            'start_date', 'end_date', 'dates', 'audited', 'judged_tables', 'replaced', 'deletes_allowed',
            'allow_deletes', 'max_deleted_pct', 'run_id'
        ) -%}
            {%- do given.update({name: value | string}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(given) }}
{%- endmacro %}
