-- Reported: more games than expected, a percentage beyond 100 and an unknown one, a count that does not
-- follow. Passed over: everything there, nothing expected.
{% set columns = [
    'player_lookup', 'expected_games_count', 'actual_games_count', 'missing_games_count', 'completeness_percentage'
] %}
{% set rows = literal_rows(columns, [
    ["'complete'", 10, 10, 0, 100],
    ["'nothing expected'", 0, 0, 0, 100],
    ["'half'", 10, 5, 5, 50],
    ["'too many'", 5, 82, -77, 1640],
    ["'unknown'", 10, 9, 1, 'cast(null as int64)'],
    ["'miscounted'", 10, 9, 0, 90],
]) %}
{{ differences(
    found_on(rows, ['player_lookup'], 'completeness_within_bounds'),
    "select cast(null as string) as subject, 'player_lookup=too many' as found_in,"
    ~ " 'expected_games_count=5, actual_games_count=82, missing_games_count=-77, completeness_percentage=1640' as finding"
    ~ " union all select null, 'player_lookup=unknown',"
    ~ " 'expected_games_count=10, actual_games_count=9, missing_games_count=1, completeness_percentage=null'"
    ~ " union all select null, 'player_lookup=miscounted',"
    ~ " 'expected_games_count=10, actual_games_count=9, missing_games_count=0, completeness_percentage=90'"
) }}
