-- One row per game, team whose official roster is not there or is cut off, and player on the newest roster page that ESPN
-- has of the team: of the date of the game or before it, never later, and no older than var roster_days.
--
-- A player is on the newest page that names him, of whichever team: a page of his former team may be older. Each team has a
-- newest page of its own, so a day on which a few teams were read leaves nobody out. Of several pages of a day the last
-- one counts.
{{ config(**replace_window()) }}

with

games as (
    select * from {{ ref('dim_team_games') }}
    where {{ in_window() }} and is_in_scope
),

{{ official_rosters() }},

rosters as (
    select * from {{ ref('stg_espn__team_rosters') }}
    where {{ in_window('roster_date', days_before=var('roster_days')) }} and is_usable
),

pages as (
    select team_abbr, roster_date, max(scrape_hour) as scrape_hour
    from rosters
    group by team_abbr, roster_date
),

newest as (
    select dates.game_date, pages.team_abbr, max(pages.roster_date) as roster_date
    from (select distinct game_date from games) as dates
    inner join pages
        on
            dates.game_date >= pages.roster_date
            and {{ days_before('dates.game_date', var('roster_days')) }} <= pages.roster_date
    group by dates.game_date, pages.team_abbr
),

named as (
    select distinct newest.game_date, newest.team_abbr, newest.roster_date, rosters.player_lookup
    from newest
    inner join pages on newest.team_abbr = pages.team_abbr and newest.roster_date = pages.roster_date
    inner join rosters
        on
            pages.team_abbr = rosters.team_abbr
            and pages.roster_date = rosters.roster_date
            and pages.scrape_hour = rosters.scrape_hour
),

on_newest_page as (
    select * from named
    qualify roster_date = max(roster_date) over (partition by game_date, player_lookup)
),

final as (
    select
        games.game_date,
        games.game_id,
        games.team_abbr,
        on_newest_page.player_lookup,
        on_newest_page.roster_date
    from games
    left join teams_with_roster on games.game_id = teams_with_roster.game_id and games.team_abbr = teams_with_roster.team_abbr
    inner join on_newest_page
        on games.game_date = on_newest_page.game_date and games.team_abbr = on_newest_page.team_abbr
    where teams_with_roster.game_id is null
)

select * from final
