{% set rows = literal_rows(['game_date', 'rows_without_game', 'day_status'], [
    ["date '2021-10-19'", 0, "'games'"],
    ["date '2021-10-20'", 3, "'games'"],
    ["date '2021-10-21'", 0, "'no_games'"],
    ["date '2021-10-22'", 120, "'not_in_schedule'"],
    ["date '2021-10-23'", 0, "'after_schedule'"],
]) %}
{{ differences(
    "select game_date, rows_without_game from (" ~ days_not_in_schedule(rows) ~ ") as found_days",
    "select date '2021-10-22' as game_date, 120 as rows_without_game"
) }}
