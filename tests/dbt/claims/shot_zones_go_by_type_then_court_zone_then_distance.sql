-- A three from a two's zone stays a three; exactly 8 ft is paint; no zone and no distance is unknown.
{% set rows = literal_rows(['shot_type', 'court_zone', 'distance'], [
    ["'3PT'", "'Mid-Range'", '22.0'], ["'2PT'", "'Above the Break 3'", '23.0'], ["'2PT'", "'Restricted Area'", '2.0'],
    ["'2PT'", "'In The Paint (Non-RA)'", '12.0'], ["'2PT'", 'cast(null as string)', '8.0'],
    ["'2PT'", 'cast(null as string)', '8.1'], ["'2PT'", 'cast(null as string)', 'null'],
]) %}
{{ differences(
    "select distance, shot_type, " ~ shot_zone('shot_type', 'court_zone', 'distance') ~ " as zone from " ~ rows,
    "select 22.0 as distance, '3PT' as shot_type, 'three_pt' as zone union all select 23.0, '2PT', 'mid_range'"
    ~ " union all select 2.0, '2PT', 'paint' union all select 12.0, '2PT', 'paint' union all select 8.0, '2PT', 'paint'"
    ~ " union all select 8.1, '2PT', 'mid_range' union all select null, '2PT', cast(null as string)"
) }}
