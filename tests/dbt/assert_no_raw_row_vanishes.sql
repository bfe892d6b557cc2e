-- Detects raw rows that neither staging, quarantine, repetition nor scope accounts for, in the window.
-- Returns rows (test failure) for each feed and date whose sum is wrong.
select *
from {{ ref('raw_row_accounting') }}
where {{ in_window() }} and raw_rows <> out_of_scope_rows + staged_rows + quarantined_rows + repeated_rows
