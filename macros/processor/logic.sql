{#-
  The SQL that decides a hashed table's rows: this model, the models between it and the next hashed
  tables or sources, and every macro of the project they use. Python adds the processor and the
  contract and hashes it all without comments and white space (python_processors/logic_version.py).
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
