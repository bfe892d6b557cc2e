{#- What tells the rows of a hashed table apart: its key, and the date that a publish replaces. -#}
{% macro publish_key(node) -%}
    {{ return((node.config.meta.key + [node.config.meta.partition_by]) | unique | list) }}
{%- endmacro %}

{#- Joins rows or keys by the table's key. A null is no key: a row with one finds nothing, and goes. -#}
{% macro key_join(node, left='published', right='staged') -%}
    {%- for name in publish_key(node) -%}
        {{ left }}.{{ name }} = {{ right }}.{{ name }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#-
  Only what changed: another hash or none, new key, key no longer produced; of the dates in var `replaced` every
  row, whatever its hash. Untouched rows keep their times, and so do rows of which only `compared` columns moved:
  what the run says of a row is no change of the row. It is brought up to date as a whole, compared or not, so
  that it does not contradict itself. A key is there once at most: run after delete_doubled_sql().
-#}
{% macro merge_sql(node, target_relation, stage) -%}
    {%- set partition = node.config.meta.partition_by -%}
    {%- set now = timestamp_literal(run_started_at) -%}
    {%- set written_now = ['processed_at', 'quality_calculated_at', 'updated_at'] -%}
    merge into {{ target_relation }} as published
    using {{ stage }} as staged
    on {{ key_join(node) }} and {{ in_window('published.' ~ partition) }}
    when matched and ({{ is_replaced(node, 'published.' ~ partition) }} or published.data_hash is distinct from staged.data_hash)
    then update set
        {%- for name in node.columns if name != 'created_at' %}
        {{ name }} = {{ now if name in written_now else staged_value(node.columns[name]) }}{{ ',' if not loop.last }}
        {%- endfor %}
    {%- set compared, said_of_the_row = [], [] %}
    {%- for column in node.columns.values() if column.config.meta.get('not_hashed') %}
        {%- if column.config.meta.get('compared') %}
            {%- do compared.append(column.name) %}
        {%- endif %}
        {%- if column.name not in written_now + ['created_at', 'data_hash', 'logic_version'] %}
            {%- do said_of_the_row.append(column.name) %}
        {%- endif %}
    {%- endfor %}
    {%- if compared %}
    when matched and (
        {%- for name in compared %}
        {{ comparable('published.' ~ name, node.columns[name].data_type) }} is distinct from
        {{- ' ' ~ comparable(staged_value(node.columns[name]), node.columns[name].data_type) }}{{ ' or' if not loop.last }}
        {%- endfor %}
    ) then update set
        {%- for name in said_of_the_row %}
        {{ name }} = {{ staged_value(node.columns[name]) }}{{ ',' if not loop.last }}
        {%- endfor %}
    {%- endif %}
    when not matched by target then insert ({{ node.columns | join(', ') }}) values (
        {%- for name in node.columns %}
        {{ now if name in written_now + ['created_at'] else staged_value(node.columns[name]) }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
    {{ delete_in_merge(node) }}
{%- endmacro %}

{#- How a merge deletes the keys that are no longer produced; DuckDB deletes them before, by delete_sql(). -#}
{% macro delete_in_merge(node) -%}
    {{ return(adapter.dispatch('delete_in_merge')(node)) }}
{%- endmacro %}

{% macro default__delete_in_merge(node) -%}
    when not matched by source and {{ in_window('published.' ~ node.config.meta.partition_by) }} then delete
{%- endmacro %}

{#- With that clause DuckDB reads the whole table, of all seasons, and keeps it in memory. -#}
{% macro duckdb__delete_in_merge(node) -%}
{%- endmacro %}

{#- The keys of the window that are no longer produced, where merge_sql() does not delete them. -#}
{% macro delete_sql(node, target_relation, stage) -%}
    delete from {{ target_relation }} as published
    where
        {{ in_window('published.' ~ node.config.meta.partition_by) }}
        and not exists (select 1 from {{ stage }} as staged where {{ key_join(node) }})
{%- endmacro %}

{#-
  Keys that are there more than once in the window: all copies go, since nothing says which is right, and the
  merge brings the staged row. A merge alone would update each copy.
-#}
{% macro delete_doubled_sql(node, target_relation) -%}
    {%- set partition = node.config.meta.partition_by -%}
    {%- set key = publish_key(node) | join(', ') -%}
    delete from {{ target_relation }} as published
    where
        {{ in_window('published.' ~ partition) }}
        and exists (
            select 1
            from (
                select {{ key }} from {{ target_relation }}
                where {{ in_window(partition) }}
                group by {{ key }}
                having count(*) > 1
            ) as doubled
            where {{ key_join(node, right='doubled') }}
        )
{%- endmacro %}
