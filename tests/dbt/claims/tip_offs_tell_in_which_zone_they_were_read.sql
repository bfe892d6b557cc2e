-- Of seasons of two games: one read as it is, one by hours late, one by hours early, and one on the limit.
{% set rows = [] %}
{% for season, first, second in [
    (1, '2021-12-01 23:00:00', '2021-12-02 00:30:00'),
    (2, '2021-12-02 05:00:00', '2021-12-02 05:30:00'),
    (3, '2021-12-01 18:00:00', '2021-12-01 19:30:00'),
    (4, '2021-12-01 17:00:00', '2021-12-01 23:00:00'),
] %}
{% for tipoff in [first, second] %}
{% do rows.append("select " ~ season ~ " as season_year, 'regular_season' as game_type, "
    ~ instant_literal(tipoff) ~ " as tipoff_at") %}
{% endfor %}
{% endfor %}
{% set schedule = '(' ~ rows | join(' union all ') ~ ') as schedule' %}
{{ differences(
    "select season_year, games, from_noon, in_the_evening from ("
    ~ seasons_of_impossible_tipoffs(schedule, 2) ~ ") as found",
    "select 2 as season_year, 2 as games, 0 as from_noon, 0 as in_the_evening union all select 3, 2, 2, 0"
) }}
