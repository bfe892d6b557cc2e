-- 'MM:SS', 'MM', sixty seconds, and text that is no time.
{% set rows = literal_rows(['minutes'], [["'36:11'"], ["'38'"], ["'33:60'"], ["'0'"], ["'DNP'"], ['cast(null as string)']]) %}
{{ differences(
    "select minutes, " ~ minutes_text_to_seconds('minutes') ~ " as seconds from " ~ rows,
    "select '36:11' as minutes, 2171 as seconds union all select '38', 2280 union all select '33:60', 2040"
    ~ " union all select '0', 0 union all select 'DNP', null union all select cast(null as string), null"
) }}
