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
    "select found_in, finding from (" ~ found_on(rows, ['id'], 'feature_vectors_are_whole', {'length': 2}) ~ ") as broken",
    "select 'id=2' as found_in, 'feature_count=2, feature_quality_score=100' as finding"
    ~ " union all select 'id=3', 'feature_count=3, feature_quality_score=100'"
    ~ " union all select 'id=4', 'feature_count=2, feature_quality_score=100'"
    ~ " union all select 'id=6', 'feature_count=2, feature_quality_score=93'"
) }}
