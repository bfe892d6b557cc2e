-- One row per raw row without the date that says where it belongs: no window reads it. A view, since
-- what is due is told by date, and such a row makes no date due.
{{ config(materialized='view') }}

with

final as (
    {%- for feed in undated_feeds() %}
    select
        '{{ feed.table }}' as table_name,
        {{ 'cast(game_id as string)' if feed.names_games else 'cast(null as string)' }} as game_id,
        {{ feed.raw_key }} as row_key,
        {{ feed.undated_reason }} as reason,
        source_file_path
    from {{ raw_rows('nba_raw', feed.table, where=feed.is_undated) }} as raw_rows
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
