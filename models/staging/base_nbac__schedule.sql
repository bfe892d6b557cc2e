-- One row per game that the league scheduled, of every kind. Read whole, without a window: a feed's row may name a
-- game of any date.
--
-- `quarantine_reason` says what is wrong with a row. Where `is_usable`, the game is known all the same, and what is
-- wrong is not used: ids resolve against these rows. `is_waiting` is a game whose teams the league does not know yet.
-- Of a game whose date and tip-off name two dates nobody knows which is right: they agree in all rows of 2021-23.
-- Of a game that `is_out_of_scope` nothing is expected, so nothing is wrong with its row: preseason, all-star.
{{ config(materialized='table', post_hook="{{ check_tipoff_hours(this) }}") }}

with

loaded as (
    select
        *,
        concat(
            cast(game_date as string), ' ', coalesce(away_team_tricode, '?'), '@', coalesce(home_team_tricode, '?'),
            case game_status
                when 1 then ' scheduled' when 2 then ' live' when 3 then ' final'
                else concat(' status ', coalesce(cast(game_status as string), 'null'))
            end,
            coalesce(concat(' ', cast(away_team_score as string), '-', cast(home_team_score as string)), '')
        ) as row_text,
        coalesce({{ official_game_id('game_id') }}, game_id) as any_game_id,
        coalesce(game_status = 3 and home_team_score is not null and away_team_score is not null, false) as has_result
    from {{ raw_rows('nba_raw', 'nbac_schedule', where="game_date >= date '0001-01-01'") }} as raw_rows
),

-- A game that was postponed may keep its old row beside the new one: of rows that came together one with a result is
-- newer than those without, and else the later date, since a game is put off and not brought forward.
ordered as (
    select
        *,
        rank() over (
            partition by any_game_id, processed_at
            order by case when has_result then 1 else 2 end, case when not has_result then game_date end desc
        ) as age
    from loaded
),

-- Rows of other loads are older news; of two that came together, and are as new, neither is known to be right.
schedule as (
    select
        *,
        min(row_text) over (partition by any_game_id, processed_at) as first_text,
        max(row_text) over (partition by any_game_id, processed_at) as last_text
    from ordered
    where age = 1
    qualify {{ newest_first('nba_raw', 'nbac_schedule', ['any_game_id']) }}
),

teams as (
    select team_abbr from {{ ref('arenas') }}
    where team_abbr is not null
),

timed as (
    select *, {{ tipoff_of_schedule() }} as tipoff_at
    from schedule
),

identified as (
    select
        timed.*,
        {{ eastern_date('tipoff_at') }} as tipoff_date,
        {{ official_game_id('game_id') }} as nba_game_id,
        {{ team_of_schedule('home_team_tricode') }} as home_team_abbr,
        {{ team_of_schedule('away_team_tricode') }} as away_team_abbr,
        case
            when first_text <> last_text then 'unknown'
            when game_status = 1 then 'scheduled'
            when game_status = 2 then 'live'
            when has_result then 'final'
            else 'unknown'
        end as status
    from timed
),

typed as (
    select
        *,
        {{ game_type('nba_game_id') }} as game_type,
        {{ season_of_game('nba_game_id', 'game_date') }} as season_of_id,
        {{ season_of_game('nba_game_id', 'tipoff_date') }} as season_of_tipoff
    from identified
),

placed as (
    select
        typed.*,
        -- A row of which nobody knows the kind of its game is of the league's until that is known.
        coalesce(not ({{ is_in_scope('game_type') }} or typed.game_type = 'cup_final'), false) as is_out_of_scope,
        home.team_abbr is not null and away.team_abbr is not null as are_teams_of_league
    from typed
    left join teams as home on typed.home_team_abbr = home.team_abbr
    left join teams as away on typed.away_team_abbr = away.team_abbr
),

-- What makes a row unusable: nothing says which game it is.
judged as (
    select
        *,
        case
            when nba_game_id is null then 'unreadable game id'
            when game_type is null then 'unknown kind of game'
            when season_of_id is null then 'date is not of the season that the id names'
            when tipoff_date <> game_date then 'date is not that of the tip-off'
            when (home_team_abbr is null or away_team_abbr is null) and status = 'scheduled'
                then 'teams are not known yet'
            when home_team_abbr is null or away_team_abbr is null then 'no teams'
            when not is_out_of_scope and not are_teams_of_league then 'unknown team'
            when home_team_abbr = away_team_abbr then 'a team against itself'
        end as own_problem
    from placed
),

paired as (
    select
        *,
        row_number() over (
            partition by
                own_problem is null, game_date, least(home_team_abbr, away_team_abbr),
                greatest(home_team_abbr, away_team_abbr)
            order by is_out_of_scope, case status when 'final' then 1 when 'live' then 2 else 3 end, nba_game_id, game_id
        ) as game_of_pair
    from judged
),

-- A team plays once a day: of two games the one that is further on is its own. Rows out of scope are left alone: in
-- 2022 and 2023 teams of the all-star weekend have two games a day.
games_of_teams as (
    {%- for side in ['home', 'away'] %}
    select
        game_date, {{ side }}_team_abbr as team_abbr, nba_game_id,
        case status when 'final' then 1 when 'live' then 2 else 3 end as stage
    from paired
    where own_problem is null and game_of_pair = 1 and not is_out_of_scope
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

second_games as (
    select distinct games.nba_game_id
    from (
        select
            nba_game_id,
            row_number() over (partition by game_date, team_abbr order by stage, nba_game_id) as game_of_team
        from games_of_teams
    ) as games
    where games.game_of_team > 1
),

final as (
    select
        {{ canonical_game_id('game_date', 'away_team_abbr', 'home_team_abbr') }} as game_id,
        coalesce(paired.nba_game_id, game_id) as nba_game_id,
        game_type,
        coalesce(season_of_id, season_year) as season_year,
        game_date,
        tipoff_at,
        case
            when tipoff_date <> game_date and (season_of_tipoff is not null or paired.nba_game_id is null) then tipoff_date
        end as other_date,
        status as game_status,
        home_team_abbr,
        away_team_abbr,
        home_team_score as home_points,
        away_team_score as away_points,
        arena_name,
        arena_city,
        arena_state,
        arena_timezone,
        neutral_site_flag as is_neutral_site,
        own_problem is null and game_of_pair = 1 and second_games.nba_game_id is null as is_usable,
        coalesce(own_problem = 'teams are not known yet', false) as is_waiting,
        is_out_of_scope,
        coalesce(own_problem <> 'date is not of the season that the id names', true) or season_of_tipoff is not null as is_dated,
        case
            when is_out_of_scope then cast(null as string)
            when own_problem is not null then own_problem
            when first_text <> last_text then concat('two rows of the game that differ: ', first_text, ' and ', last_text)
            when game_of_pair > 1 then 'another game of the same teams on the date'
            when second_games.nba_game_id is not null then 'another game of one of its teams on the date'
            when paired.nba_game_id <> game_id then 'game id without its leading zeros'
            when season_year <> season_of_id then 'season is not the one that the id names'
            when status = 'unknown' and game_status = 3 then 'final without a score'
            when status = 'unknown' then 'unknown game status'
            when tipoff_at is null then 'no tip-off'
        end as quarantine_reason,
        source_file_path,
        processed_at
    from paired
    left join second_games on paired.nba_game_id = second_games.nba_game_id
)

select * from final
