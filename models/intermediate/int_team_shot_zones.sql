-- One row per game and team with play-by-play: its shots by zone, and how many the opponent blocked. Null where nba.com's own
-- play-by-play has no zone of one of these shots, as for players (int_player_shot_zones).
{{ config(**replace_window()) }}

with

shots as (
    select *, {{ has_no_zone() }} as has_no_zone from {{ ref('int_shots') }}
    where {{ in_window() }}
),

second_chances as (
    select * from {{ ref('int_second_chance_points') }}
    where {{ in_window() }}
),

zones as (
    select
        game_id,
        game_date,
        team_abbr,
        defending_team_abbr,
        count(*) as fg_attempts,
        {%- for zone in ['paint', 'mid_range', 'three_pt'] %}
        {{ count_of_zone(zone, 'true') }} as {{ zone }}_attempts,
        {{ count_of_zone(zone, 'true', 'is_made') }} as {{ zone }}_makes,
        {{ count_of_zone(zone, 'is_blocked') }} as {{ zone }}_blocked,
        {%- endfor %}
        {{ count_where("zone is null") }} as unknown_zone_attempts
    from shots
    group by game_id, game_date, team_abbr, defending_team_abbr
),

final as (
    select zones.*, second_chances.second_chance_points
    from zones
    left join second_chances on zones.game_id = second_chances.game_id and zones.team_abbr = second_chances.team_abbr
)

select * from final
