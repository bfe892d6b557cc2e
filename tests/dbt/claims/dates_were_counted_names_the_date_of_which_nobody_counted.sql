-- Passed over: a date that was counted, one in the bootstrap, one without a game that can be used.
{% set dates = literal_rows(['game_date', 'games', 'is_analysis_date'], [
    ["date '2021-11-02'", '3', 'true'],
    ["date '2021-11-03'", '3', 'true'],
    ["date '2021-10-20'", '3', 'false'],
    ["date '2021-11-04'", '0', 'true'],
]) %}
{% set entities = literal_rows(['table_name', 'game_date'], [
    ["'a'", "date '2021-11-02'"], ["'b'", "date '2021-11-02'"],
]) %}
{{ differences(
    uncounted_dates("(select * from " ~ dates ~ ")", "(select * from " ~ entities ~ ")"),
    "select date '2021-11-03' as game_date"
) }}
