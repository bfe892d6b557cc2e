-- One row per date and opponent against whom history is not whole: games of theirs in earlier seasons that the schedule
-- knows have no rows, so that what the feature store looks back on is that of a part of it.
{{ config(materialized='ephemeral') }}

{%- set opponent_history_days = window_size('ml_feature_store_v2', 'opponent_history_days') %}

with

built as (
    select distinct game_id
    from {{ ref('player_game_summary') }} as boxes
    where {{ in_window(days_before=opponent_history_days) }} and {{ took_part('boxes') }}
),

-- Games of which completeness_exceptions calls the players of both teams lost.
lost as (
    select schedule.game_id
    from {{ ref('dim_games') }} as schedule
    inner join {{ ref('completeness_exceptions') }} as exceptions
        on
            exceptions.table_name = 'player_game_summary'
            and exceptions.quarantine_reason is null
            and exceptions.entity in (schedule.home_team_abbr || ' players', schedule.away_team_abbr || ' players')
            and schedule.game_date between exceptions.first_date and exceptions.last_date
    group by schedule.game_id
    having count(distinct exceptions.entity) = 2
),

never_built as (
    select schedule.season_year, schedule.game_date, schedule.home_team_abbr, schedule.away_team_abbr
    from {{ ref('dim_games') }} as schedule
    left join built on schedule.game_id = built.game_id
    left join lost on schedule.game_id = lost.game_id
    where schedule.is_final and schedule.is_in_scope and built.game_id is null and lost.game_id is null
),

opponents as (
    select season_year, game_date, home_team_abbr as opponent_team_abbr from never_built
    union distinct
    select season_year, game_date, away_team_abbr from never_built
),

final as (
    select distinct dates.game_date, opponents.opponent_team_abbr
    from {{ ref('dim_game_dates') }} as dates
    inner join opponents
        on
            dates.season_year > opponents.season_year
            and opponents.game_date >= {{ days_before('dates.game_date', opponent_history_days) }}
    where {{ in_window('dates.game_date') }}
)

select * from final
