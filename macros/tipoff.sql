{#-
  Tip-off as an instant from game_date_est, whatever its type: by var `tipoff_clock` it is a wall clock in New York, or
  in UTC. A TIMESTAMP of the platform is the first, called UTC.
-#}
{% macro tipoff_instant(value) -%}
    {%- set clock = var('tipoff_clock') -%}
    {%- if clock == 'eastern' -%}
        {{ return(eastern_to_utc(value)) }}
    {%- elif clock == 'utc' -%}
        {{ return('cast(' ~ value ~ ' as ' ~ engine_type('TIMESTAMP') ~ ')') }}
    {%- endif -%}
    {{ exceptions.raise_compiler_error("Var tipoff_clock is '" ~ clock ~ "'; it must be eastern or utc (dbt_project.yml).") }}
{%- endmacro %}

{#-
  Tip-off of a row of the raw schedule; null where its hour is not known, for which the league writes 1900. `utc` is
  its column in UTC, which a platform may lack.
-#}
{% macro tipoff_of_schedule(utc='game_datetime_utc') -%}
    {%- set tipoff = 'coalesce(' ~ utc ~ ', ' ~ tipoff_instant('game_date_est') ~ ')' -%}
    case when {{ tipoff }} >= cast('1901-01-01' as {{ engine_type('TIMESTAMP') }}) then {{ tipoff }} end
{%- endmacro %}

{#-
  Post-hook of the schedule: an error where a season's tip-offs cannot be those of games, before anything is built of
  them. A clock that is read some hours early or late shows in how many games start in the evening, or at night.
-#}
{% macro check_tipoff_hours(schedule) -%}
    {%- if is_building() -%}
        {%- set seasons = run_query(seasons_of_impossible_tipoffs(schedule, var('least_games_to_tell_a_clock'))).rows -%}
        {%- if seasons -%}
            {%- set season = seasons[0] -%}
            {{ exceptions.raise_compiler_error(
                "Tip-offs are read in the wrong zone: of " ~ season[1] ~ " games of the season that starts in " ~ season[0] ~ ", "
                ~ season[2] ~ " tip off between 12:00 and 24:00 in New York, and " ~ season[3] ~ " from 18:00 on. Tip-off is "
                ~ "game_datetime_utc, and without it game_date_est, which is read as a wall clock by var tipoff_clock (now "
                ~ var('tipoff_clock') ~ "). Set it in dbt_project.yml: eastern for New York, utc for UTC. A game_date_est "
                ~ "without a time of day needs a game_datetime_utc. Nothing was built of it."
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- Seasons of enough games, of which fewer than nine in ten tip off from noon on, or fewer than half in the evening. -#}
{% macro seasons_of_impossible_tipoffs(schedule, least_games) -%}
    select season_year, games, from_noon, in_the_evening
    from (
        select
            season_year,
            count(*) as games,
            {{ count_where('tipoff_hour >= 12') }} as from_noon,
            {{ count_where('tipoff_hour >= 18') }} as in_the_evening
        from (
            select season_year, extract(hour from tipoff_at at time zone 'America/New_York') as tipoff_hour
            from {{ schedule }}
            where season_year is not null and {{ is_in_scope('game_type') }} and tipoff_at is not null
        ) as tipoffs
        group by season_year
    ) as by_season
    where games >= {{ least_games }} and (10 * from_noon < 9 * games or 2 * in_the_evening < games)
    order by season_year desc
{%- endmacro %}

{#-
  The platform's schedule as seasons_of_impossible_tipoffs() takes it, before a model is made of it: one row per game.
  `columns` are those that it has.
-#}
{% macro tipoffs_of_raw_schedule(relation, columns) -%}
    {%- set utc = 'game_datetime_utc' if 'game_datetime_utc' in columns else 'cast(null as ' ~ engine_type('TIMESTAMP') ~ ')' -%}
    select
        nba_game_id,
        {{ season_of_game('nba_game_id', 'game_date') }} as season_year,
        {{ game_type('nba_game_id') }} as game_type,
        max(tipoff_at) as tipoff_at
    from (
        select
            {{ official_game_id('game_id') }} as nba_game_id,
            game_date,
            {{ tipoff_of_schedule(utc) }} as tipoff_at
        from {{ relation }}
        where game_date >= date '0001-01-01'
    ) as identified
    group by nba_game_id, game_date
{%- endmacro %}
