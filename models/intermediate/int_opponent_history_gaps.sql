-- One row per date whose history against opponents is not whole: games of earlier seasons that the schedule knows were
-- never built, so that what the feature store looks back on is that of a part of it.
{{ config(materialized='ephemeral') }}

{%- set opponent_history_days = window_size('ml_feature_store_v2', 'opponent_history_days') %}

with

built as (
    select distinct game_id
    from {{ ref('player_game_summary') }} as boxes
    where {{ in_window(days_before=opponent_history_days) }} and {{ took_part('boxes') }}
),

never_built as (
    select schedule.season_year, schedule.game_date
    from {{ ref('dim_games') }} as schedule
    left join built on schedule.game_id = built.game_id
    left join {{ ref('completeness_exceptions') }} as exceptions
        on
            exceptions.table_name = 'player_game_summary'
            and schedule.game_date between exceptions.first_date and exceptions.last_date
    where schedule.is_final and schedule.is_in_scope and built.game_id is null and exceptions.reason is null
),

final as (
    select distinct dates.game_date
    from {{ ref('dim_game_dates') }} as dates
    inner join never_built
        on
            dates.season_year > never_built.season_year
            and never_built.game_date >= {{ days_before('dates.game_date', opponent_history_days) }}
    where {{ in_window('dates.game_date') }}
)

select * from final
