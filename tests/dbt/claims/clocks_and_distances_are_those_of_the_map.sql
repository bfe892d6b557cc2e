-- A degree is 69 miles and half the equator 12,437; Phoenix keeps its clock in summer, so Los Angeles is
-- level with it in July and an hour behind in January.
{% set places = literal_rows(['place', 'latitude', 'longitude', 'to_latitude', 'to_longitude'], [
    ["'same'", 33.7573, -84.3963, 33.7573, -84.3963],
    ["'a degree north'", 0.0, 0.0, 1.0, 0.0],
    ["'half around'", 0.0, 0.0, 0.0, 180.0],
]) %}
{% set instants = literal_rows(['name', 'instant'], [
    ["'winter'", instant_literal('2022-01-15 12:00:00')],
    ["'summer'", instant_literal('2022-07-15 12:00:00')],
]) %}
{{ differences(
    "select place, " ~ miles_between('origin', 'destination') ~ " as number from"
    ~ " (select place, latitude, longitude from " ~ places ~ ") as origin inner join"
    ~ " (select place as there, to_latitude as latitude, to_longitude as longitude from " ~ places ~ ") as destination"
    ~ " on origin.place = destination.there"
    ~ " union all select name || ' in Phoenix', " ~ utc_offset_minutes('instant', "'America/Phoenix'") ~ " from " ~ instants
    ~ " union all select name || ' in Los Angeles', " ~ utc_offset_minutes('instant', "'America/Los_Angeles'") ~ " from " ~ instants
    ~ " union all select name || ' at ' || " ~ local_clock('instant', "'Europe/Paris'") ~ ", 0 from " ~ instants,
    "select 'same' as place, 0 as number union all select 'a degree north', 69 union all select 'half around', 12437"
    ~ " union all select 'winter in Phoenix', -420 union all select 'summer in Phoenix', -420"
    ~ " union all select 'winter in Los Angeles', -480 union all select 'summer in Los Angeles', -420"
    ~ " union all select 'winter at 13:00', 0 union all select 'summer at 14:00', 0"
) }}
