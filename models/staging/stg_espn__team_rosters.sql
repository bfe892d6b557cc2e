-- One row per roster page (date, hour, team) and player on it, of every date: a birth date counts whenever it was read.
--
-- A birth date counts wherever somebody is named, be his page cut off; two of one player contradict each other, and then
-- neither counts. So it depends on what pages say, and not on when they say it.
--
-- A page names nobody by an id that other feeds know. Where its name means several players, the team says which, in the
-- season that is on or comes next. Where several of ESPN's players come out as one of the registry, he is the one whom the
-- registry has with that team and season; nobody gets another one's birth date.
{{ config(materialized='table') }}

{%- set grain = [
    'roster_date', 'scrape_hour', 'team_abbr', 'espn_player_id', 'coalesce(found_player_lookup, player_lookup, player_full_name)'
] %}

with

pages as (
    select
        * {{ star_except(['player_full_name', 'player_lookup']) }},
        nullif(trim({{ spoken_name('player_full_name') }}), '') as player_full_name,
        nullif(trim(player_lookup), '') as player_lookup
    from {{ raw_rows('nba_raw', 'espn_team_rosters', where="roster_date >= date '0001-01-01'") }} as raw_rows
),

seasons as (
    select
        season_year,
        last_date,
        lag(last_date) over (order by last_date) as last_date_before
    from (
        select season_year, max(game_date) as last_date from {{ ref('dim_game_dates') }}
        group by season_year
    ) as ends
),

-- Of each day of pages the season that is on, or comes next.
seasons_of_days as (
    select days.roster_date, seasons.season_year
    from (select distinct roster_date from pages) as days
    inner join seasons
        on
            days.roster_date <= seasons.last_date
            and (seasons.last_date_before is null or days.roster_date > seasons.last_date_before)
),

teams_of_schedule as (
    select distinct team_abbr from {{ ref('dim_team_games') }}
    where is_in_scope
),

identified as (
    select
        pages.*,
        seasons_of_days.season_year as season_of_date,
        teams_of_schedule.team_abbr is not null as is_known_team,
        {{ found_player('player') }} as found_player_lookup,
        {{ is_ambiguous_player('player') }} as is_ambiguous_player
    from pages
    left join seasons_of_days on pages.roster_date = seasons_of_days.roster_date
    left join teams_of_schedule on pages.team_abbr = teams_of_schedule.team_abbr
    {{ join_player(
        'player', 'pages.player_full_name', 'pages.player_lookup', ['pages.team_abbr'], season_year='seasons_of_days.season_year'
    ) }}
),

deduplicated as (
    select *, {{ copies(grain) }} as raw_copies
    from identified
    qualify {{ newest_first('nba_raw', 'espn_team_rosters', grain) }}
),

registered as (
    select distinct player_lookup, team_abbr, {{ try_to('INT64', 'left(season, 4)') }} as season_year
    from {{ ref('stg_nba__players_registry') }}
    where is_usable
),

-- A rookie may have the name of somebody who played long ago, and is not in the registry yet.
careers as (
    select player_lookup, min(season_year) as first_season, max(season_year) as last_season
    from registered
    group by player_lookup
),

-- Of ESPN's players who come out as one: who of them the registry has where the page has him.
with_ids as (
    select
        deduplicated.*,
        min(deduplicated.espn_player_id) over (partition by deduplicated.found_player_lookup)
        <> max(deduplicated.espn_player_id) over (partition by deduplicated.found_player_lookup) as has_several_ids,
        min(case when registered.player_lookup is not null then deduplicated.espn_player_id end)
            over (partition by deduplicated.found_player_lookup) as first_registered_id,
        max(case when registered.player_lookup is not null then deduplicated.espn_player_id end)
            over (partition by deduplicated.found_player_lookup) as last_registered_id,
        careers.first_season,
        careers.last_season,
        count(*) over (
            partition by deduplicated.roster_date, deduplicated.scrape_hour, deduplicated.team_abbr
        ) as players_on_page
    from deduplicated
    left join registered
        on
            deduplicated.found_player_lookup = registered.player_lookup
            and deduplicated.team_abbr = registered.team_abbr
            and deduplicated.season_of_date = registered.season_year
    left join careers on deduplicated.found_player_lookup = careers.player_lookup
),

judged as (
    select
        *,
        case
            when not is_known_team then 'unknown team'
            when player_full_name is null and player_lookup is null then 'no name'
            when found_player_lookup is null then {{ player_problem('is_ambiguous_player') }}
            when
                has_several_ids
                and not coalesce(first_registered_id = last_registered_id and espn_player_id = first_registered_id, false)
                then 'ambiguous player'
        end as player_problem,
        case
            when scrape_hour is null then 'no hour of the page'
            when players_on_page < {{ var('min_roster_players') }} then 'roster is cut off'
        end as page_problem,
        {{ is_impossible_birth_date('birth_date', 'coalesce(season_of_date, extract(year from roster_date))') }}
        or {{ is_impossible_birth_date('birth_date', 'first_season') }}
        or {{ is_impossible_birth_date('birth_date', 'last_season') }} as is_birth_date_impossible
    from with_ids
),

with_birth_dates as (
    select
        *,
        case when player_problem is null and not is_birth_date_impossible then birth_date end as possible_birth_date
    from judged
),

compared as (
    select
        *,
        coalesce(
            possible_birth_date is not null
            and min(possible_birth_date) over (partition by found_player_lookup)
            <> max(possible_birth_date) over (partition by found_player_lookup),
            false
        ) as is_birth_date_contradicted
    from with_birth_dates
),

final as (
    select
        roster_date,
        scrape_hour,
        season_of_date as season_year,
        team_abbr,
        espn_player_id,
        player_full_name,
        coalesce(found_player_lookup, player_lookup) as player_lookup,
        case when not is_birth_date_contradicted then possible_birth_date end as birth_date,
        player_problem is null and page_problem is null as is_usable,
        raw_copies,
        source_file_path,
        processed_at,
        case
            when player_problem is not null then player_problem
            when page_problem is not null then page_problem
            when is_birth_date_impossible then 'impossible birth date'
            when is_birth_date_contradicted then 'contradictory birth dates'
        end as quarantine_reason
    from compared
)

select * from final
