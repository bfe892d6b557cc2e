-- Each row is held against 12 points of 9 shots and 3 fouls: an assist and a steal more are a correction, and so are two
-- fouls; with a block they are a basket's worth, and three fouls are. A count that one leaves out is apart from nothing.
{% set columns = ['number'] + box_score_counts() %}
{% set rows = literal_rows(columns, [
    [1, 12, 5, 9, 1, 3, 1, 2, 0, 3, 3, 2, 1, 0, 2, 5],
    [2, 12, 5, 9, 1, 3, 1, 2, 0, 3, 3, 2, 1, 1, 2, 3],
    [3, 12, 5, 9, 1, 3, 1, 2, 0, 3, 3, 1, 0, 0, 2, 6],
    [4, 12, 5, 9, 1, 3, 1, 2, 0, 3, 3, 1, 0, 0, 2, 'cast(null as int64)'],
    [5, 12, 5, 9, 1, 3, 1, 2, 3, 0, 3, 1, 0, 0, 2, 3],
]) %}
{% set other = literal_rows(box_score_counts(), [[12, 5, 9, 1, 3, 1, 2, 0, 3, 3, 1, 0, 0, 2, 3]]) %}
{{ differences(
    "select one.number, " ~ lines_are_apart('one', 'other') ~ " as are_apart from (select * from " ~ rows ~ ") as one"
    ~ " cross join (select * from " ~ other ~ ") as other",
    "select 1 as number, false as are_apart union all select 2, true union all select 3, true union all select 4, false"
    ~ " union all select 5, true"
) }}
