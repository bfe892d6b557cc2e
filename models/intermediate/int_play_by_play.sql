-- One row per event of the play-by-play of a game: BigDataBall's where it has the game on its date, whether or not it can be
-- used, else nba.com's own. Events of a game never come from two feeds.
{{ config(materialized='ephemeral') }}

with

bigdataball as (
    select * from {{ ref('stg_bigdataball__play_by_play') }}
    where {{ in_window() }}
),

nbac as (
    select events.*
    from {{ ref('stg_nbac__play_by_play') }} as events
    left join (select distinct game_id, game_date from bigdataball) as known
        on events.game_id = known.game_id and events.game_date = known.game_date
    where {{ in_window('events.game_date') }} and known.game_id is null
),

final as (
    select 'bigdataball_play_by_play' as feed, bigdataball.* from bigdataball
    union all
    select 'nbac_play_by_play', nbac.* from nbac
)

select * from final
