-- Upper case, 15 or 17 characters, another letter and null are reported; 16 lower-case hex are not.
{% set rows = literal_rows(['id', 'data_hash'], [
    ['1', "'0123456789abcdef'"], ['2', "'0123456789ABCDEF'"], ['3', "'0123456789abcde'"],
    ['4', "'0123456789abcdef0'"], ['5', "'0123456789abcdeg'"], ['6', "cast(null as string)"],
]) %}
{{ differences(
    "select found_in, finding from (" ~ found_on(rows, ['id'], 'data_hash_is_hex') ~ ") as malformed",
    "select 'id=2' as found_in, 'data_hash=0123456789ABCDEF' as finding union all select 'id=3', 'data_hash=0123456789abcde'"
    ~ " union all select 'id=4', 'data_hash=0123456789abcdef0' union all select 'id=5', 'data_hash=0123456789abcdeg'"
    ~ " union all select 'id=6', 'data_hash=null'"
) }}
