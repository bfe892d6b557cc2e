-- Of two games the newest before the date counts: right; the day's own game, a game too few, and another
-- season's are noticed, and a date that no game knows.
{% set hashes = ["'00000001000000ff'", "'0000000200000001'", "'0000000300000003'", "'0000000400000004'"] %}
{% set upstream = literal_rows(['entity', 'season_year', 'game_date', 'game_id', 'read_hash'], [
    ["'a'", '2020', "date '2021-05-01'", "'g0'", hashes[3]],
    ["'a'", '2021', "date '2021-11-01'", "'g1'", hashes[0]],
    ["'a'", '2021', "date '2021-11-02'", "'g2'", hashes[1]],
    ["'a'", '2021', "date '2021-11-03'", "'g3'", hashes[2]],
]) %}
{% set dates = literal_rows(['game_date', 'season_year'], [
    ["date '2021-11-01'", '2021'], ["date '2021-11-02'", '2021'], ["date '2021-11-03'", '2021'],
]) %}
{% set sought = [] %}
{% for as_of, fingerprint in [
    ('03', "'2:3:256'"), ('03', "'2:5:4'"), ('03', "'1:2:1'"), ('02', "'1:1:255'"), ('02', "'2:5:259'"), ('01', "'1:4:4'"),
    ('04', "'1:9:9'"),
] %}
{% set rows = literal_rows(['entity', 'as_of', 'fingerprint'], [["'a'", "date '2021-11-" ~ as_of ~ "'", fingerprint]]) %}
{% do sought.append(
    "select fingerprint from (" ~ windows_of_other_rows(
        "(select * from " ~ rows ~ ")", "(select * from " ~ upstream ~ ")", "(select * from " ~ dates ~ ")", 2
    ) ~ ") as found_" ~ loop.index
) %}
{% endfor %}
{{ differences(
    sought | join(' union all '),
    "select '2:5:4' as fingerprint union all select '1:2:1' union all select '2:5:259' union all select '1:4:4' union all select '1:9:9'"
) }}
