-- One row per team, with its arena.
{{ config(materialized='table') }}

with

teams as (
    select * from {{ raw_rows('nba_reference', 'teams', where='true') }} as raw_rows
    qualify {{ newest_first('nba_reference', 'teams', ['team_abbr']) }}
),

final as (
    select
        team_abbr,
        full_name as team_name,
        arena as arena_name,
        arena_city,
        latitude,
        longitude,
        timezone as arena_timezone
    from teams
)

select * from final
