-- One row per scheduled game that counts: regular season, play-in, playoffs and the cup final.
-- Preseason and all-star games end here, and rows of which nothing says which game they are.
{{ config(materialized='table') }}

select * from {{ ref('base_nbac__schedule') }}
where is_usable and ({{ is_in_scope('game_type') }} or game_type = 'cup_final')
