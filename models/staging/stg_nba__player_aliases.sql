-- One row per other spelling of a player's key that is in use.
{{ config(materialized='table') }}

with

aliases as (
    select * from {{ raw_rows('nba_reference', 'player_aliases', where='true') }} as raw_rows
    qualify {{ newest_first('nba_reference', 'player_aliases', ['alias_lookup']) }}
),

final as (
    select
        alias_lookup,
        nba_canonical_lookup as player_lookup,
        alias_type
    from aliases
    where is_active
)

select * from final
