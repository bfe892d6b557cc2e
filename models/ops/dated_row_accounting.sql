-- One row per feed and date: where each raw row went. Raw rows are staged, quarantined, repeats of
-- another row, or of a game out of scope; assert_no_raw_row_vanishes holds the sum. A row of odds dated
-- beside its game is counted with the game's date, and named on both.
--
-- Nothing here is what is left over, or the sum would hold whatever staging lost: rows out of scope
-- are counted from the raw table by the id of their game, repeats by staging before it drops them.
{{ config(**replace_window()) }}
-- noqa: disable=LT02
-- The indent after a loop that writes CTEs is miscounted by sqlfluff 4.4.

with

{%- for feed in feeds() %}
{%- set rows_of = 'raw_' ~ feed.table %}
{%- set reports = feed.table == 'nbac_injury_report' %}

{{ rows_of }} as (
    select *{% if not feed.team and not feed.date %}, {{ feed.game or 'game_id' }} as source_game_id{% endif %}
    from {{ raw_rows('nba_raw', feed.table, where=injury_report_window() if reports else none) }} as raw_rows
    {%- if reports %}
    where {{ in_window() }}
    {%- endif %}
),

{%- if feed.tipoff %}

{{ games_by_tipoff(rows_of, feed.tipoff) }},
{%- elif feed.team or feed.team_without_game %}

{{ games_by_team(rows_of) }},
{%- endif %}
{%- set source_game_id = 'by_team.nba_game_id' if feed.team else rows_of ~ '.source_game_id' %}

dated_{{ feed.table }} as (
    {%- if feed.date %}
    select {{ feed.date }} as raw_date, false as is_out_of_scope, {{ feed.date }} as game_date
    from {{ rows_of }}
    {%- else %}
    select
        {{ rows_of }}.game_date as raw_date,
        not {{ is_not_out_of_scope(source_game_id) }} or {{ feed.is_out_of_scope or 'false' }} as is_out_of_scope,
        {{ date_of_odds(rows_of, feed.table) if feed.tipoff else rows_of ~ '.game_date' }} as game_date
    from {{ rows_of }}
    {%- if feed.tipoff %}
    {{ join_game_of_odds(rows_of, feed.tipoff, source_game_id) }}
    {%- elif feed.team %}
    {{ join_game_of_team(rows_of, feed.team) }}
    {%- elif feed.team_without_game %}
    {{ join_game_or_that_of_team(rows_of, source_game_id, feed.team_without_game) }}
    {%- else %}
    {{ join_game(source_game_id) }}
    {%- endif %}
    {%- endif %}
),

counted_{{ feed.table }} as (
    select
        game_date,
        sum(raw_rows) as raw_rows,
        sum(rows_of_other_dates) as rows_of_other_dates,
        sum(rows_from_other_dates) as rows_from_other_dates,
        sum(out_of_scope_rows) as out_of_scope_rows
    from (
        select
            raw_date as game_date,
            count(*) as raw_rows,
            {{ count_where('game_date <> raw_date') }} as rows_of_other_dates,
            0 as rows_from_other_dates,
            0 as out_of_scope_rows
        from dated_{{ feed.table }}
        group by raw_date
        union all
        select
            game_date,
            0,
            0,
            {{ count_where('game_date <> raw_date') }},
            {{ count_where('is_out_of_scope') }}
        from dated_{{ feed.table }}
        group by game_date
    ) as both_dates
    where {{ in_window() }}
    group by game_date
),

staged_{{ feed.table }} as (
    select
        {{ feed.date or 'game_date' }} as game_date,
        {{ count_where('quarantine_reason is null') }} as staged_rows,
        {{ count_where('quarantine_reason is not null') }} as quarantined_rows,
        cast(sum(raw_copies - 1) as int64) as repeated_rows
    from {{ ref(feed.model) }}
    where {{ in_window(feed.date or 'game_date') }}
    group by {{ feed.date or 'game_date' }}
),
{%- endfor %}

final as (
    {%- for feed in feeds() %}
    select
        '{{ feed.table }}' as table_name,
        coalesce(raw_side.game_date, staged_side.game_date) as game_date,
        {%- for column in ['raw_rows', 'rows_of_other_dates', 'rows_from_other_dates', 'out_of_scope_rows'] %}
        cast(coalesce(raw_side.{{ column }}, 0) as int64) as {{ column }},
        {%- endfor %}
        coalesce(staged_side.staged_rows, 0) as staged_rows,
        coalesce(staged_side.quarantined_rows, 0) as quarantined_rows,
        coalesce(staged_side.repeated_rows, 0) as repeated_rows
    from counted_{{ feed.table }} as raw_side
    full outer join staged_{{ feed.table }} as staged_side on raw_side.game_date = staged_side.game_date
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
