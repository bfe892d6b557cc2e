-- Named: a blocked date, a missing one, a partial one, and one that nobody knows.
-- Passed over: complete and empty dates, and what is excused.
{% set columns = ['table_name', 'game_date', 'outcome', 'reason'] %}
{% set dates = literal_rows(columns, [
    ["'t'", "date '2021-11-01'", "'complete'", "'-'"],
    ["'t'", "date '2021-11-02'", "'expected_empty'", "'-'"],
    ["'t'", "date '2021-11-03'", "'no_games'", "'-'"],
    ["'t'", "date '2021-11-04'", "'blocked'", "'u'"],
    ["'t'", "date '2021-11-05'", "'missing'", "'-'"],
    ["'t'", "date '2021-11-06'", "'excused'", "'u'"],
    ["'t'", "date '2021-11-07'", "'partial'", "'-'"],
    ["'t'", "date '2021-11-08'", "'unknown'", "'-'"],
]) %}
{{ differences(
    "select game_date, outcome from (" ~ open_dates(dates) ~ ") as found",
    "select date '2021-11-04' as game_date, 'blocked' as outcome union all select date '2021-11-05', 'missing'"
    ~ " union all select date '2021-11-07', 'partial' union all select date '2021-11-08', 'unknown'"
) }}
