-- Reported: ready with an upstream that is not, all ready although one is not, and not all ready although
-- each is. A row may be less ready than its upstreams.
{% set rows = literal_rows(['id', 'one', 'other', 'all_ready', 'is_production_ready'], [
    ['1', 'true', 'true', 'true', 'true'],
    ['2', 'true', 'false', 'false', 'true'],
    ['3', 'true', 'false', 'true', 'false'],
    ['4', 'true', 'true', 'false', 'false'],
    ['5', 'true', 'true', 'true', 'false'],
]) %}
{{ differences(
    "select id from (" ~ contradicted_readiness(rows, ['id'], ['one', 'other'], 'all_ready') ~ ") as contradicted",
    'select 2 as id union all select 3 union all select 4'
) }}
