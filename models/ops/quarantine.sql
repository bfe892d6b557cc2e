-- One row per raw row that must not be used, with the reason. The row itself stays in the raw table;
-- it comes back by itself when what was wrong with it is repaired.
{{ config(materialized='view') }}

with

final as (
    select table_name, game_date, game_id, row_key, reason, source_file_path
    from {{ ref('dated_quarantine') }}
    union all
    select table_name, cast(null as date), game_id, row_key, reason, source_file_path
    from {{ ref('undated_rows') }}
)

select * from final
