{#-
  Zone of a shot: 'three_pt', 'paint', 'mid_range', or null when no source tells.

  Two or three points is decided by the shot's type (376 shots of 2021-24 have a court zone that
  contradicts it). Of two-pointers, restricted area and paint (non-RA) are paint where a court zone
  is given, else a distance of at most 8 ft.
-#}
{% macro shot_zone(shot_type, court_zone, distance) -%}
    case
        when {{ shot_type }} = '3PT' then 'three_pt'
        when {{ court_zone }} in ('Restricted Area', 'In The Paint (Non-RA)') then 'paint'
        when {{ court_zone }} is not null then 'mid_range'
        when {{ distance }} <= 8 then 'paint'
        when {{ distance }} > 8 then 'mid_range'
    end
{%- endmacro %}

{#- How many rows fulfil a condition, 0 when none does. Both engines; BigQuery's COUNTIF is not DuckDB's. -#}
{% macro count_where(condition) -%}
    sum(case when {{ condition }} then 1 else 0 end)
{%- endmacro %}

{#- Whether the zone of a shot is unknown in a feed that may have none of whole kinds of shots, layups and dunks. -#}
{% macro has_no_zone() -%}
    zone is null and feed = 'nbac_play_by_play'
{%- endmacro %}

{#-
  How many rows of `among` are of a zone and fulfil a condition; null where one of `among` has no zone (has_no_zone) that may be
  this one: a three-pointer is told by the shot's kind.
-#}
{% macro count_of_zone(zone, among, condition='true') -%}
    {%- set counted = count_where(among ~ ' and ' ~ condition ~ " and zone = '" ~ zone ~ "'") -%}
    {%- if zone == 'three_pt' -%}
    {{ counted }}
    {%- else -%}
    case when {{ count_where(among ~ ' and has_no_zone') }} = 0 then {{ counted }} end
    {%- endif -%}
{%- endmacro %}
