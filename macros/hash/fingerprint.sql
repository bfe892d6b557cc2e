{#-
  Fingerprint of the rows of a group, `rows:high:low`, as fingerprint() in python_processors/hashing.py:
  row count and the sums of the two 32-bit halves of data_hash. A text that is no hash counts as a row and adds
  nothing to the sums, so that no row goes by unseen and none stops the query.
-#}
{% macro partition_fingerprint(data_hash) -%}
    cast(count({{ data_hash }}) as string)
    || ':' || cast(coalesce(sum({{ half_of_hash(data_hash, 'left') }}), 0) as string)
    || ':' || cast(coalesce(sum({{ half_of_hash(data_hash, 'right') }}), 0) as string)
{%- endmacro %}

{% macro half_of_hash(data_hash, side) -%}
    cast('0x' || case when {{ is_a_hash(data_hash) }} then {{ side }}({{ data_hash }}, 8) end as int64)
{%- endmacro %}

{#- Without a regular expression: that is spelt in two ways, and the planner expands this for both engines. -#}
{% macro is_a_hash(value) -%}
    length({{ value }}) = 16 and translate({{ value }}, '0123456789abcdef', '') = ''
{%- endmacro %}

{#-
  Hash of what a table reads of a row of another over a player's or a team's history: the columns that its
  contract names. A provenance made of it moves with what was read, and with nothing else of the row.
-#}
{% macro hash_of_read(table_name, upstream, rows) -%}
    {%- if not execute -%}
        {{ return("''") }}
    {%- endif -%}
    {%- set read = node_named(table_name).config.meta.reads | selectattr('from', 'equalto', upstream)
        | selectattr('by', 'defined') | first -%}
    {%- set columns = node_named(upstream).columns -%}
    {%- set pieces = [json_text(rows ~ '.game_id', 'STRING')] -%}
    {%- for name in read.columns -%}
        {%- if name == 'took_part' -%}
            {%- do pieces.append(json_text(took_part(rows), 'BOOL')) -%}
        {%- else -%}
            {%- do pieces.append(json_text(rows ~ '.' ~ name, whole_type(columns[name]))) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(data_hash_of("concat(" ~ pieces | join(", '|', ") ~ ")")) }}
{%- endmacro %}
