{#-
  Config of a model that is rebuilt by date window: the whole window is replaced, so a day whose
  input became empty becomes empty too (a keyed delete+insert would keep its old rows).

  Use as {{ config(**replace_window()) }}. `days_before`: the model's query reaches back so far.
  `partition`: its date column.
-#}
{% macro replace_window(days_before=0, cluster_by=none, partition='game_date') -%}
    {{ return(adapter.dispatch('replace_window')(days_before, cluster_by, partition)) }}
{%- endmacro %}

{#- BigQuery replaces partitions; a static list spares it a query for which ones. -#}
{% macro bigquery__replace_window(days_before, cluster_by, partition) -%}
    {%- set partitions = [] -%}
    {%- for date in window_dates(days_before) -%}
        {%- do partitions.append("date '" ~ date ~ "'") -%}
    {%- endfor -%}
    {{ return({
        'materialized': 'incremental',
        'incremental_strategy': 'insert_overwrite',
        'partition_by': {'field': partition, 'data_type': 'date'},
        'partitions': partitions,
        'cluster_by': cluster_by,
        'on_schema_change': 'fail',
    }) }}
{%- endmacro %}

{#- DuckDB has no partitions to overwrite; `partition_by` would be a compile error there. -#}
{% macro duckdb__replace_window(days_before, cluster_by, partition) -%}
    {{ return({
        'materialized': 'incremental',
        'incremental_strategy': 'replace_window',
        'incremental_predicates': [in_window(partition, days_before)],
        'on_schema_change': 'fail',
    }) }}
{%- endmacro %}

{#- The strategy behind it on DuckDB: delete the window, insert the window, in one transaction. -#}
{% macro get_incremental_replace_window_sql(arg_dict) -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arg_dict['target_relation'] }}
    where {{ arg_dict['incremental_predicates'] | join(' and ') }};

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{%- endmacro %}
