-- One row per player, team and season.
{{ config(materialized='table') }}

with

registry as (
    select * from {{ raw_rows('nba_reference', 'nba_players_registry', where='true') }} as raw_rows
    qualify {{ newest_first('nba_reference', 'nba_players_registry', ['player_lookup', 'team_abbr', 'season']) }}
),

final as (
    select
        universal_player_id,
        player_lookup,
        player_name,
        team_abbr,
        season,
        position,
        height,
        birth_date
    from registry
    where universal_player_id is not null
)

select * from final
