-- One row per hashed table and date of the window: rows that the schedule and the rules expect against rows
-- that are there, and what that makes of the date. Entities that are to have no row are counted by reason.
--
-- unknown: the schedule says nothing of the date. no_games: nothing is scheduled. expected_empty: games, and by the rules
-- nobody who is to have a row. complete: exactly the rows expected. excused: all but rows that can never come, each in
-- a reviewed line of completeness_exceptions that names them. blocked: held up, by name, or nobody has a whole history.
-- missing: none of the rows expected. partial: anything else, as where players or teams lack a game that their rows read.
-- A row in quarantine is a row expected. Who lacks what he reads (UPSTREAM_INCOMPLETE) is excused by no line of his own:
-- the line belongs to the row that is lost, and then nobody lacks it.
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

known as (
    select calendar.game_date
    from calendar
    inner join {{ ref('known_dates') }} as spans on calendar.game_date between spans.first_date and spans.last_date
),

old_schedule as (
    select * from {{ ref('schedule_blocks') }}
),

-- Rows that nobody can name are excused by number.
excused as (
    {{ lines_by_number('calendar') }}
),

listed as (
    select
        table_name,
        game_date,
        coalesce(game_id, '') as game_id,
        entity,
        case
            when quarantine_reason is not null then 'quarantined'
            when not has_source then 'no source'
        end as no_row_since,
        case
            when quarantine_reason is not null then quarantine_reason || ': ' || entity
            when not has_source then entity || coalesce(' of ' || game_id, '')
        end as held_back,
        quarantine_reason,
        cast(null as string) as lacks
    from {{ ref('expected_rows') }}
    where {{ in_window() }}
    union all
    select
        table_name, game_date, '', entity, outcome, cast(null as string), cast(null as string),
        case when outcome = 'UPSTREAM_INCOMPLETE' then concat(entity, ': ', outcome_reason) end
    from {{ ref('precompute_entities') }}
    where {{ in_window() }}
),

named as (
    select distinct listed.table_name, listed.game_date, listed.game_id, listed.entity, listed.quarantine_reason
    from listed
    inner join {{ ref('completeness_exceptions') }} as lines
        on {{ line_names_row('lines', 'listed') }}
    where listed.no_row_since is not null and listed.no_row_since <> 'UPSTREAM_INCOMPLETE'
),

expected as (
    select listed.*, named.entity is not null as is_named
    from listed
    left join named
        on
            listed.table_name = named.table_name
            and listed.game_date = named.game_date
            and listed.game_id = named.game_id
            and listed.entity = named.entity
            and coalesce(listed.quarantine_reason, '') = coalesce(named.quarantine_reason, '')
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
        expected.entity,
        expected.no_row_since,
        expected.quarantine_reason,
        expected.held_back,
        expected.lacks,
        coalesce(expected.is_named, false) as is_named,
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
        {{ count_where("is_expected or no_row_since in ('quarantined', 'no source', 'UPSTREAM_INCOMPLETE')") }} as expected_rows,
        {{ count_where('is_there') }} as actual_rows,
        {{ count_where('is_expected and not is_there') }} as missing_rows,
        {{ count_where('is_there and not is_expected') }} as surplus_rows,
        {{ count_where("no_row_since in ('EXPECTED_INCOMPLETE', 'INSUFFICIENT_DATA')") }} as too_few_games,
        {{ count_where("no_row_since in ('INCOMPLETE_UPSTREAM', 'INCOMPLETE_DATA')") }} as history_incomplete,
        {{ count_where("no_row_since = 'no source'") }} as without_source,
        {{ count_where("no_row_since = 'quarantined'") }} as quarantined,
        {{ count_where("no_row_since = 'UPSTREAM_INCOMPLETE'") }} as upstream_incomplete,
        {{ count_where("is_named and no_row_since in ('quarantined', 'no source')") }} as named_lacking,
        {{ count_where("is_named and no_row_since in ('INCOMPLETE_UPSTREAM', 'INCOMPLETE_DATA')") }} as named_incomplete,
        -- Whom no line excuses goes first.
        {%- for since, name in [('quarantined', 'first_held_back'), ('no source', 'first_without_source')] %}
        coalesce(
            min(case when no_row_since = '{{ since }}' and not is_named then held_back end),
            min(case when no_row_since = '{{ since }}' then held_back end)
        ) as {{ name }},
        {%- endfor %}
        min(case when is_named and no_row_since in ('quarantined', 'no source') then entity end) as first_named,
        coalesce(min(case when not is_named then lacks end), min(lacks)) as first_lacking
    from compared
    group by table_name, game_date
),

