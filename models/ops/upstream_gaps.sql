-- One row per date, window and analytics table with days that it lacks whole where precompute tables of the date
-- wait for it (their contracts' waits_for): in the season before the date, or on the date itself. What concerns only
-- the teams of a game is in lacking_games. Nothing here is a date that nothing holds up.
{{ config(**replace_window()) }}

{%- set reads = waited_for() %}

with

dates as (
    select * from {{ ref('dim_game_dates') }}
    where {{ in_window() }} and is_analysis_date
),

gaps as (
    select table_name, game_date, game_id, {{ count_where('entity is not null') }} as missing_rows
    from {{ ref('missing_rows') }}
    where concerns_all
    group by table_name, game_date, game_id
),

windows as (
    {%- for table_name, window_name in reads %}
    select '{{ table_name }}' as table_name, '{{ window_name }}' as window_name
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

seen_from as (
    select
        dates.game_date,
        windows.window_name,
        gaps.table_name,
        gaps.game_id,
        gaps.game_date as gap_date,
        gaps.missing_rows
    from gaps
    inner join windows on gaps.table_name = windows.table_name
    inner join {{ ref('dim_game_dates') }} as gap_days on gaps.game_date = gap_days.game_date
    inner join dates
        on
            gap_days.season_year = dates.season_year
            and (
                (windows.window_name = 'season_before' and gaps.game_date < dates.game_date)
                or (windows.window_name = 'same_date' and gaps.game_date = dates.game_date)
            )
),

final as (
    select
        game_date,
        window_name,
        table_name,
        min(gap_date) as first_date,
        max(gap_date) as last_date,
        count(distinct game_id) as missing_games,
        {{ count_where('missing_rows = 0') }} as games_never_built,
        cast(sum(missing_rows) as int64) as missing_rows,
        min(game_id) as first_game_id
    from seen_from
    group by game_date, window_name, table_name
)

select * from final
