-- One row per zone and distance on either side of a bound; a shot without a zone or a distance is in none but its own.
{% set rows = literal_rows(['shot_zone', 'feet'], [
    ["'Restricted Area'", 6], ["'Restricted Area'", 7], ["'In The Paint (Non-RA)'", 18], ["'In The Paint (Non-RA)'", 19],
    ["'Mid-Range'", 4], ["'Mid-Range'", 5], ["'Mid-Range'", 27], ["'Backcourt'", 38], ["'Left Corner 3'", 19],
    ["'elsewhere'", 50], ["cast(null as string)", 50], ["'Mid-Range'", 'cast(null as int64)'],
]) %}
{{ differences(
    "select shot_zone, feet, " ~ is_of_another_zone('shot_zone', 'feet') ~ " as is_of_another from " ~ rows,
    "select 'Restricted Area' as shot_zone, 6 as feet, false as is_of_another union all select 'Restricted Area', 7, true"
    ~ " union all select 'In The Paint (Non-RA)', 18, false union all select 'In The Paint (Non-RA)', 19, true"
    ~ " union all select 'Mid-Range', 4, true union all select 'Mid-Range', 5, false"
    ~ " union all select 'Mid-Range', 27, true union all select 'Backcourt', 38, true"
    ~ " union all select 'Left Corner 3', 19, false union all select 'elsewhere', 50, false"
    ~ " union all select null, 50, false union all select 'Mid-Range', null, false"
) }}
