{#- Instants and comparable values in the engine's own terms. -#}

{% macro timestamp_literal(instant) -%}
    {{ instant_literal(instant.strftime("%Y-%m-%d %H:%M:%S.%f")) }}
{%- endmacro %}

{% macro current_instant() -%}
    {{ return(adapter.dispatch('current_instant')()) }}
{%- endmacro %}

{% macro default__current_instant() -%}
    current_timestamp()
{%- endmacro %}

{#- DuckDB's now() is the start of the transaction, which may be long before. -#}
{% macro duckdb__current_instant() -%}
    get_current_timestamp()
{%- endmacro %}

{#- A column of the staging table as the published table has it: a JSON is staged as its text. -#}
{% macro staged_value(column) -%}
    {{ return(as_json('staged.' ~ column.name) if column.data_type == 'JSON' else 'staged.' ~ column.name) }}
{%- endmacro %}

{% macro as_json(text) -%}
    {{ return(adapter.dispatch('as_json')(text)) }}
{%- endmacro %}

{% macro default__as_json(text) -%}
    {{ return('parse_json(' ~ text ~ ')') }}
{%- endmacro %}

{% macro duckdb__as_json(text) -%}
    {{ return('cast(' ~ text ~ ' as json)') }}
{%- endmacro %}

{#- A value in a form that can be compared: BigQuery compares neither arrays nor JSON, so of those the JSON text. -#}
{% macro comparable(value, contract_type) -%}
    {{ return(adapter.dispatch('comparable')(value, contract_type)) }}
{%- endmacro %}

{% macro default__comparable(value, contract_type) -%}
    {{ return('to_json_string(' ~ value ~ ')' if contract_type.startswith('ARRAY<') or contract_type == 'JSON' else value) }}
{%- endmacro %}

{% macro duckdb__comparable(value, contract_type) -%}
    {{ return(value) }}
{%- endmacro %}
