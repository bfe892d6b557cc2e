{#-
  CTE body: official rosters that are cut off, one row per game and team with how that shows. `official` holds everybody whom
  the gamebook names, whatever his status. A team has fewer players than any has; or nobody of the date is anything but active.
  (A single team's players are all active in a fifth of its games, those of a whole game in a twelfth.)
-#}
{% macro rosters_cut_off(official) -%}
    select
        game_id,
        team_abbr,
        case
            when players < {{ var('min_roster_players') }} then concat('only ', cast(players as string), ' players')
            else 'only players who are active, and so has every team of the date'
        end as problem
    from (
        select
            game_id,
            team_abbr,
            count(*) as players,
            count(*) over (partition by game_date) as teams_of_date,
            sum({{ count_where("player_status <> 'active'") }}) over (partition by game_date) as not_active
        from {{ official }}
        group by game_date, game_id, team_abbr
    ) as rosters
    where
        players < {{ var('min_roster_players') }}
        or (not_active = 0 and teams_of_date >= {{ var('min_teams_to_tell_rosters') }})
{%- endmacro %}
