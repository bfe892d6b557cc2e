-- A wrong sum is reported; not when the row says why, not when zones are unknown, not when it is right.
{% set no_issues = "cast([] as " ~ engine_type('ARRAY<STRING>') ~ ")" %}
{% set rows = literal_rows(['id', 'fga', 'paint', 'mid', 'quality_issues'], [
    ['1', '5', '3', '2', no_issues],
    ['2', '5', '3', '1', no_issues],
    ['3', '5', '3', '1', "['shot_zones_disagree_with_box_score']"],
    ['4', '5', '3', '1', "['shot_zones_unknown']"],
    ['5', '5', 'cast(null as int64)', 'cast(null as int64)', no_issues],
]) %}
{{ differences(
    found_on(rows, ['id'], 'zone_attempts_add_up', {'fg_attempts': 'fga', 'zone_attempts': ['paint', 'mid']}),
    "select cast(null as string) as subject, 'id=2' as found_in, 'fga=5, zone_attempts=4' as finding"
) }}
