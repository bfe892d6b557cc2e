-- One row per player, with his key, his newest name and what does not change with the team. Who shares his identity with
-- another one in the registry is nobody that is known.
with

registry as (
    select * from {{ ref('stg_nba__players_registry') }}
    where is_usable
),

final as (
    select
        universal_player_id,
        player_lookup,
        player_name,
        birth_date,
        position,
        height
    from registry
    qualify row_number() over (
            partition by universal_player_id
            order by
                season desc,
                case when birth_date is null then 1 else 0 end,
                case when position is null then 1 else 0 end,
                team_abbr asc,
                player_lookup asc
        ) = 1
)

select * from final
