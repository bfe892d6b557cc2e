{#-
  The SQL that decides a hashed table's rows: code of this model and of the models between it and the
  next hashed tables or sources, by name. python_processors/logic_version.py adds the macros they
  call, the project's vars, the processor and the contract.
-#}
{% macro logic_sources(node) -%}
    {%- set found = {} -%}
    {%- set waiting = [node.unique_id] -%}
    {%- for _ in range(1000) if waiting -%}
        {%- set id = waiting.pop() -%}
        {%- if id not in found and id in graph.nodes -%}
            {%- set current = graph.nodes[id] -%}
            {%- do found.update({id: current.raw_code}) -%}
            {%- for parent in current.depends_on.nodes -%}
                {%- set is_hashed = graph.nodes.get(parent, {}).get('config', {}).get('materialized') == 'processor' -%}
                {%- if not is_hashed -%}
                    {%- do waiting.append(parent) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- Vars given on the command line, without the window: which dates are built is no logic. -#}
{% macro given_vars() -%}
    {%- set given = {} -%}
    {%- for name, value in (invocation_args_dict.get('vars') or {}).items() if name not in ('start_date', 'end_date') -%}
        {%- do given.update({name: value | string}) -%}
    {%- endfor -%}
    {{ return(given) }}
{%- endmacro %}
