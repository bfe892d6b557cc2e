-- Named: a blocked date, a missing one, and a partial one that lacks rows even where an exception stands.
-- Passed over: complete and empty dates, and what an exception explains.
{% set columns = ['table_name', 'game_date', 'outcome', 'reason', 'missing_rows', 'surplus_rows'] %}
{% set dates = literal_rows(columns, [
    ["'t'", "date '2021-11-01'", "'complete'", "'-'", '0', '0'],
    ["'t'", "date '2021-11-02'", "'expected_empty'", "'-'", '0', '0'],
    ["'t'", "date '2021-11-03'", "'no_games'", "'-'", '0', '0'],
    ["'t'", "date '2021-11-04'", "'blocked'", "'u'", '0', '0'],
    ["'t'", "date '2021-11-05'", "'missing'", "'-'", '2', '0'],
    ["'t'", "date '2021-11-06'", "'blocked'", "'u'", '0', '0'],
    ["'t'", "date '2021-11-07'", "'partial'", "'-'", '1', '0'],
]) %}
{% set exceptions = literal_rows(['table_name', 'first_date', 'last_date', 'reason'], [
    ["'t'", "date '2021-11-06'", "date '2021-11-07'", "'lost'"],
    ["'another'", "date '2021-11-04'", "date '2021-11-05'", "'lost'"],
]) %}
{{ differences(
    "select game_date, outcome from (" ~ open_dates(dates, "(select * from " ~ exceptions ~ ")") ~ ") as found",
    "select date '2021-11-04' as game_date, 'blocked' as outcome union all select date '2021-11-05', 'missing'"
    ~ " union all select date '2021-11-07', 'partial'"
) }}
