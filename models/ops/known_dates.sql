-- One row per span of dates of which the schedule knows whether games are played: from the first to the last game of a
-- season, of whatever kind, and the summer after it. Rows of which nothing says which game they are move no end.
--
-- A summer lasts until the next season's first game, and without a schedule of that to the end of September: it is out by
-- October. Then it is one only after a team has won the final series: a schedule that is cut off ends in the middle.
{{ config(materialized='table') }}

with

games as (
    select * from {{ ref('base_nbac__schedule') }}
    where is_usable or is_waiting
),

seasons as (
    select season_year, min(game_date) as first_date, max(game_date) as last_date
    from games
    group by season_year
),

wins_of_finals as (
    select
        season_year,
        case when home_points > away_points then home_team_abbr else away_team_abbr end as team_abbr,
        count(*) as wins
    from games
    where is_usable and game_status = 'final' and {{ is_of_final_series('nba_game_id') }}
    group by season_year, case when home_points > away_points then home_team_abbr else away_team_abbr end
),

champions as (
    select season_year, team_abbr from wins_of_finals
    where wins >= 4
),

summers as (
    select
        before.season_year,
        {{ days_before('before.last_date', -1) }} as first_date,
        case
            when after.season_year is not null then {{ days_before('after.first_date', 1) }}
            when champions.season_year is not null then cast(concat(cast(before.season_year + 1 as string), '-09-30') as date)
        end as last_date
    from seasons as before
    left join seasons as after on after.season_year = before.season_year + 1
    left join champions on before.season_year = champions.season_year
),

spans as (
    select season_year, first_date, last_date, false as is_summer from seasons
    union all
    select season_year, first_date, last_date, true as is_summer from summers
    where first_date <= last_date
),

final as (
    select
        *,
        concat(
            'the schedule goes from ', cast(min(first_date) over () as string),
            ' to ', cast(max(case when not is_summer then last_date end) over () as string), ', and says nothing of it'
        ) as reason_of_others
    from spans
)

select * from final
