-- Two of one check and one of another subject; without a place, what was found stands alone.
{% set rows = literal_rows(['check_name', 'subject', 'finding', 'found_in'], [
    ["'points_add_up'", 'cast(null as string)', "'points 3'", "'id 2'"],
    ["'points_add_up'", 'cast(null as string)', "'points 2'", "'id 1'"],
    ["'within_ranges'", "'points'", "'points -1'", "'id 1'"],
    ["'data_hashes_are_distinct'", 'cast(null as string)', "'row_count 4'", 'cast(null as string)'],
]) %}
{{ differences(
    "select * from (" ~ findings_by_check("select * from " ~ rows) ~ ") as counted",
    "select 'points_add_up' as check_name, cast(null as string) as subject, 2 as failures, 'id 1: points 2' as first_one"
    ~ " union all select 'within_ranges', 'points', 1, 'id 1: points -1'"
    ~ " union all select 'data_hashes_are_distinct', null, 1, 'row_count 4'"
) }}
