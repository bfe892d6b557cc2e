-- One row per feed and date, and one without a date per feed that has rows of none: where each raw row
-- went. assert_no_raw_row_vanishes holds the sum.
{{ config(materialized='view') }}

with

raw_side as (
    {%- for feed in undated_feeds() %}
    select '{{ feed.table }}' as table_name, count(*) as raw_rows
    from {{ raw_relation('nba_raw', feed.table) }}
    where {{ feed.is_undated }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

quarantined as (
    select table_name, count(*) as quarantined_rows
    from {{ ref('undated_rows') }}
    where not has_date
    group by table_name
),

final as (
    select
        table_name, game_date, raw_rows, rows_of_other_dates, rows_from_other_dates, out_of_scope_rows, staged_rows,
        quarantined_rows, repeated_rows
    from {{ ref('dated_row_accounting') }}
    union all
    select
        raw_side.table_name, cast(null as date), raw_side.raw_rows, 0, 0, 0, 0,
        coalesce(quarantined.quarantined_rows, 0), 0
    from raw_side
    left join quarantined on raw_side.table_name = quarantined.table_name
    where raw_side.raw_rows > 0
)

select * from final
