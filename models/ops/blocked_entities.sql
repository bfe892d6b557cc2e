-- One row per precompute table, date, and player or team whose row waits for one of another precompute table that is to be
-- there and is not, though others of the date are: the same finding by which the table left it out.
{{ config(**replace_window()) }}

with

expected as (
    select * from {{ ref('precompute_entities') }}
    where {{ in_window() }} and outcome is null
),

final as (
    {%- for table_name in tables_after_bootstrap() %}
    select
        '{{ table_name }}' as table_name,
        waiting.game_date,
        waiting.entity,
        min(concat('waits for the row of ', waiting.whose, ' in ', waiting.upstream)) as reason
    from (
        with {{ find_blocked_dates(table_name) }}

        select held_up.* from held_up
        left join blocked on held_up.game_date = blocked.game_date
        where blocked.game_date is null
    ) as waiting
    inner join expected
        on
            expected.table_name = '{{ table_name }}'
            and waiting.game_date = expected.game_date
            and waiting.entity = expected.entity
    group by waiting.game_date, waiting.entity
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
