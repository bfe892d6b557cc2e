-- Three distinct among four is 0.75: reported when more than 0.75 is asked for, not when 0.74 is.
{% set rows = literal_rows(['data_hash'], [["'a'"], ["'b'"], ["'c'"], ["'c'"]]) %}
{{ differences(repeated_hashes(rows, 0.75), "select 4 as row_count, 3 as distinct_hashes") }}
union all
select 'fails above the limit' as problem, row_count, distinct_hashes
from ({{ repeated_hashes(rows, 0.74) }}) as above_the_limit
