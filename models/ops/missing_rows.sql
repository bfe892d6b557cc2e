-- One row per row of an analytics table that is expected and not there, and per table and game that was never built,
-- of the season up to the window's end. A part of what holds precompute tables up.
--
-- `concerns_all`: the table has no row of the whole day, though a source has some, or no game of the day was built. That
-- is a table that failed or a day left out, and concerns whoever looks back; anything else concerns those of the game.
-- Rows in quarantine are explained, and rows that no source has are lost where lines of completeness_exceptions name
-- them, or excuse all that lacks on the date by number: they hold up nobody but whose history they are missing from.
{{ config(materialized='ephemeral') }}

{%- set reads = waited_for() %}
{%- set of_the_date = reads | selectattr(1, 'equalto', 'same_date') | map(attribute=0) | list %}
{%- set of_the_season = reads | selectattr(1, 'equalto', 'season_before') | map(attribute=0) | list %}

with

results as (
    select distinct game_id, game_date, season_year
    from {{ ref('dim_team_games') }}
    where is_result and {{ in_season_so_far() }}
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

judged as (
    select listed.*, exceptions.reason is not null as is_named
    from listed
    left join {{ ref('completeness_exceptions') }} as exceptions
        on
            (not listed.has_source or listed.quarantine_reason is not null)
            and {{ line_names_row('exceptions', 'listed') }}
),

not_named as (
    select table_name, game_date, quarantine_reason from judged
    where not is_named and (not has_source or quarantine_reason is not null)
),

excusing_lines as (
    {{ lines_by_number('not_named') }}
),

excused_dates as (
    {{ dates_excused_by_number('not_named', 'excusing_lines') }}
),

expected as (
    select judged.*
    from judged
    left join excused_dates
        on
            not judged.has_source
            and judged.table_name = excused_dates.table_name
            and judged.game_date = excused_dates.game_date
    where judged.quarantine_reason is null and not judged.is_named and excused_dates.table_name is null
),

built_games as (
    select game_id, min(game_date) as game_date from boxes
    group by game_id
),

actual as (
    {%- for table_name in reads | map(attribute=0) | unique %}
    select '{{ table_name }}' as table_name, game_date, game_id, {{ entity_column(table_name) }} as entity
    from {{ ref(table_name) }}
    where {{ in_season_so_far() if table_name in of_the_season else in_window() }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

missing as (
    select expected.table_name, expected.game_date, expected.game_id, expected.entity, expected.has_source
    from expected
    left join actual
        on
            expected.table_name = actual.table_name
            and expected.game_id = actual.game_id
            and expected.entity = actual.entity
    where actual.entity is null
),

-- Days of a table that lack something, and hold nothing though a source has some of it.
empty_days as (
    select missing.table_name, missing.game_date
    from missing
    left join actual on missing.table_name = actual.table_name and missing.game_date = actual.game_date
    group by missing.table_name, missing.game_date
    having count(actual.game_id) = 0 and {{ count_where('missing.has_source') }} > 0
),

built_days as (
    select distinct game_date from built_games
),

never_built as (
    select results.game_date, results.game_id, built_days.game_date is null as concerns_all
    from results
    left join built_games on results.game_id = built_games.game_id
    left join built_days on results.game_date = built_days.game_date
    where built_games.game_id is null
),

final as (
    select
        missing.table_name,
        missing.game_date,
        missing.game_id,
        missing.entity,
        empty_days.table_name is not null as concerns_all,
        missing.has_source as can_come
    from missing
    left join empty_days on missing.table_name = empty_days.table_name and missing.game_date = empty_days.game_date
    {%- for table_name in of_the_season %}
    union all
    select '{{ table_name }}', game_date, game_id, cast(null as string), concerns_all, true
    from never_built
    {%- endfor %}
)

select * from final
