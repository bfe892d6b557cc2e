-- One row per raw row without the date that says where it belongs: no window reads it. And one per game of the schedule
-- with a date that its season does not have (`has_date`). A view, since what is due is told by date, and such a row
-- makes no date due.
{{ config(materialized='view') }}

with

final as (
    {%- for feed in undated_feeds() %}
    select
        '{{ feed.table }}' as table_name,
        {{ 'cast(game_id as string)' if feed.names_games else 'cast(null as string)' }} as game_id,
        {{ feed.raw_key }} as row_key,
        {{ feed.undated_reason }} as reason,
        false as has_date,
        source_file_path
    from {{ raw_rows('nba_raw', feed.table, where=feed.is_undated) }} as raw_rows
    union all
    {%- endfor %}
    select
        'nbac_schedule', game_id, concat(nba_game_id, ' of ', cast(game_date as string)), quarantine_reason, true,
        source_file_path
    from {{ ref('base_nbac__schedule') }}
    where not is_dated and quarantine_reason is not null
)

select * from final
