{#-
  Great-circle distance in whole miles, by the haversine formula on a sphere of 3,958.8 miles radius.
  `from_place` and `to_place` are relations with latitude and longitude in degrees. Radians are spelled
  out, since BigQuery has no radians().
-#}
{% macro miles_between(from_place, to_place) -%}
    {%- set radian = '0.017453292519943295' -%}
    cast(round(2 * 3958.8 * asin(sqrt(
        power(sin(({{ to_place }}.latitude - {{ from_place }}.latitude) * {{ radian }} / 2), 2)
        + cos({{ from_place }}.latitude * {{ radian }}) * cos({{ to_place }}.latitude * {{ radian }})
        * power(sin(({{ to_place }}.longitude - {{ from_place }}.longitude) * {{ radian }} / 2), 2)
    ))) as int64)
{%- endmacro %}

{#- Minutes by which the wall clock of an IANA zone is ahead of UTC at an instant. -#}
{% macro utc_offset_minutes(instant, zone) -%}
    {{ return(adapter.dispatch('utc_offset_minutes')(instant, zone)) }}
{%- endmacro %}

{% macro default__utc_offset_minutes(instant, zone) -%}
    datetime_diff(datetime({{ instant }}, {{ zone }}), datetime({{ instant }}, 'UTC'), minute)
{%- endmacro %}

{#- DuckDB turns an instant into a wall clock with timezone(). -#}
{% macro duckdb__utc_offset_minutes(instant, zone) -%}
    date_diff('minute', timezone('UTC', {{ instant }}), timezone({{ zone }}, {{ instant }}))
{%- endmacro %}

{#- The wall clock of an IANA zone at an instant, as 'HH:MM'. -#}
{% macro local_clock(instant, zone) -%}
    {{ return(adapter.dispatch('local_clock')(instant, zone)) }}
{%- endmacro %}

{% macro default__local_clock(instant, zone) -%}
    format_timestamp('%H:%M', {{ instant }}, {{ zone }})
{%- endmacro %}

{% macro duckdb__local_clock(instant, zone) -%}
    strftime(timezone({{ zone }}, {{ instant }}), '%H:%M')
{%- endmacro %}
