-- One row per ordered pair of different venues: miles, hours the clock changes, and the way one goes.
-- Clocks are compared in winter; what a trip crosses on its own date is in dim_team_games, since
-- Phoenix has no summer time and seasons start in October.
with

venues as (
    select * from {{ ref('arenas') }}
),

pairs as (
    select
        origin.venue as from_venue,
        destination.venue as to_venue,
        origin.team_abbr as from_team,
        destination.team_abbr as to_team,
        origin.city as from_city,
        destination.city as to_city,
        {{ miles_between('origin', 'destination') }} as distance_miles,
        {%- set winter = instant_literal('2022-01-15 12:00:00') %}
        {{ utc_offset_minutes(winter, 'destination.timezone') }}
        - {{ utc_offset_minutes(winter, 'origin.timezone') }} as clock_change_minutes,
        destination.longitude - origin.longitude as degrees_east
    from venues as origin
    inner join venues as destination on origin.venue <> destination.venue
),

final as (
    select
        from_venue,
        to_venue,
        from_team,
        to_team,
        from_city,
        to_city,
        distance_miles,
        cast(round(abs(clock_change_minutes) / 60) as int64) as time_zones_crossed,
        -- The clock decides, then the longitude; the two teams of one arena go nowhere.
        case
            when clock_change_minutes > 0 then 'east'
            when clock_change_minutes < 0 then 'west'
            when distance_miles = 0 then 'none'
            when degrees_east > 0 then 'east'
            else 'west'
        end as travel_direction
    from pairs
)

select * from final
