{#-
  CTEs of the official rosters of the window: `official`, everybody whom the gamebook names; `cut_off`, see below;
  `teams_with_roster`, per game and team whose roster says who may play.
-#}
{% macro official_rosters() -%}
official as (
    select game_date, game_id, team_abbr, player_lookup, player_status
    from {{ ref('stg_nbac__gamebook_player_stats') }}
    where {{ in_window() }} and is_on_roster
),

cut_off as (
    {{ rosters_cut_off('official') }}
),

teams_with_roster as (
    select distinct official.game_id, official.team_abbr
    from official
    left join cut_off on official.game_id = cut_off.game_id and official.team_abbr = cut_off.team_abbr
    where cut_off.game_id is null
)
{%- endmacro %}

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
