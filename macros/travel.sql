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

{#- Minutes since midnight on the wall clock of an IANA zone at an instant. EXTRACT reads alike on both engines. -#}
{% macro minute_of_day(instant, zone) -%}
    (
        60 * extract(hour from {{ instant }} at time zone {{ zone }})
        + extract(minute from {{ instant }} at time zone {{ zone }})
    )
{%- endmacro %}

{#- Minutes by which the wall clock of an IANA zone is ahead of UTC at an instant; zones go from -12 to +14 hours. -#}
{% macro utc_offset_minutes(instant, zone) -%}
    {%- set ahead = minute_of_day(instant, zone) ~ " - " ~ minute_of_day(instant, "'UTC'") -%}
    case
        when {{ ahead }} > 840 then {{ ahead }} - 1440
        when {{ ahead }} < -720 then {{ ahead }} + 1440
        else {{ ahead }}
    end
{%- endmacro %}

{#- The wall clock of an IANA zone at an instant, as 'HH:MM'. -#}
{% macro local_clock(instant, zone) -%}
    concat(
        lpad(cast(extract(hour from {{ instant }} at time zone {{ zone }}) as string), 2, '0'), ':',
        lpad(cast(extract(minute from {{ instant }} at time zone {{ zone }}) as string), 2, '0')
    )
{%- endmacro %}
