-- One row per date of the window: whether it has games, has none, or is a day that the schedule does not
-- know. A day without games and a schedule without the day look alike in every table built from it;
-- they differ in what the feeds hold, and in how far the schedule goes.
{{ config(**replace_window()) }}

with

calendar as (
    {{ window_calendar() }}
),

scheduled as (
    select game_date, count(*) as scheduled_games
    from {{ ref('dim_games') }}
    where is_in_scope
    group by game_date
),

-- Only feeds of played games.
unscheduled as (
    select game_date, count(*) as rows_without_game
    from {{ ref('dated_quarantine') }}
    where
        {{ in_window() }}
        and reason = 'no scheduled game'
        and table_name in (
            {%- for feed in played_feeds() %}
            '{{ feed }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )
    group by game_date
),

known as (
    select max(game_date) as last_date from {{ ref('dim_games') }}
),

final as (
    select
        calendar.game_date,
        coalesce(scheduled.scheduled_games, 0) as scheduled_games,
        coalesce(unscheduled.rows_without_game, 0) as rows_without_game,
        case
            when scheduled.scheduled_games > 0 then 'games'
            when unscheduled.rows_without_game > 0 then 'not_in_schedule'
            when known.last_date is null or calendar.game_date > known.last_date then 'after_schedule'
            else 'no_games'
        end as day_status
    from calendar
    cross join known
    left join scheduled on calendar.game_date = scheduled.game_date
    left join unscheduled on calendar.game_date = unscheduled.game_date
)

select * from final
