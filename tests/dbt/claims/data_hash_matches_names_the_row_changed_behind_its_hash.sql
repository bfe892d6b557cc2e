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
    "select id from (" ~ mismatched_hashes(rows, node) ~ ") as mismatched",
    "select 2 as id union all select 3"
) }}
