-- One row per date and player who may play: the official roster of his game, whatever his status, or where the gamebook
-- lacks his team's, ESPN's newest roster (int_team_rosters), and whoever appeared for the team in its last ten games, not
-- before the day of that roster. Who appeared for another team since is with that one. Of an official roster that is cut off
-- (rosters_cut_off) all of them name his team's.
--
-- Appearances come from player_game_summary, so days before the window must have been built.
{{ config(**replace_window()) }}

with

games as (
    select * from {{ ref('dim_team_games') }}
    where {{ in_window() }} and is_in_scope
),

{{ official_rosters() }},

pages as (
    select * from {{ ref('int_team_rosters') }}
    where {{ in_window() }}
),

dates_of_pages as (
    select distinct game_id, team_abbr, roster_date from pages
),

results as (
    select * from {{ ref('dim_team_games') }}
    where is_result
),

appearances as (
    select game_id, game_date, season_year, player_lookup, team_abbr
    from {{ ref('player_game_summary') }}
    where {{ in_season_so_far() }}
),

recent as (
    select
        games.game_id,
        games.game_date,
        games.season_year,
        games.team_abbr,
        appearances.player_lookup,
        max(appearances.game_date) as last_appearance
    from games
    left join teams_with_roster
        on games.game_id = teams_with_roster.game_id and games.team_abbr = teams_with_roster.team_abbr
    inner join results
        on {{ is_among_last_results('results', 'games', var('roster_games')) }}
    inner join appearances on results.game_id = appearances.game_id and results.team_abbr = appearances.team_abbr
    where teams_with_roster.game_id is null
    group by games.game_id, games.game_date, games.season_year, games.team_abbr, appearances.player_lookup
),

-- Compared over all teams: a traded player appeared for his former team within its last ten games. And with a roster that
-- is newer than his last appearance: it would name him.
still_there as (
    select recent.game_id, recent.team_abbr, recent.player_lookup, recent.last_appearance
    from recent
    left join dates_of_pages on recent.game_id = dates_of_pages.game_id and recent.team_abbr = dates_of_pages.team_abbr
    inner join appearances
        on
            recent.player_lookup = appearances.player_lookup
            and recent.season_year = appearances.season_year
            and recent.game_date > appearances.game_date
    where dates_of_pages.roster_date is null or recent.last_appearance >= dates_of_pages.roster_date
    group by recent.game_id, recent.team_abbr, recent.player_lookup, recent.last_appearance
    having max(appearances.game_date) = recent.last_appearance
),

gone_since as (
    select distinct pages.game_id, pages.player_lookup
    from pages
    inner join appearances
        on
            pages.player_lookup = appearances.player_lookup
            and pages.team_abbr <> appearances.team_abbr
            and pages.roster_date <= appearances.game_date
            and pages.game_date > appearances.game_date
),

named as (
    select
        game_id,
        team_abbr,
        player_lookup,
        'nbac_gamebook' as roster_source,
        player_status as roster_status,
        1 as preference,
        game_date as known_on
    from official
    union all
    select
        pages.game_id, pages.team_abbr, pages.player_lookup, 'espn_team_rosters', cast(null as string), 2, pages.roster_date
    from pages
    left join gone_since on pages.game_id = gone_since.game_id and pages.player_lookup = gone_since.player_lookup
    where gone_since.game_id is null
    union all
    select game_id, team_abbr, player_lookup, 'player_game_summary', cast(null as string), 3, last_appearance
    from still_there
),

final as (
    select
        games.game_date,
        named.player_lookup,
        games.game_id,
        games.team_abbr,
        games.season_year,
        named.roster_source,
        named.roster_status
    from named
    inner join games on named.game_id = games.game_id and named.team_abbr = games.team_abbr
    -- Traded since his last game: the roster that names him is right, the recent games are not.
    qualify row_number() over (
            partition by games.game_date, named.player_lookup
            order by named.preference asc, named.known_on desc, games.game_id asc, games.team_abbr asc
        ) = 1
)

select * from final
