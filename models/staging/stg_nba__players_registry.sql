-- One row per player, team and season.
--
-- `player_lookup` is whom the hashed tables mean, so no two players have one. Of players whom the registry
-- gives the same key, the one of the earliest season keeps it; the others get their number behind it.
--
-- A row that says not who it is, since it has no identity or another player's, is not usable; one whose birth date no
-- player has is, without it. Players of 2021-24 were 18 to 42 years old when their season began.
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
        {{ try_to('INT64', 'left(season, 4)') }} as season_year,
        min(season) over (partition by universal_player_id) as first_season,
        min(coalesce(player_lookup, '')) over (partition by universal_player_id)
        <> max(coalesce(player_lookup, '')) over (partition by universal_player_id) as has_identity_of_several
    from registry
),

numbered as (
    select
        *,
        dense_rank() over (
            partition by player_lookup, universal_player_id is null order by first_season, universal_player_id
        ) as namesake_number,
        {{ is_impossible_birth_date('birth_date', 'season_year') }} as is_birth_date_impossible
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
        case when not is_birth_date_impossible then birth_date end as birth_date,
        universal_player_id is not null and not has_identity_of_several as is_usable,
        case
            when universal_player_id is null then 'no universal_player_id'
            when has_identity_of_several then 'universal_player_id of several players'
            when is_birth_date_impossible then 'impossible birth date'
        end as quarantine_reason
    from numbered
)

select * from final
