-- Reported: more games than expected, a percentage beyond 100 and an unknown one, a count that does not
-- follow. Passed over: everything there, nothing expected.
{% set columns = [
    'player_lookup', 'expected_games_count', 'actual_games_count', 'missing_games_count', 'completeness_percentage'
] %}
{% set rows = literal_rows(columns, [
    ["'complete'", 10, 10, 0, 100.0],
    ["'nothing expected'", 0, 0, 0, 100.0],
    ["'half'", 10, 5, 5, 50.0],
    ["'too many'", 5, 82, -77, 1640.0],
    ["'unknown'", 10, 9, 1, 'cast(null as numeric)'],
    ["'miscounted'", 10, 9, 0, 90.0],
]) %}
{{ differences(
    "select player_lookup from (" ~ impossible_completeness(rows, ['player_lookup']) ~ ") as impossible",
    "select 'too many' as player_lookup union all select 'unknown' union all select 'miscounted'"
) }}
