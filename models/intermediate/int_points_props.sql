-- One row per game and player with a points line published before tip-off: the newest and the oldest
-- of one bookmaker. Bookmakers rank draftkings, fanduel, then by name.
{{ config(**replace_window()) }}

with

props as (
    select props.*
    from {{ ref('stg_odds_api__player_points_props') }} as props
    inner join {{ ref('dim_games') }} as games on props.game_id = games.game_id
    where
        {{ in_window('props.game_date') }}
        and props.quarantine_reason is null
        and {{ was_before_tipoff('props.snapshot_at') }}
),

of_one_bookmaker as (
    select *
    from props
    qualify bookmaker = first_value(bookmaker) over (
            partition by game_id, player_lookup
            order by case bookmaker when 'draftkings' then 1 when 'fanduel' then 2 else 3 end, bookmaker
        )
),

newest as (
    select * from of_one_bookmaker
    qualify row_number() over (partition by game_id, player_lookup order by snapshot_at desc, points_line asc) = 1
),

oldest as (
    select * from of_one_bookmaker
    qualify row_number() over (partition by game_id, player_lookup order by snapshot_at, points_line) = 1
),

final as (
    select
        newest.game_id,
        newest.game_date,
        newest.player_lookup,
        newest.points_line,
        newest.bookmaker as points_line_source,
        oldest.points_line as opening_line,
        oldest.bookmaker as opening_line_source,
        newest.snapshot_at > oldest.snapshot_at as was_seen_twice,
        newest.processed_at
    from newest
    inner join oldest on newest.game_id = oldest.game_id and newest.player_lookup = oldest.player_lookup
)

select * from final
