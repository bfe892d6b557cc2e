-- One row per span of dates of which the schedule knows whether games are played: from the first to the last game of a
-- season, of whatever kind, and the summers between two seasons that follow each other. Rows of which nothing says
-- which game they are move no end.
{{ config(materialized='table') }}

with

seasons as (
    select season_year, min(game_date) as first_date, max(game_date) as last_date
    from {{ ref('base_nbac__schedule') }}
    where is_usable or is_waiting
    group by season_year
),

spans as (
    select season_year, first_date, last_date from seasons
    union all
    select
        before.season_year,
        {{ days_before('before.last_date', -1) }},
        {{ days_before('after.first_date', 1) }}
    from seasons as before
    inner join seasons as after on after.season_year = before.season_year + 1
    where after.first_date > before.last_date
),

final as (
    select
        *,
        concat(
            'the schedule goes from ', cast(min(first_date) over () as string),
            ' to ', cast(max(last_date) over () as string), ', and says nothing of it'
        ) as reason_of_others
    from spans
)

select * from final
