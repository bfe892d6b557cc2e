-- One row per precompute table and date on which it may not be computed, with what holds it up: the same
-- finding by which the table left the date out.
{{ config(**replace_window()) }}

with

final as (
    {%- for table_name in tables_after_bootstrap() %}
    select '{{ table_name }}' as table_name, held_up.game_date, held_up.blocked_by, held_up.reason
    from (
        with {{ find_blocked_dates(table_name) }}

        select * from blocked
    ) as held_up
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
