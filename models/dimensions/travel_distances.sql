-- One row per ordered pair of teams: from the one's arena to the other's, 870 with thirty teams.
select
    from_team,
    to_team,
    from_city,
    to_city,
    distance_miles,
    time_zones_crossed,
    travel_direction
from {{ ref('venue_distances') }}
where from_team is not null and to_team is not null
