-- One row per date and player who may play: the official roster of his game, whatever his status, or
-- where the gamebook lacks his team's, whoever appeared for the team in its last ten games, unless his
-- newest appearance was for another team. Of a roster that is cut off (rosters_cut_off) both name his team's.
--
-- Appearances come from player_game_summary, so days before the window must have been built.
{{ config(**replace_window()) }}

with

games as (
    select * from {{ ref('dim_team_games') }}
    where {{ in_window() }} and is_in_scope
),

official as (
    select game_date, game_id, team_abbr, player_lookup, player_status
    from {{ ref('stg_nbac__gamebook_player_stats') }}
    where {{ in_window() }} and is_on_roster
),

cut_off as (
    {{ rosters_cut_off('official') }}
),

teams_with_roster as (
    select distinct official.game_id, official.team_abbr
    from official
    left join cut_off on official.game_id = cut_off.game_id and official.team_abbr = cut_off.team_abbr
    where cut_off.game_id is null
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

-- Compared over all teams: a traded player appeared for his former team within its last ten games.
still_there as (
    select recent.game_id, recent.team_abbr, recent.player_lookup
    from recent
    inner join appearances
        on
            recent.player_lookup = appearances.player_lookup
            and recent.season_year = appearances.season_year
            and recent.game_date > appearances.game_date
    group by recent.game_id, recent.team_abbr, recent.player_lookup, recent.last_appearance
    having max(appearances.game_date) = recent.last_appearance
),

named as (
    select game_id, team_abbr, player_lookup, 'nbac_gamebook' as roster_source, player_status as roster_status
    from official
    union all
    select game_id, team_abbr, player_lookup, 'player_game_summary', cast(null as string)
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
            partition by games.game_date, named.player_lookup order by named.roster_source, games.game_id, games.team_abbr
        ) = 1
)

select * from final
