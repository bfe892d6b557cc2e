-- The birthday itself counts, the day before does not; 29 February comes a day late in other years.
{% set rows = literal_rows(['day', 'born'], [
    ["date '2021-12-29'", "date '1984-12-30'"],
    ["date '2021-12-30'", "date '1984-12-30'"],
    ["date '2022-02-28'", "date '2000-02-29'"],
    ["date '2022-03-01'", "date '2000-02-29'"],
    ["date '2021-10-19'", "cast(null as date)"],
]) %}
{{ differences(
    "select day, " ~ age_on('day', 'born') ~ " as age from " ~ rows,
    "select date '2021-12-29' as day, 36 as age union all select date '2021-12-30', 37"
    ~ " union all select date '2022-02-28', 21 union all select date '2022-03-01', 22"
    ~ " union all select date '2021-10-19', cast(null as int64)"
) }}
