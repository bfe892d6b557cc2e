-- One row per date, player or team, and game of the season before the date that their history lacks so that no row may
-- be made of it: their own row, or their team's, is expected and not there, or the game was never built. Days that a
-- table lacks whole concern all: upstream_gaps has these.
--
-- A game whose team rows lack is lost for both of its teams and for all of their players, whose shares are of team rows.
{{ config(**replace_window()) }}

with

dates as (
    select * from {{ ref('dim_game_dates') }}
    where {{ in_window() }} and is_analysis_date
),

history as (
    select * from {{ ref('history_games') }}
),

gaps as (
    select * from {{ ref('missing_rows') }}
    where not concerns_all
),

games_of_teams as (
    select game_id, min(table_name) as table_name, max(case when can_come then 1 else 0 end) as can_come
    from gaps
    where table_name in (select played.table_name from ({{ names_as_rows(tables_of(['teams_that_played'])) }}) as played)
    group by game_id
),

games_of_players as (
    select game_id, entity, min(table_name) as table_name, max(case when can_come then 1 else 0 end) as can_come
    from gaps
    where table_name in (select played.table_name from ({{ names_as_rows(tables_of(['players_who_played'])) }}) as played)
    group by game_id, entity
),

lacking as (
    select
        history.entity_type,
        history.entity,
        history.season_year,
        history.game_date,
        history.game_id,
        history.known_since,
        history.known_until,
        coalesce(games_of_teams.table_name, games_of_players.table_name) as table_name,
        coalesce(games_of_teams.can_come, games_of_players.can_come) = 1 as can_come
    from history
    left join games_of_teams on history.game_id = games_of_teams.game_id
    left join games_of_players
        on
            history.game_id = games_of_players.game_id
            and history.expected_as = games_of_players.entity
            and history.entity_type = 'player'
            and not history.is_there
    where games_of_teams.game_id is not null or games_of_players.game_id is not null
),

-- Tables look back over games that are there, or would be if nothing lacked: not over those that are held back or excused,
-- which history_games_ago counts, as they are expected.
counted as (
    select entity_type, entity, season_year, game_date, game_id, known_since, known_until from history
    where is_there
    union distinct
    select entity_type, entity, season_year, game_date, game_id, known_since, known_until from lacking
),

-- Few games lack, so their distance is counted for these alone.
final as (
    select
        dates.game_date,
        lacking.entity_type,
        lacking.entity,
        lacking.game_id,
        lacking.table_name,
        lacking.can_come,
        {{ days_between('lacking.game_date', 'dates.game_date') }} as days_ago,
        count(distinct counted.game_id) as games_ago
    from lacking
    inner join dates
        on
            lacking.season_year = dates.season_year
            and lacking.known_since < dates.game_date
            and lacking.known_until >= dates.game_date
    inner join counted
        on
            lacking.entity_type = counted.entity_type
            and lacking.entity = counted.entity
            and lacking.season_year = counted.season_year
            and lacking.game_date <= counted.game_date
            and dates.game_date > counted.known_since
            and dates.game_date <= counted.known_until
    group by
        dates.game_date, lacking.entity_type, lacking.entity, lacking.game_id, lacking.table_name, lacking.can_come,
        lacking.game_date
)

select * from final
