-- One row per scheduled game and team: where the team stands when it comes to the game, all of it
-- from the schedule, for every season at once. Histories start anew with the season.
--
-- Rest, travel and what comes next follow the calendar, whether or not a game is final yet; streaks
-- and records follow results. The cup final is played and travelled to, and counts for no record.
{{ config(meta={'spans_season': true}) }}

with

games as (
    select * from {{ ref('dim_games') }}
),

arenas as (
    select * from {{ ref('arenas') }}
),

-- The two teams of Los Angeles share a building, so the first stands for the city.
cities as (
    select lower(city) as city, min(venue) as venue, min(timezone) as timezone
    from arenas
    group by lower(city)
),

sides as (
    {%- for side, other in [('home', 'away'), ('away', 'home')] %}
    select
        games.* {{ star_except(['home_team_abbr', 'away_team_abbr', 'home_points', 'away_points']) }},
        {{ side }}_team_abbr as team_abbr,
        {{ other }}_team_abbr as opponent_team_abbr,
        {{ 'true' if side == 'home' else 'false' }} as is_home,
        home_team_abbr,
        nullif(trim(lower({{ part_of('arena_city', ',', 1) }})), '') as city,
        {{ side }}_points - {{ other }}_points as margin
    from games
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- A game is at home unless its city is another one, whatever the schedule's flag says (Austin); a city
-- that the seed lacks is an unknown place, never home. A neutral site without a city is unknown, too.
with_venue as (
    select
        sides.*,
        coalesce(at_home.venue, cities.venue) as venue,
        coalesce(at_home.timezone, cities.timezone, sides.arena_timezone) as venue_timezone,
        sides.is_final and sides.is_in_scope as is_result,
        {{ day_number('sides.game_date') }} as day
    from sides
    left join arenas as at_home
        on
            sides.home_team_abbr = at_home.team_abbr
            and not coalesce(sides.is_neutral_site, false)
            and (sides.city is null or sides.city = lower(at_home.city))
    left join cities on sides.city = cities.city and at_home.venue is null
),

numbered as (
    select
        *,
        row_number() over earlier as game_of_calendar,
        case when is_in_scope then {{ count_where('is_in_scope') }} over up_to_now end as game_number_in_season,
        {{ count_where('is_result') }} over up_to_now as results_up_to_now,
        lag(game_date) over earlier as previous_game_date,
        lag(venue) over earlier as previous_venue,
        lag(venue_timezone) over earlier as previous_timezone,
        lag(game_id) over earlier is null as is_opener,
        lead(game_date) over earlier as next_game_date,
        lead(opponent_team_abbr) over earlier as next_opponent_team_abbr,
        count(*) over (
            partition by season_year, team_abbr order by day range between 7 preceding and 1 preceding
        ) as games_in_last_7_days,
        count(*) over (
            partition by season_year, team_abbr order by day range between 14 preceding and 1 preceding
        ) as games_in_last_14_days,
        count(*) over (
            partition by season_year, team_abbr order by day range between 1 following and 7 following
        ) as games_in_next_7_days
    from with_venue
    window
        earlier as (partition by season_year, team_abbr order by day, tipoff_at, game_id),
        up_to_now as (
            partition by season_year, team_abbr order by day, tipoff_at, game_id
            rows between unbounded preceding and current row
        )
),

with_results as (
    select
        *,
        results_up_to_now - case when is_result then 1 else 0 end as results_before,
        max(case when is_result and margin < 0 then results_up_to_now end) over before_now as last_loss,
        max(case when is_result and margin > 0 then results_up_to_now end) over before_now as last_win,
        coalesce({{ count_where('is_result and margin > 0') }} over before_now, 0) as wins_before,
        last_value(case when is_result then margin end ignore nulls) over before_now as last_game_margin,
        coalesce(max(case when is_home then game_of_calendar end) over up_to_now, 0) as last_home_game
    from numbered
    window
        up_to_now as (
            partition by season_year, team_abbr order by game_of_calendar
            rows between unbounded preceding and current row
        ),
        before_now as (
            partition by season_year, team_abbr order by game_of_calendar
            rows between unbounded preceding and 1 preceding
        )
),

-- The first trip of a season starts at home.
with_origin as (
    select
        with_results.*,
        case when with_results.is_opener then home.venue else with_results.previous_venue end as origin,
        case when with_results.is_opener then home.timezone else with_results.previous_timezone end as origin_timezone
    from with_results
    left join arenas as home on with_results.team_abbr = home.team_abbr
),

trips as (
    select
        with_origin.*,
        case when with_origin.venue = with_origin.origin then 0 else distances.distance_miles end as travel_miles,
        cast(round(abs(
            {{ utc_offset_minutes('with_origin.tipoff_at', 'with_origin.venue_timezone') }}
            - {{ utc_offset_minutes('with_origin.tipoff_at', 'with_origin.origin_timezone') }}
        ) / 60) as int64) as time_zone_changes
    from with_origin
    left join {{ ref('venue_distances') }} as distances
        on with_origin.venue = distances.to_venue and with_origin.origin = distances.from_venue
),

with_two_weeks as (
    select
        *,
        count(travel_miles) over two_weeks as known_trips,
        sum(travel_miles) over two_weeks as miles_of_two_weeks,
        sum(time_zone_changes) over two_weeks as time_zones_of_two_weeks
    from trips
    window
        two_weeks as (
            partition by season_year, team_abbr order by day range between 14 preceding and 1 preceding
        )
),

final as (
    select
        game_id,
        nba_game_id,
        game_date,
        season_year,
        team_abbr,
        opponent_team_abbr,
        is_home,
        is_in_scope,
        is_final,
        is_result,
        game_type,
        season_phase,
        season_start_date,
        regular_season_end_date,
        tipoff_at,
        venue,
        {{ local_clock('tipoff_at', 'venue_timezone') }} as tipoff_local_time,
        cast(game_number_in_season as int64) as game_number_in_season,
        previous_game_date,
        {{ days_between('previous_game_date', 'game_date') }} as days_since_last_game,
        {{ full_days_off('previous_game_date', 'game_date') }} as days_rest,
        games_in_last_7_days,
        games_in_last_14_days,
        games_in_next_7_days,
        {{ full_days_off('game_date', 'next_game_date') }} as next_game_days_rest,
        next_opponent_team_abbr,
        cast(results_up_to_now as int64) as results_up_to_now,
        cast(results_before as int64) as results_before,
        cast(wins_before as int64) as wins_before,
        cast(results_before - coalesce(last_loss, 0) as int64) as win_streak,
        cast(results_before - coalesce(last_win, 0) as int64) as loss_streak,
        last_game_margin,
        margin,
        game_of_calendar - last_home_game as consecutive_road_games,
        travel_miles,
        time_zone_changes,
        -- A trip that is not known makes the sum unknown.
        {%- for total, name in [('miles_of_two_weeks', 'miles_in_last_14_days'),
                                ('time_zones_of_two_weeks', 'time_zones_in_last_14_days')] %}
        case
            when known_trips = games_in_last_14_days then cast(coalesce({{ total }}, 0) as int64)
        end as {{ name }},
        {%- endfor %}
        schedule_loaded_at
    from with_two_weeks
)

select * from final
