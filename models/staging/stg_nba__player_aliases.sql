-- One row per other spelling of a player's key that is in use, and player whom it means. Of two loads the newest counts;
-- two players of one load are both meant, and team and season may tell them apart (dim_player_lookups).
{{ config(materialized='table') }}

with

aliases as (
    select
        *,
        rank() over (partition by alias_lookup order by processed_at desc) as load_rank
    from {{ raw_rows('nba_reference', 'player_aliases', where='true') }} as raw_rows
    qualify {{ newest_first('nba_reference', 'player_aliases', ['alias_lookup', 'nba_canonical_lookup']) }}
),

final as (
    select
        alias_lookup,
        nba_canonical_lookup as player_lookup,
        alias_type
    from aliases
    where is_active and load_rank = 1
)

select * from final
