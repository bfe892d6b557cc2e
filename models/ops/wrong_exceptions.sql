-- One row per line of completeness_exceptions that can excuse nothing as it stands, and why. A line whose row came after
-- all is none of these.
--
-- Of dates that the schedule does not know nothing is said: another archive may have them. Whom a line names may be as
-- unknown as the row that it excuses: then it is held against the rows that played games are to have, once every date is
-- built. Raw rows alone decide: what reads this waits for no hashed table.
{{ config(materialized='view') }}

with

lines as (
    select
        *,
        {{ subject_of_expected('entity') }} as who,
        row_number() over (order by table_name, first_date, last_date, entity, quarantine_reason, row_count) as line_number
    from {{ ref('completeness_exceptions') }}
),

tables as (
    {{ names_as_rows(declared_rows() | list) }}
),

-- Days of a line's range of which the schedule says whether games are played.
known as (
    select
        lines.line_number,
        sum({{ days_between('greatest(lines.first_date, spans.first_date)', 'least(lines.last_date, spans.last_date)') }} + 1)
            as known_days
    from lines
    inner join {{ ref('known_dates') }} as spans
        on lines.first_date <= spans.last_date and lines.last_date >= spans.first_date
    group by lines.line_number
),

days as (
    select lines.line_number, count(*) as game_days, count(built.game_date) as built_days
    from lines
    inner join {{ ref('dim_game_dates') }} as dates on dates.game_date between lines.first_date and lines.last_date
    left join (select distinct game_date from {{ ref('expected_boxes') }}) as built on dates.game_date = built.game_date
    group by lines.line_number
),

teams as (
    select distinct team_abbr from {{ ref('dim_team_games') }}
    where is_in_scope
),

team_games as (
    select distinct lines.line_number
    from lines
    inner join {{ ref('dim_team_games') }} as games
        on lines.who = games.team_abbr and games.game_date between lines.first_date and lines.last_date
    where games.is_in_scope
),

players as (
    select distinct player_lookup from {{ ref('dim_players') }}
),

listed as (
    select distinct lines.line_number
    from lines
    inner join {{ ref('expected_boxes') }} as boxes
        on lines.entity = boxes.entity and boxes.game_date between lines.first_date and lines.last_date
),

judged as (
    select
        lines.*,
        coalesce(known.known_days = {{ days_between('lines.first_date', 'lines.last_date') }} + 1, false) as is_known,
        coalesce(days.game_days, 0) as game_days,
        days.built_days = days.game_days as is_built,
        tables.table_name is not null as is_table,
        teams.team_abbr is not null as is_team,
        team_games.line_number is not null as has_team_games,
        coalesce(teams.team_abbr, players.player_lookup) is not null or listed.line_number is not null as is_somebody
    from lines
    left join tables on lines.table_name = tables.table_name
    left join known on lines.line_number = known.line_number
    left join days on lines.line_number = days.line_number
    left join teams on lines.who = teams.team_abbr
    left join team_games on lines.line_number = team_games.line_number
    left join players on lines.who = players.player_lookup
    left join listed on lines.line_number = listed.line_number
),

named as (
    select
        concat(
            coalesce(table_name, 'no table'), ' ', coalesce(cast(first_date as string), '?'), ' to ',
            coalesce(cast(last_date as string), '?'), ' ', coalesce(entity, 'without an entity')
        ) as line,
        case
            when not is_table then 'unknown table'
            when first_date is null or last_date is null then 'no first_date or last_date'
            when first_date > last_date then 'last_date is before first_date'
            when entity is null and coalesce(row_count, -1) < 0 then 'neither an entity nor a row_count'
            when not ({{ line_is_reviewed('judged') }}) then 'no reason, or nobody looked at it'
            when entity = '?' then 'names nobody'
            when is_known and game_days = 0 then 'no game on its dates'
            when is_known and is_team and not has_team_games then 'no game of the team on its dates'
            when is_known and is_built and not is_somebody and entity is not null then 'names nobody'
        end as problem
    from judged
),

final as (
    select line, problem from named
    where problem is not null
)

select * from final
