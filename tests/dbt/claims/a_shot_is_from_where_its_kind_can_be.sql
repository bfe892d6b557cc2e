-- One row per kind and distance on either side of a bound; a shot without a distance is from anywhere.
{% set rows = literal_rows(['shot_type', 'feet'], [
    ["'2PT'", 0], ["'2PT'", 30], ["'2PT'", 31], ["'3PT'", 14], ["'3PT'", 15], ["'3PT'", 94], ["'3PT'", 95], ["'?'", 95],
    ["'?'", 94], ["'2PT'", 'cast(null as int64)'],
]) %}
{{ differences(
    "select shot_type, feet, " ~ is_impossible_shot('shot_type', 'feet') ~ " as is_impossible from " ~ rows,
    "select '2PT' as shot_type, 0 as feet, false as is_impossible union all select '2PT', 30, false"
    ~ " union all select '2PT', 31, true union all select '3PT', 14, true union all select '3PT', 15, false"
    ~ " union all select '3PT', 94, false union all select '3PT', 95, true union all select '?', 95, true"
    ~ " union all select '?', 94, false union all select '2PT', null, false"
) }}
