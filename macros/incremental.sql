{#-
  Config of a model that is rebuilt by date window: the whole window is replaced, so a day whose
  input became empty becomes empty too (a keyed delete+insert would keep its old rows).

  Use as {{ config(**replace_window()) }}. `days_before`: the model's query reaches back so far.
  `partition`: its date column. The config names no date: a project that is parsed once serves any window.
-#}
{% macro replace_window(days_before=0, cluster_by=none, partition='game_date') -%}
    {{ return(adapter.dispatch('replace_window')(days_before, cluster_by, partition)) }}
{%- endmacro %}

{#- BigQuery replaces partitions: those that bq_generate_incremental_insert_overwrite_build_sql() names below. -#}
{% macro bigquery__replace_window(days_before, cluster_by, partition) -%}
    {{ return({
        'materialized': 'incremental',
        'incremental_strategy': 'insert_overwrite',
        'partition_by': {'field': partition, 'data_type': 'date'},
        'cluster_by': cluster_by,
        'meta': {'window_column': partition, 'window_days_before': days_before},
        'on_schema_change': 'fail',
    }) }}
{%- endmacro %}

{#- DuckDB has no partitions to overwrite; `partition_by` would be a compile error there. -#}
{% macro duckdb__replace_window(days_before, cluster_by, partition) -%}
    {{ return({
        'materialized': 'incremental',
        'incremental_strategy': 'replace_window',
        'meta': {'window_column': partition, 'window_days_before': days_before},
        'on_schema_change': 'fail',
    }) }}
{%- endmacro %}

{#- The strategy behind it on DuckDB: delete the window, insert the window, in one transaction. -#}
{% macro get_incremental_replace_window_sql(arg_dict) -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set meta = model.config.meta -%}
    delete from {{ arg_dict['target_relation'] }}
    where {{ in_window(meta.window_column, meta.window_days_before) }};

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{%- endmacro %}

{#-
  In place of dbt-bigquery's macro of this name, which takes partitions from the model's config: a list
  made of the window as it is now, which spares a query for the partitions. Never the dynamic form: it
  finds no partition for a day that became empty.
-#}
{% macro bq_generate_incremental_insert_overwrite_build_sql(
    tmp_relation, target_relation, sql, unique_key, partition_by, partitions, dest_columns, tmp_relation_exists, copy_partitions
) -%}
    {%- set replaced = [] -%}
    {%- for date in window_dates(model.config.meta.window_days_before) -%}
        {%- do replaced.append(date_literal(date)) -%}
    {%- endfor -%}
    {{ return(bq_insert_overwrite_sql(
        tmp_relation, target_relation, sql, unique_key, partition_by, replaced, dest_columns, tmp_relation_exists,
        copy_partitions
    )) }}
{%- endmacro %}
