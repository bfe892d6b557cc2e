-- One row per raw row with a date that must not be used, with the reason; quarantine has the others, too.
{{ config(**replace_window()) }}

with

final as (
    {%- for feed in feeds() %}
    select
        '{{ feed.table }}' as table_name,
        game_date,
        game_id,
        {{ feed.key }} as row_key,
        quarantine_reason as reason,
        source_file_path
    from {{ ref(feed.model) }}
    where {{ in_window() }} and quarantine_reason is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
