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
    found_on(rows, ['id'], 'readiness_is_consistent', {'upstreams': ['one', 'other'], 'all_ready': 'all_ready'}),
    "select cast(null as string) as subject, 'id=2' as found_in, 'all_ready=false, is_production_ready=true' as finding"
    ~ " union all select null, 'id=3', 'all_ready=true, is_production_ready=false'"
    ~ " union all select null, 'id=4', 'all_ready=false, is_production_ready=false'"
) }}
