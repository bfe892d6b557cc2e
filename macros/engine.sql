{#- What the two engines spell differently. Each macro says why it exists; the rest is plain SQL. -#}

{#- A contract type (BigQuery's spelling) as the engine writes it in casts and DDL. -#}
{% macro engine_type(contract_type) -%}
    {{ return(adapter.dispatch('engine_type')(contract_type)) }}
{%- endmacro %}

{% macro default__engine_type(contract_type) -%}
    {{ return(contract_type) }}
{%- endmacro %}

{#- DuckDB: TIMESTAMP has no zone there, FLOAT64 has no such name, and arrays are `T[]`. -#}
{% macro duckdb__engine_type(contract_type) -%}
    {%- if contract_type.startswith('ARRAY<') -%}
        {{ return(engine_type(contract_type[6:-1]) ~ '[]') }}
    {%- endif -%}
    {%- set names = {'TIMESTAMP': 'timestamptz', 'FLOAT64': 'double', 'DATETIME': 'timestamp'} -%}
    {{ return(names.get(contract_type, contract_type | lower)) }}
{%- endmacro %}

{#- `value` as a contract type, or null where it cannot be read as one. `dbt.safe_cast` raises on DuckDB. -#}
{% macro try_to(contract_type, value) -%}
    {{ return(adapter.dispatch('try_to')(contract_type, value)) }}
{%- endmacro %}

{% macro default__try_to(contract_type, value) -%}
    safe_cast({{ value }} as {{ engine_type(contract_type) }})
{%- endmacro %}

{% macro duckdb__try_to(contract_type, value) -%}
    try_cast({{ value }} as {{ engine_type(contract_type) }})
{%- endmacro %}

{#- A double with NaN and infinity read as null: feeds written by pandas hold NaN for unknown. -#}
{% macro nan_to_null(value) -%}
    case when {{ adapter.dispatch('is_not_finite')(value) }} then null else {{ value }} end
{%- endmacro %}

{% macro default__is_not_finite(value) -%}
    (is_nan({{ value }}) or is_inf({{ value }}))
{%- endmacro %}

{% macro duckdb__is_not_finite(value) -%}
    not isfinite({{ value }})
{%- endmacro %}

{#- Every match of `pattern` in `value` replaced. DuckDB replaces only the first without 'g'. -#}
{% macro replace_all(value, pattern, replacement) -%}
    {{ return(adapter.dispatch('replace_all')(value, pattern, replacement)) }}
{%- endmacro %}

{% macro default__replace_all(value, pattern, replacement) -%}
    regexp_replace({{ value }}, r'{{ pattern }}', '{{ replacement }}')
{%- endmacro %}

{% macro duckdb__replace_all(value, pattern, replacement) -%}
    regexp_replace({{ value }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{#- A date as 20211019. -#}
{% macro compact_date(value) -%}
    {{ return(adapter.dispatch('compact_date')(value)) }}
{%- endmacro %}

{% macro default__compact_date(value) -%}
    format_date('%Y%m%d', {{ value }})
{%- endmacro %}

{% macro duckdb__compact_date(value) -%}
    strftime({{ value }}, '%Y%m%d')
{%- endmacro %}

{#- Letters without their diacritics; letters that are no accented form are spelled out first. -#}
{% macro fold_diacritics(value) -%}
    {{ return(adapter.dispatch('fold_diacritics')(spell_out_letters(value))) }}
{%- endmacro %}

{% macro spell_out_letters(value) -%}
    {%- set letters = {'đ': 'd', 'ø': 'o', 'ł': 'l', 'ß': 'ss', 'æ': 'ae', 'œ': 'oe', 'ı': 'i', 'ð': 'd', 'þ': 'th'} -%}
    {%- set spelled = namespace(value=value) -%}
    {%- for letter, plain in letters.items() -%}
        {%- set spelled.value = "replace(" ~ spelled.value ~ ", '" ~ letter ~ "', '" ~ plain ~ "')" -%}
    {%- endfor -%}
    {{ return(spelled.value) }}
{%- endmacro %}

{% macro default__fold_diacritics(value) -%}
    regexp_replace(normalize({{ value }}, NFD), r'\pM', '')
{%- endmacro %}

{% macro duckdb__fold_diacritics(value) -%}
    strip_accents({{ value }})
{%- endmacro %}

{#- Part `number` of `value` split at `delimiter`; null where there is no such part. -#}
{% macro part_of(value, delimiter, number) -%}
    {{ return(adapter.dispatch('part_of')(value, delimiter, number)) }}
{%- endmacro %}

{% macro default__part_of(value, delimiter, number) -%}
    split({{ value }}, '{{ delimiter }}')[safe_ordinal({{ number }})]
{%- endmacro %}

{#- DuckDB gives '' for a part that is not there. -#}
{% macro duckdb__part_of(value, delimiter, number) -%}
    nullif(split_part({{ value }}, '{{ delimiter }}', {{ number }}), '')
{%- endmacro %}

{#- A relation with every date of the window: game_date. -#}
{% macro window_calendar() -%}
    {{ return(adapter.dispatch('window_calendar')()) }}
{%- endmacro %}

{% macro default__window_calendar() -%}
    select game_date
    from unnest(generate_date_array({{ date_literal(window().start) }}, {{ date_literal(window().end) }})) as game_date
    where {{ in_window() }}
{%- endmacro %}

{% macro duckdb__window_calendar() -%}
    select game_date
    from (
        select cast(day as date) as game_date
        from unnest(generate_series({{ date_literal(window().start) }}, {{ date_literal(window().end) }}, interval 1 day)) as days (day)
    ) as all_days
    where {{ in_window() }}
{%- endmacro %}

{#- An instant from a wall clock in New York. The platform stores that wall clock without a zone. -#}
{% macro eastern_to_utc(value) -%}
    {{ return(adapter.dispatch('eastern_to_utc')(value)) }}
{%- endmacro %}

{% macro default__eastern_to_utc(value) -%}
    timestamp(cast({{ value }} as datetime), 'America/New_York')
{%- endmacro %}

{% macro duckdb__eastern_to_utc(value) -%}
    timezone('America/New_York', cast({{ value }} as timestamp))
{%- endmacro %}

{#- The date of an instant in New York. -#}
{% macro eastern_date(value) -%}
    {{ return(adapter.dispatch('eastern_date')(value)) }}
{%- endmacro %}

{% macro default__eastern_date(value) -%}
    date({{ value }}, 'America/New_York')
{%- endmacro %}

{#- DuckDB: date() takes no zone. -#}
{% macro duckdb__eastern_date(value) -%}
    cast(timezone('America/New_York', {{ value }}) as date)
{%- endmacro %}

{#- All columns but the named ones, after `select *`: BigQuery says EXCEPT, DuckDB EXCLUDE. -#}
{% macro star_except(columns) -%}
    {{ return(adapter.dispatch('star_except')(columns)) }}
{%- endmacro %}

{% macro default__star_except(columns) -%}
    except ({{ columns | join(', ') }})
{%- endmacro %}

{% macro duckdb__star_except(columns) -%}
    exclude ({{ columns | join(', ') }})
{%- endmacro %}

{#- The date so many days before another. DuckDB's date minus interval is a timestamp. -#}
{% macro days_before(value, days) -%}
    {{ return(adapter.dispatch('days_before')(value, days)) }}
{%- endmacro %}

{% macro default__days_before(value, days) -%}
    date_sub({{ value }}, interval {{ days }} day)
{%- endmacro %}

{% macro duckdb__days_before(value, days) -%}
    ({{ value }} - {{ days }})
{%- endmacro %}

{#- Days from one date to another. BigQuery's difference of dates is an interval. -#}
{% macro days_between(first, last) -%}
    {{ return(adapter.dispatch('days_between')(first, last)) }}
{%- endmacro %}

{% macro default__days_between(first, last) -%}
    date_diff({{ last }}, {{ first }}, day)
{%- endmacro %}

{% macro duckdb__days_between(first, last) -%}
    ({{ last }} - {{ first }})
{%- endmacro %}

{#- A date as a whole number, so that a window frame can count days with RANGE on both engines. -#}
{% macro day_number(value) -%}
    {{ days_between("date '1970-01-01'", value) }}
{%- endmacro %}

{#- An instant from its UTC text. A cast, since DuckDB's `timestamp '...'` has no zone whatever the text says. -#}
{% macro instant_literal(utc_text) -%}
    cast('{{ utc_text }}+00:00' as {{ engine_type('TIMESTAMP') }})
{%- endmacro %}

{#- A decimal as a whole number of its parts, `per_unit` to one: sums of these are exact on every engine. -#}
{% macro in_parts(value, per_unit) -%}
    cast(round({{ per_unit }} * {{ value }}) as int64)
{%- endmacro %}

{#- Whole-number division, rounded half up, of two counts. BigQuery divides into fractions unless told otherwise. -#}
{% macro rounded_quotient(dividend, divisor) -%}
    {{ return(adapter.dispatch('rounded_quotient')(dividend, divisor)) }}
{%- endmacro %}

{#- Parentheses around both, since the local BigQuery server makes an operator of div(). -#}
{% macro default__rounded_quotient(dividend, divisor) -%}
    div((2 * ({{ dividend }}) + ({{ divisor }})), (2 * ({{ divisor }})))
{%- endmacro %}

{% macro duckdb__rounded_quotient(dividend, divisor) -%}
    cast((2 * ({{ dividend }}) + ({{ divisor }})) // (2 * ({{ divisor }})) as int64)
{%- endmacro %}
