-- A season of 100 days: 25 are early, 50 are in the middle, the rest is late; what follows has its own names.
{% set columns = ['game_type', 'game_date', 'first_date', 'last_date'] %}
{% set first = "date '2021-10-19'" %}
{% set last = "date '2022-01-27'" %}
{% set rows = literal_rows(columns, [
    ["'regular_season'", first, first, last],
    ["'regular_season'", "date '2021-11-12'", first, last],
    ["'regular_season'", "date '2021-11-13'", first, last],
    ["'regular_season'", "date '2022-01-02'", first, last],
    ["'regular_season'", "date '2022-01-03'", first, last],
    ["'play_in'", "date '2022-01-29'", first, last],
    ["'playoffs'", "date '2022-02-01'", first, last],
]) %}
{{ differences(
    "select game_date, " ~ season_phase('game_type', 'game_date', 'first_date', 'last_date') ~ " as phase from " ~ rows,
    "select date '2021-10-19' as game_date, 'early' as phase union all select date '2021-11-12', 'early'"
    ~ " union all select date '2021-11-13', 'mid' union all select date '2022-01-02', 'mid'"
    ~ " union all select date '2022-01-03', 'late' union all select date '2022-01-29', 'play_in'"
    ~ " union all select date '2022-02-01', 'playoffs'"
) }}
