-- One row per player, team and season.
--
-- `player_lookup` is whom the hashed tables mean, so no two players have one. Of players whom the registry
-- gives the same key, the one of the earliest season keeps it; the others get their number behind it.
{{ config(materialized='table') }}

{%- set grain = ['player_lookup', 'universal_player_id', 'team_abbr', 'season'] %}

with

registry as (
    select * from {{ raw_rows('nba_reference', 'nba_players_registry', where='true') }} as raw_rows
    qualify {{ newest_first('nba_reference', 'nba_players_registry', grain) }}
),

identified as (
    select
        *,
        min(season) over (partition by universal_player_id) as first_season
    from registry
    where universal_player_id is not null
),

numbered as (
    select
        *,
        dense_rank() over (
            partition by player_lookup order by first_season, universal_player_id
        ) as namesake_number
    from identified
),

final as (
    select
        universal_player_id,
        case
            when namesake_number = 1 then player_lookup
            else player_lookup || cast(namesake_number as string)
        end as player_lookup,
        player_lookup as registered_lookup,
        player_name,
        team_abbr,
        season,
        position,
        height,
        birth_date
    from numbered
)

select * from final
