-- One row without a hash among two is reported with both counts; a full partition is not.
{% set rows = literal_rows(['game_date', 'data_hash'], [
    ["date '2021-10-19'", "'a'"], ["date '2021-10-19'", "cast(null as string)"], ["date '2021-10-20'", "'b'"],
]) %}
{{ differences(
    partitions_without_hashes(rows, 'game_date'),
    "select date '2021-10-19' as game_date, 2 as row_count, 1 as hashed_count"
) }}
