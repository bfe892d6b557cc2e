-- One row per hashed table and date of the window: rows that the schedule and the rules expect against rows
-- that are there, and what that makes of the date. Entities that are to have no row are counted by reason.
--
-- no_games: nothing is scheduled. expected_empty: games, and by the rules nobody who is to have a row.
-- complete: exactly the rows expected. blocked: held up, by name, or nobody has a whole history. missing: none
-- of the rows expected. partial: anything else.
{{ config(**replace_window()) }}

{%- set declared = declared_rows() %}

with

calendar as (
    {{ window_calendar() }}
),

scheduled as (
    select * from {{ ref('dim_game_dates') }}
    where {{ in_window() }}
),

expected as (
    select
        table_name,
        game_date,
        coalesce(game_id, '') as game_id,
        entity,
        case
            when quarantine_reason is not null then 'quarantined'
            when not has_source then 'no source'
        end as no_row_since
    from {{ ref('expected_rows') }}
    where {{ in_window() }}
    union all
    select table_name, game_date, '', entity, outcome
    from {{ ref('precompute_entities') }}
    where {{ in_window() }}
),

actual as (
    {%- for table_name, of_table in declared.items() %}
    select
        '{{ table_name }}' as table_name,
        {{ date_column(table_name) }} as game_date,
        {{ "''" if of_table.after_bootstrap else 'game_id' }} as game_id,
        {{ entity_column(table_name) }} as entity
    from {{ ref(table_name) }}
    where {{ in_window(date_column(table_name)) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

compared as (
    select
        coalesce(expected.table_name, actual.table_name) as table_name,
        coalesce(expected.game_date, actual.game_date) as game_date,
        expected.no_row_since,
        expected.entity is not null and expected.no_row_since is null as is_expected,
        actual.entity is not null as is_there
    from expected
    full outer join actual
        on
            expected.table_name = actual.table_name
            and expected.game_date = actual.game_date
            and expected.game_id = actual.game_id
            and expected.entity = actual.entity
),

counted as (
    select
        table_name,
        game_date,
        {{ count_where('is_expected') }} as expected_rows,
        {{ count_where('is_there') }} as actual_rows,
        {{ count_where('is_expected and not is_there') }} as missing_rows,
        {{ count_where('is_there and not is_expected') }} as surplus_rows,
        {{ count_where("no_row_since in ('EXPECTED_INCOMPLETE', 'INSUFFICIENT_DATA')") }} as too_few_games,
        {{ count_where("no_row_since in ('INCOMPLETE_UPSTREAM', 'INCOMPLETE_DATA')") }} as history_incomplete,
        {{ count_where("no_row_since = 'no source'") }} as without_source,
        {{ count_where("no_row_since = 'quarantined'") }} as quarantined
    from compared
    group by table_name, game_date
),

tables as (
    {%- for table_name, of_table in declared.items() %}
    select '{{ table_name }}' as table_name, {{ 'true' if of_table.after_bootstrap else 'false' }} as is_precompute
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

blocked as (
    select * from {{ ref('blocked_dates') }}
    where {{ in_window() }}
),

final as (
    select
        tables.table_name,
        calendar.game_date,
        scheduled.season_year,
        coalesce(scheduled.games, 0) as scheduled_games,
        {%- for name in ['expected_rows', 'actual_rows', 'missing_rows', 'surplus_rows', 'too_few_games',
                         'history_incomplete', 'without_source', 'quarantined'] %}
        coalesce(counted.{{ name }}, 0) as {{ name }},
        {%- endfor %}
        case
            when scheduled.game_date is null and coalesce(counted.actual_rows, 0) = 0 then 'no_games'
            when blocked.game_date is not null then 'blocked'
            when tables.is_precompute and not scheduled.is_analysis_date and coalesce(counted.actual_rows, 0) = 0
                then 'expected_empty'
            when tables.is_precompute and counted.table_name is null then 'blocked'
            when tables.is_precompute and counted.expected_rows + counted.actual_rows = 0 and counted.history_incomplete > 0
                then 'blocked'
            when tables.is_precompute and counted.expected_rows + counted.actual_rows = 0 then 'expected_empty'
            when counted.missing_rows + counted.surplus_rows + counted.without_source = 0 then 'complete'
            when counted.actual_rows = 0 then 'missing'
            when counted.table_name is null then 'expected_empty'
            else 'partial'
        end as outcome,
        case
            when blocked.game_date is not null then blocked.reason
            when tables.is_precompute and not scheduled.is_analysis_date
                then 'the first {{ var('precompute_bootstrap_days') }} days of the season'
            when tables.is_precompute and counted.expected_rows = 0 and counted.history_incomplete > 0
                then 'every history lacks games'
            when tables.is_precompute and counted.expected_rows = 0 then 'too few games of the season so far'
            when tables.is_precompute and counted.table_name is null and scheduled.game_date is not null
                then 'upcoming_player_game_context names nobody'
            when counted.without_source > 0 then 'no source has the box scores'
        end as reason
    from tables
    cross join calendar
    left join scheduled on calendar.game_date = scheduled.game_date
    left join counted on tables.table_name = counted.table_name and calendar.game_date = counted.game_date
    left join blocked on tables.table_name = blocked.table_name and calendar.game_date = blocked.game_date
)

select * from final
