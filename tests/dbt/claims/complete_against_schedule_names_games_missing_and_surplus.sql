-- Reported: a team missing, a row that nothing expects. Passed over: a quarantined row, a game that no source has.
{% set columns = ['table_name', 'game_date', 'game_id', 'entity', 'has_source', 'quarantine_reason'] %}
{% set expected = literal_rows(columns, [
    ["'t'", "date '2021-10-19'", "'complete'", "'BOS'", 'true', 'cast(null as string)'],
    ["'t'", "date '2021-10-19'", "'half'", "'BOS'", 'true', 'cast(null as string)'],
    ["'t'", "date '2021-10-19'", "'half'", "'MIA'", 'true', 'cast(null as string)'],
    ["'t'", "date '2021-10-19'", "'quarantined'", "'MIA'", 'true', "'unknown player'"],
    ["'t'", "date '2021-10-19'", "'no source'", "'MIA'", 'false', 'cast(null as string)'],
    ["'t'", "date '2021-10-20'", "'has source'", "'MIA'", 'true', 'cast(null as string)'],
]) %}
{% set actual = literal_rows(['game_date', 'game_id', 'team_abbr'], [
    ["date '2021-10-19'", "'complete'", "'BOS'"],
    ["date '2021-10-19'", "'half'", "'BOS'"],
    ["date '2021-10-19'", "'surplus'", "'BOS'"],
]) %}
{{ differences(
    "select game_id, first_missing, first_not_expected from ("
    ~ incomplete_games(actual, "(select * from " ~ expected ~ ")", 'team_abbr')
    ~ ") as incomplete",
    "select 'half' as game_id, 'MIA' as first_missing, cast(null as string) as first_not_expected"
    ~ " union all select 'surplus', cast(null as string), 'BOS'"
    ~ " union all select 'has source', 'MIA', cast(null as string)"
) }}
