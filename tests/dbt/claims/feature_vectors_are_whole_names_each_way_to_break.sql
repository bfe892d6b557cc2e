-- Reported: one feature too few, a wrong count, a default in a row of full quality, and a row of first
-- sources that claims less.
{% set columns = ['id', 'feature_count', 'features', 'feature_names', 'feature_sources', 'feature_quality_score'] %}
{% set rows = literal_rows(columns, [
    ['1', '2', '[1, 2]', "['a', 'b']", "['t', 'calculated']", '100'],
    ['2', '2', '[1]', "['a', 'b']", "['t', 'calculated']", '100'],
    ['3', '3', '[1, 2]', "['a', 'b']", "['t', 'calculated']", '100'],
    ['4', '2', '[1, 2]', "['a', 'b']", "['t', 'default']", '100'],
    ['5', '2', '[1, 2]', "['a', 'b']", "['t', 'fallback:u']", '93'],
    ['6', '2', '[1, 2]', "['a', 'b']", "['t', 'calculated']", '93'],
]) %}
{{ differences(
    "select id from (" ~ broken_vectors(rows, ['id'], 2) ~ ") as broken",
    'select 2 as id union all select 3 union all select 4 union all select 6'
) }}
