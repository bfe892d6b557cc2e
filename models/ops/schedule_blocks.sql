-- One row per date and window that an old schedule blocks: the date of the games itself (same_date), and the later
-- dates of its season (season_before), since everything that looks back would look over games that it does not know.
{{ config(materialized='ephemeral') }}

with

conflicts as (
    select * from {{ ref('schedule_conflicts') }}
    where {{ in_season_so_far() }}
),

-- Feeds name a game in several ways, so each counts for itself.
by_feed as (
    select game_date, season_year, schedule_says, feed, count(distinct game_id) as games, min(game_id) as first_game_id
    from conflicts
    group by game_date, season_year, schedule_says, feed
),

days as (
    select
        game_date as conflict_date,
        season_year,
        schedule_says,
        max(games) as games,
        min(first_game_id) as first_game_id,
        string_agg(feed, ', ' order by feed) as feeds
    from by_feed
    group by game_date, season_year, schedule_says
),

calendar as (
    {{ window_calendar() }}
),

seasons as (
    select game_date, season_year from {{ ref('dim_game_dates') }}
    where {{ in_window() }}
),

seen_from as (
    select
        calendar.game_date,
        'same_date' as window_name,
        days.conflict_date,
        days.schedule_says,
        days.games,
        days.first_game_id,
        days.feeds
    from calendar
    inner join days on calendar.game_date = days.conflict_date
    union all
    select
        seasons.game_date,
        'season_before',
        days.conflict_date,
        days.schedule_says,
        days.games,
        days.first_game_id,
        days.feeds
    from seasons
    inner join days on seasons.season_year = days.season_year and seasons.game_date > days.conflict_date
),

totals as (
    select
        game_date,
        window_name,
        schedule_says,
        cast(sum(games) as int64) as games,
        min(conflict_date) as first_date,
        max(conflict_date) as last_date,
        min(first_game_id) as first_game_id,
        max(feeds) as feeds
    from seen_from
    group by game_date, window_name, schedule_says
),

loaded as (
    select max(schedule_loaded_on) as loaded_on from conflicts
),

final as (
    select
        totals.game_date,
        totals.window_name,
        string_agg(
            concat(
                'nbac_schedule',
                -- Without any row nobody knows its date.
                case when loaded.loaded_on is null then '' else concat(' of ', cast(loaded.loaded_on as string)) end,
                case totals.schedule_says
                    when 'nothing' then ' has no row of '
                    when 'unknown' then ' has an unknown status of '
                    when 'live' then ' calls live '
                    else ' calls scheduled '
                end,
                cast(totals.games as string), case when totals.games = 1 then ' game' else ' games' end,
                case
                    when totals.window_name = 'same_date' then ''
                    when totals.first_date = totals.last_date then concat(' of ', cast(totals.first_date as string))
                    else concat(' of ', cast(totals.first_date as string), ' to ', cast(totals.last_date as string))
                end,
                ' played by ', totals.feeds, ', the first ', totals.first_game_id,
                case
                    when loaded.loaded_on is null then ': no row of the table is usable: load the schedule of the season'
                    else ': refresh the schedule'
                end
            ),
            '; ' order by totals.schedule_says
        ) as reason
    from totals
    cross join loaded
    group by totals.game_date, totals.window_name
)

select * from final
