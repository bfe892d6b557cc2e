-- One row per date, window and analytics table that is not complete where precompute tables of the date
-- wait for it (their contracts' waits_for): in the season before the date, or on the date itself. Nothing here is a
-- date that nothing holds up.
--
-- Missing are rows that expected_boxes or expected_rows names and the table lacks, and games of days that
-- were never built. Rows in quarantine are explained, and games that no source has are lost where the seed
-- completeness_exceptions says so: they hold up nobody but whose history they are missing from.
{{ config(**replace_window()) }}

{%- set reads = waited_for() %}
{%- set of_the_date = reads | selectattr(1, 'equalto', 'same_date') | map(attribute=0) | list %}

with

dates as (
    select * from {{ ref('dim_game_dates') }}
    where {{ in_window() }} and is_analysis_date
),

results as (
    select distinct game_id, game_date, season_year
    from {{ ref('dim_team_games') }}
    where is_result
),

boxes as (
    select * from {{ ref('expected_boxes') }}
    where {{ in_season_so_far() }}
),

-- Of played games as raw rows have them now: expected_rows of a day before may be older than these.
listed as (
    select table_name, game_date, game_id, entity, has_source, quarantine_reason from boxes
    union all
    select table_name, game_date, game_id, entity, has_source, quarantine_reason
    from {{ ref('expected_rows') }}
    where
        {{ in_window() }}
        and table_name in ('{{ of_the_date | join("', '") }}')
),

expected as (
    select listed.*
    from listed
    left join {{ ref('completeness_exceptions') }} as exceptions
        on
            listed.table_name = exceptions.table_name
            and not listed.has_source
            and listed.game_date between exceptions.first_date and exceptions.last_date
    where listed.quarantine_reason is null and exceptions.reason is null
),

built_games as (
    select distinct game_id from boxes
),

actual as (
    {%- for table_name in reads | map(attribute=0) | unique %}
    select '{{ table_name }}' as table_name, game_id, {{ entity_column(table_name) }} as entity
    from {{ ref(table_name) }}
    where {{ in_season_so_far() }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

gaps as (
    select expected.table_name, expected.game_date, expected.game_id, count(*) as missing_rows
    from expected
    left join actual
        on
            expected.table_name = actual.table_name
            and expected.game_id = actual.game_id
            and expected.entity = actual.entity
    where actual.entity is null
    group by expected.table_name, expected.game_date, expected.game_id
    {%- for table_name, window_name in reads if window_name == 'season_before' %}
    union all
    select '{{ table_name }}', results.game_date, results.game_id, cast(null as int64)
    from results
    left join built_games on results.game_id = built_games.game_id
    where built_games.game_id is null and {{ in_season_so_far('results.game_date') }}
    {%- endfor %}
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
        {{ count_where('missing_rows is null') }} as games_never_built,
        cast(coalesce(sum(missing_rows), 0) as int64) as missing_rows,
        min(game_id) as first_game_id
    from seen_from
    group by game_date, window_name, table_name
)

select * from final
