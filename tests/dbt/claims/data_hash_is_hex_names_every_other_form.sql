-- Upper case, 15 or 17 characters, another letter and null are reported; 16 lower-case hex are not.
{% set rows = literal_rows(['id', 'data_hash'], [
    ['1', "'0123456789abcdef'"], ['2', "'0123456789ABCDEF'"], ['3', "'0123456789abcde'"],
    ['4', "'0123456789abcdef0'"], ['5', "'0123456789abcdeg'"], ['6', "cast(null as string)"],
]) %}
{{ differences(
    "select id from (" ~ malformed_hashes(rows, ['id']) ~ ") as malformed",
    "select 2 as id union all select 3 union all select 4 union all select 5 union all select 6"
) }}
