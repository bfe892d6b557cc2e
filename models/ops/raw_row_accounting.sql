-- One row per feed and date: where each raw row went. Raw rows are staged, quarantined, repeats of
-- another row, or of a game out of scope; assert_no_raw_row_vanishes holds the sum.
--
-- Nothing here is what is left over, or the sum would hold whatever staging lost: rows out of scope
-- are counted from the raw table by the id of their game, repeats by staging before it drops them.
{{ config(**replace_window()) }}

with

{%- for feed in feeds() %}

{%- set game_id = {
    'odds_api_game_lines': canonical_game_id('game_date', 'away_team_abbr', 'home_team_abbr'),
    'nbac_team_boxscore': 'coalesce(nba_game_id, game_id)',
}.get(feed.table, 'game_id') %}
{%- set reports = feed.table == 'nbac_injury_report' %}

raw_{{ feed.table }} as (
    select
        feed_rows.game_date,
        count(*) as raw_rows,
        {{ count_where("game_ids.game_type is not null and not " ~ is_in_scope('game_ids.game_type')) }} as out_of_scope_rows
    from (
        select game_date, {{ game_id }} as source_game_id
        from {{ source('nba_raw', feed.table) }}
        where {{ in_window('game_date') }}{% if reports %} and {{ injury_report_window() }}{% endif %}
    ) as feed_rows
    {{ join_game('feed_rows.source_game_id') }}
    group by feed_rows.game_date
),

staged_{{ feed.table }} as (
    select
        game_date,
        {{ count_where('quarantine_reason is null') }} as staged_rows,
        {{ count_where('quarantine_reason is not null') }} as quarantined_rows,
        cast(sum(raw_copies - 1) as int64) as repeated_rows
    from {{ ref(feed.model) }}
    where {{ in_window() }}
    group by game_date
),
{%- endfor %}

final as (
    {%- for feed in feeds() %}
    select
        '{{ feed.table }}' as table_name,
        coalesce(raw_side.game_date, staged_side.game_date) as game_date,
        coalesce(raw_side.raw_rows, 0) as raw_rows,
        coalesce(raw_side.out_of_scope_rows, 0) as out_of_scope_rows,
        coalesce(staged_side.staged_rows, 0) as staged_rows,
        coalesce(staged_side.quarantined_rows, 0) as quarantined_rows,
        coalesce(staged_side.repeated_rows, 0) as repeated_rows
    from raw_{{ feed.table }} as raw_side
    full outer join staged_{{ feed.table }} as staged_side on raw_side.game_date = staged_side.game_date
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
