-- One row per event id of the odds feed and the game it means: the fifth form of a game id, which
-- only the date and the teams beside it resolve. Grows by window, as the feed does.
{{ config(**replace_window()) }}

with

named as (
    select odds_event_id, game_id, game_date from {{ ref('stg_odds_api__game_lines') }}
    where {{ in_window() }} and quarantine_reason is null
    union distinct
    select odds_event_id, game_id, game_date from {{ ref('stg_odds_api__player_points_props') }}
    where {{ in_window() }} and quarantine_reason is null
),

final as (
    select odds_event_id, game_id, game_date
    from named
    where odds_event_id is not null
)

select * from final
