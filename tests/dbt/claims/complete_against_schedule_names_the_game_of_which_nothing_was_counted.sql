-- Passed over: a game of which a row is expected, of whichever table.
{% set games = literal_rows(['game_date', 'game_id'], [
    ["date '2021-10-19'", "'counted'"], ["date '2021-10-19'", "'of another table'"], ["date '2021-10-21'", "'never'"],
]) %}
{% set counted = literal_rows(['table_name', 'game_date', 'game_id'], [
    ["'t'", "date '2021-10-19'", "'counted'"],
    ["'u'", "date '2021-10-19'", "'of another table'"],
    ["'t'", "date '2021-10-20'", "'never'"],
]) %}
{{ differences(
    uncounted_games("(select * from " ~ games ~ ")", "(select * from " ~ counted ~ ")"),
    "select date '2021-10-21' as game_date, 'never' as game_id"
) }}
