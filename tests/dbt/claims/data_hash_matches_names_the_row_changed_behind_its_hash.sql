-- A row with the hash of its values passes; the same hash beside another value, or none, is reported.
-- 20d7b7c7ac12780b is the vector `int`: {"x": 5}.
{% set node = {'config': {'meta': {'key': ['id'], 'partition_by': 'id'}}, 'columns': {
    'id': {'name': 'id', 'data_type': 'INT64', 'config': {'meta': {'not_hashed': 'a test'}}},
    'x': {'name': 'x', 'data_type': 'INT64', 'config': {'meta': {}}},
}} %}
{% set rows = literal_rows(['id', 'x', 'data_hash'], [
    ['1', '5', "'20d7b7c7ac12780b'"], ['2', '6', "'20d7b7c7ac12780b'"], ['3', '5', 'cast(null as string)'],
]) %}
{{ differences(
    "select found_in, finding from (" ~ found_on(rows, ['id'], 'data_hash_matches', node=node) ~ ") as mismatched",
    "select 'id=2' as found_in, 'data_hash=20d7b7c7ac12780b, recomputed_hash=87615b6211abbcbe' as finding"
    ~ " union all select 'id=3', 'data_hash=null, recomputed_hash=20d7b7c7ac12780b'"
) }}
