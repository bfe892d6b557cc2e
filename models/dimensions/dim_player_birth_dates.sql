-- One row per player and when he was born: by the registry, else by ESPN's roster pages. A birth date does not change, so a
-- page of any date will do, also one of after a game. Pages that contradict each other say nothing.
with

players as (
    select * from {{ ref('dim_players') }}
),

pages as (
    select distinct player_lookup, birth_date
    from {{ ref('stg_espn__team_rosters') }}
    where birth_date is not null
),

final as (
    select
        players.player_lookup,
        coalesce(players.birth_date, pages.birth_date) as birth_date,
        case
            when players.birth_date is not null then 'nba_players_registry'
            when pages.birth_date is not null then 'espn_team_rosters'
        end as birth_date_source
    from players
    left join pages on players.player_lookup = pages.player_lookup
)

select * from final
