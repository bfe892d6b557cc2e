-- Detects raw rows that neither staging, quarantine, repetition nor scope accounts for, in the window or without a date.
-- Returns rows (test failure) for each feed and date whose sum is wrong.
select *
from {{ ref('raw_row_accounting') }}
where
    ({{ in_window() }} or game_date is null)
    and raw_rows - rows_of_other_dates + rows_from_other_dates
    <> out_of_scope_rows + staged_rows + quarantined_rows + repeated_rows
