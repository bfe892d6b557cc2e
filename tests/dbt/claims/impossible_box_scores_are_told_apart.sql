-- One row per way in which a box score can be impossible, and one that is not.
{% set columns = box_score_counts() %}
{% set rows = literal_rows(columns, [
    [12, 5, 9, 1, 3, 1, 2, 0, 3, 3, 1, 0, 0, 2, 3],
    [13, 5, 9, 1, 3, 1, 2, 0, 3, 3, 1, 0, 0, 2, 3],
    [12, 5, 4, 1, 3, 1, 2, 0, 3, 3, 1, 0, 0, 2, 3],
    [12, 5, 9, 1, 3, 1, 2, 0, 3, 3, 1, 0, 0, -2, 3],
    [18, 5, 9, 6, 6, 2, 2, 0, 3, 3, 1, 0, 0, 2, 3],
    [12, 5, 10, 1, 3, 1, 2, 0, 3, 3, 40, 0, 0, 2, 3],
    [12, 5, 11, 1, 3, 1, 2, 0, 3, 3, 41, 0, 0, 2, 3],
]) %}
{{ differences(
    "select points, fg_attempts, turnovers, " ~ box_score_problem() ~ " as problem from " ~ rows,
    "select 12 as points, 9 as fg_attempts, 2 as turnovers, cast(null as string) as problem"
    ~ " union all select 13, 9, 2, 'points do not add up' union all select 12, 4, 2, 'more makes than attempts'"
    ~ " union all select 12, 10, 2, cast(null as string) union all select 12, 11, 2, 'a count that no game ever had'"
    ~ " union all select 12, 9, -2, 'negative count' union all select 18, 9, 2, 'more three-pointers than field goals'"
) }}
