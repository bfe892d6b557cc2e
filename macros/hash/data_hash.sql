{#-
  The hash's SQL twin: data_hash of the stored columns, generated from the contract. It must equal
  data_hashes() in python_processors/hashing.py on every value that a contract can hold; the
  definition is docs/decisions/0001-hash-what-is-stored.md.
-#}
{% macro data_hash(node) -%}
    {{ return(data_hash_of(data_hash_text(node))) }}
{%- endmacro %}

{#- The first 16 hex characters of a text's SHA-256. -#}
{% macro data_hash_of(text) -%}
    left({{ sha256_hex(text) }}, 16)
{%- endmacro %}

{#- The text that is hashed: what json.dumps makes of the stored hash fields. -#}
{% macro data_hash_text(node) -%}
    {#- One flat concat(): forty nested || are more than a resolved query may hold. No piece is null. -#}
    {%- set pieces = [] -%}
    {%- for name in hash_fields(node) | sort -%}
        {%- do pieces.append("'" ~ ('{' if loop.first else ', ') ~ '"' ~ name ~ '": ' ~ "'") -%}
        {%- do pieces.append(json_text(name, whole_type(node.columns[name]))) -%}
    {%- endfor -%}
    {{ return("concat(" ~ pieces | join(", ") ~ ", '}')") }}
{%- endmacro %}

{#- A column's type with a FLOAT64's scale, as whole_name in python_processors/contract/types.py: ARRAY<FLOAT64(4)>. -#}
{% macro whole_type(column) -%}
    {%- set scale = column.config.meta.get('scale') -%}
    {{ return(column.data_type if scale is none else column.data_type | replace('FLOAT64', 'FLOAT64(' ~ scale ~ ')')) }}
{%- endmacro %}

{#- A stored value as json.dumps prints it; the type as whole_type() gives it. -#}
{% macro json_text(value, contract_type) -%}
    {%- if contract_type.startswith('ARRAY<') -%}
        {%- set text = json_array_text(value, contract_type[6:-1]) -%}
    {%- elif contract_type.startswith('NUMERIC') -%}
        {%- set text = json_numeric_text(value) -%}
    {%- elif contract_type.startswith('FLOAT64(') -%}
        {%- set text = json_float_text(value, contract_type[8:-1]) -%}
    {%- elif contract_type == 'INT64' -%}
        {%- set text = 'cast(' ~ value ~ ' as string)' -%}
    {%- elif contract_type == 'BOOL' -%}
        {%- set text = "case when " ~ value ~ " then 'true' when not " ~ value ~ " then 'false' end" -%}
    {%- elif contract_type == 'DATE' -%}
        {%- set text = "'\"' || cast(" ~ value ~ " as string) || '\"'" -%}
    {%- elif contract_type == 'TIMESTAMP' -%}
        {%- set text = json_timestamp_text(value) -%}
    {%- elif contract_type == 'STRING' -%}
        {%- set text = json_string_text(value) -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error("data_hash: " ~ contract_type ~ " is no contract type") }}
    {%- endif -%}
    coalesce({{ text }}, 'null')
{%- endmacro %}

{#- Lower-case hex of SHA-256 over UTF-8. -#}
{% macro sha256_hex(text) -%}
    {{ return(adapter.dispatch('sha256_hex')(text)) }}
{%- endmacro %}

{% macro default__sha256_hex(text) -%}
    to_hex(sha256({{ text }}))
{%- endmacro %}

{% macro duckdb__sha256_hex(text) -%}
    sha256({{ text }})
{%- endmacro %}

{#- A NUMERIC as Python prints the float of it: at least one decimal, no trailing zeros (5.0, 0.25). -#}
{% macro json_numeric_text(value) -%}
    {{ return(adapter.dispatch('json_numeric_text')(value)) }}
{%- endmacro %}

{#- GoogleSQL prints a NUMERIC without trailing zeros, and 5.0 as 5. -#}
{% macro default__json_numeric_text(value) -%}
    cast({{ value }} as string) || case when strpos(cast({{ value }} as string), '.') = 0 then '.0' else '' end
{%- endmacro %}

{#- DuckDB prints a double as Python does (11 million compared), a decimal with its trailing zeros. -#}
{% macro duckdb__json_numeric_text(value) -%}
    cast(cast({{ value }} as double) as varchar)
{%- endmacro %}

{#-
  A FLOAT64 as Python prints it, by the NUMERIC of its scale. A double that is none of that scale was changed behind
  the publish step: it is printed as it is, so that it has another hash. There is no -0.0.
-#}
{% macro json_float_text(value, scale) -%}
    {{ return(adapter.dispatch('json_float_text')(value, scale)) }}
{%- endmacro %}

{#- GoogleSQL prints a double with 15 or 17 digits. safe_cast() makes null of infinity, NaN and what NUMERIC cannot hold. -#}
{% macro default__json_float_text(value, scale) -%}
    {%- set decimal = 'round(safe_cast(' ~ value ~ ' as numeric), ' ~ scale ~ ')' -%}
    case
        when cast({{ decimal }} as float64) = {{ value }} then {{ json_numeric_text(decimal) }}
        else cast({{ value }} as string)
    end
{%- endmacro %}

{#- DuckDB prints the shortest text of a double, and of one with at most 15 digits that is its decimal. -#}
{% macro duckdb__json_float_text(value, scale) -%}
    case when {{ value }} = 0 then '0.0' else cast({{ value }} as varchar) end
{%- endmacro %}

{#- "2021-10-19 23:30:00+00:00", with microseconds where there are any. -#}
{% macro json_timestamp_text(value) -%}
    {{ return(adapter.dispatch('json_timestamp_text')(value)) }}
{%- endmacro %}

{% macro default__json_timestamp_text(value) -%}
    '"' || format_timestamp('%F %T', {{ value }}, 'UTC')
    || case
        when mod(unix_micros({{ value }}), 1000000) = 0 then ''
        else '.' || format('%06d', mod(mod(unix_micros({{ value }}), 1000000) + 1000000, 1000000))
    end || '+00:00"'
{%- endmacro %}

{% macro duckdb__json_timestamp_text(value) -%}
    '"' || strftime(timezone('UTC', {{ value }}), '%Y-%m-%d %H:%M:%S')
    || case
        when microsecond({{ value }}) % 1000000 = 0 then ''
        else '.' || printf('%06d', microsecond({{ value }}) % 1000000)
    end || '+00:00"'
{%- endmacro %}

{#- A string with quotes, backslashes, control and non-ASCII characters escaped as json.dumps does. -#}
{% macro json_string_text(value) -%}
    {{ return(adapter.dispatch('json_string_text')(value)) }}
{%- endmacro %}

{#- Plain ASCII needs no look at single characters, and nearly every value is that. -#}
{% macro default__json_string_text(value) -%}
    concat('"', case
        when not regexp_contains({{ value }}, r'[^ !#-\[\]-~]') then {{ value }}
        else (
            select string_agg(
                case
                    when code = 34 then '\\"'
                    when code = 92 then '\\\\'
                    when code = 8 then '\\b'
                    when code = 9 then '\\t'
                    when code = 10 then '\\n'
                    when code = 12 then '\\f'
                    when code = 13 then '\\r'
                    when code between 32 and 126 then code_points_to_string([code])
                    when code < 65536 then format('\\u%04x', code)
                    else format(
                        '\\u%04x\\u%04x',
                        55296 + div(code - 65536, 1024),
                        56320 + mod(code - 65536, 1024)
                    )
                end, '' order by position
            )
            from unnest(to_code_points({{ value }})) as code with offset as position
        )
    end, '"')
{%- endmacro %}

{% macro duckdb__json_string_text(value) -%}
    '"' || case
        when not regexp_matches({{ value }}, '[^ !#-\[\]-~]') then {{ value }}
        else array_to_string(
            list_transform(
                regexp_extract_all({{ value }}, '(?s).'),
                lambda letter: case
                    when letter = '"' then '\"'
                    when letter = '\' then '\\'
                    when unicode(letter) = 8 then '\b'
                    when unicode(letter) = 9 then '\t'
                    when unicode(letter) = 10 then '\n'
                    when unicode(letter) = 12 then '\f'
                    when unicode(letter) = 13 then '\r'
                    when unicode(letter) between 32 and 126 then letter
                    when unicode(letter) < 65536 then printf('\u%04x', unicode(letter))
                    else printf(
                        '\u%04x\u%04x',
                        55296 + (unicode(letter) - 65536) // 1024,
                        56320 + (unicode(letter) - 65536) % 1024
                    )
                end
            ), ''
        )
    end || '"'
{%- endmacro %}

{#- "[a, b]"; arrays hold no nulls. -#}
{% macro json_array_text(value, element_type) -%}
    {{ return(adapter.dispatch('json_array_text')(value, element_type)) }}
{%- endmacro %}

{#- BigQuery stores a null array as an empty one, and so it is hashed. concat() keeps the tree flat, as above. -#}
{% macro default__json_array_text(value, element_type) -%}
    concat('[', coalesce((
        select string_agg({{ json_text('element', element_type) }}, ', ' order by position)
        from unnest({{ value }}) as element with offset as position
    ), ''), ']')
{%- endmacro %}

{% macro duckdb__json_array_text(value, element_type) -%}
    '[' || array_to_string(list_transform({{ value }}, lambda element: {{ json_text('element', element_type) }}), ', ') || ']'
{%- endmacro %}