not_named as (
    select table_name, game_date, quarantine_reason from compared
    where no_row_since = 'quarantined' and not is_named
),

excused_by_reason as (
    {{ excused_by_their_reason('not_named', 'excused') }}
),

tables as (
    {%- for table_name, of_table in declared.items() %}
    select
        '{{ table_name }}' as table_name,
        {{ 'true' if of_table.after_bootstrap else 'false' }} as is_precompute,
        {{ 'false' if of_table.is_played else 'true' }} as looks_back
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

blocked as (
    select * from {{ ref('blocked_dates') }}
    where {{ in_window() }}
),

waiting as (
    select table_name, game_date, min(concat(entity, ' ', reason)) as first_waiting from {{ ref('blocked_entities') }}
    where {{ in_window() }}
    group by table_name, game_date
),

judged as (
    select
        tables.table_name,
        tables.is_precompute,
        calendar.game_date,
        scheduled.season_year,
        scheduled.game_date is not null as has_games,
        scheduled.is_analysis_date,
        known.game_date is not null as is_known,
        counted.table_name is not null as is_counted,
        coalesce(scheduled.games, 0) as scheduled_games,
        {%- for name in ['expected_rows', 'actual_rows', 'missing_rows', 'surplus_rows', 'too_few_games',
                         'history_incomplete', 'without_source', 'quarantined', 'upstream_incomplete',
                         'named_incomplete'] %}
        coalesce(counted.{{ name }}, 0) as {{ name }},
        {%- endfor %}
        counted.first_held_back,
        counted.first_without_source,
        counted.first_lacking,
        counted.first_named,
        coalesce(', the first ' || waiting.first_waiting, '') as what_is_first,
        excused.row_count as rows_of_lines,
        coalesce(excused_by_reason.row_count, 0) + coalesce(counted.named_lacking, 0) as excused_as_such,
        coalesce(of_date.reason, case when tables.looks_back then of_season.reason end) as schedule_reason,
        blocked.reason as blocked_reason
    from tables
    cross join calendar
    left join known on calendar.game_date = known.game_date
    left join scheduled on calendar.game_date = scheduled.game_date
    left join counted on tables.table_name = counted.table_name and calendar.game_date = counted.game_date
    left join blocked on tables.table_name = blocked.table_name and calendar.game_date = blocked.game_date
    left join waiting on tables.table_name = waiting.table_name and calendar.game_date = waiting.game_date
    left join excused
        on
            tables.table_name = excused.table_name
            and calendar.game_date = excused.game_date
            and excused.quarantine_reason = ''
    left join excused_by_reason
        on tables.table_name = excused_by_reason.table_name and calendar.game_date = excused_by_reason.game_date
    left join old_schedule as of_date
        on calendar.game_date = of_date.game_date and of_date.window_name = 'same_date'
    left join old_schedule as of_season
        on calendar.game_date = of_season.game_date and of_season.window_name = 'season_before'
),

-- Why nobody has a row of a precompute table on a date with games.
explained as (
    select
        *,
        case
            when not is_precompute or not has_games or expected_rows + actual_rows > 0 then cast(null as string)
            when not is_analysis_date then 'the first {{ var('precompute_bootstrap_days') }} days of the season'
            when not is_counted then 'upcoming_player_game_context names nobody'
            when history_incomplete > 0 then 'every history lacks games'
            else 'too few games of the season so far'
        end as nobody_since,
        without_source + quarantined + upstream_incomplete as lacking_rows,
        (rows_of_lines is not null or excused_as_such + named_incomplete > 0)
        and upstream_incomplete = 0
        and without_source + quarantined - excused_as_such <= coalesce(rows_of_lines, 0) as is_excused,
        case
            when missing_rows > 0
                then concat({{ counted_rows('missing_rows') }}, ' expected and not there', what_is_first, '; ')
            else ''
        end as what_is_missing,
        case
            when without_source > 0
                then concat({{ counted_rows('without_source') }}, ' without a source, the first: ', first_without_source, '; ')
            else ''
        end as what_has_no_source,
        case
            when quarantined > 0 then concat({{ counted_rows('quarantined') }}, ' held back, the first: ', first_held_back, '; ')
            else ''
        end as what_is_held_back,
        case
            when upstream_incomplete > 0
                then concat({{ counted_rows('upstream_incomplete') }}, ' lack what they read, the first ', first_lacking, '; ')
            else ''
        end as what_lacks_upstream,
        case
            when coalesce(rows_of_lines, 0) + excused_as_such = 0 then 'none is'
            when coalesce(rows_of_lines, 0) + excused_as_such = 1 then '1 is'
            else concat(cast(coalesce(rows_of_lines, 0) + excused_as_such as string), ' are')
        end as how_many,
        case
            when first_named is null then ''
            when coalesce(rows_of_lines, 0) + excused_as_such = 1 then concat(': ', first_named)
            else concat(', the first: ', first_named)
        end as whose
    from judged
),

-- Where all that lacks is excused, who that is stands in the reason already.
worded as (
    select *, concat(how_many, ' excused', case when is_excused then '' else whose end) as what_is_excused
    from explained
),

final as (
    select
        table_name,
        game_date,
        season_year,
        {%- for name in ['scheduled_games', 'expected_rows', 'actual_rows', 'missing_rows', 'surplus_rows',
                         'too_few_games', 'without_source', 'quarantined'] %}
        {{ name }},
        {%- endfor %}
        history_incomplete + upstream_incomplete as history_incomplete,
        case
            when schedule_reason is not null then 'blocked'
            when not is_known then 'unknown'
            when not has_games and expected_rows + actual_rows = 0 then 'no_games'
            when blocked_reason is not null then 'blocked'
            when nobody_since like 'the first %' then 'expected_empty'
            when nobody_since like 'too few %' then 'expected_empty'
            when
                nobody_since is not null
                and is_excused
                and history_incomplete - named_incomplete <= coalesce(rows_of_lines, 0)
                then 'excused'
            when nobody_since is not null then 'blocked'
            when missing_rows + surplus_rows + lacking_rows = 0 and is_counted then 'complete'
            when missing_rows + surplus_rows = 0 and is_excused then 'excused'
            when not is_counted then 'expected_empty'
            when actual_rows + missing_rows = 0 and upstream_incomplete > 0 then 'blocked'
            when actual_rows = 0 then 'missing'
            else 'partial'
        end as outcome,
        case
            when schedule_reason is not null then schedule_reason
            when not is_known then others.reason_of_others
            when blocked_reason is not null then blocked_reason
            when nobody_since is not null then nobody_since
            when lacking_rows > 0 or missing_rows > 0
                then concat(what_is_missing, what_lacks_upstream, what_has_no_source, what_is_held_back, what_is_excused)
            when surplus_rows > 0 then concat(cast(surplus_rows as string), ' rows are there that nothing expects')
        end as reason,
        cast(case when nobody_since is not null then history_incomplete else lacking_rows end as int64) as excused_rows
    from worded
    cross join (select max(reason_of_others) as reason_of_others from {{ ref('known_dates') }}) as others
)

select * from final
