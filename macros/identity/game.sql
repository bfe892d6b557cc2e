{#- The canonical game_id: YYYYMMDD_AWAY_HOME. -#}
{% macro canonical_game_id(game_date, away, home) -%}
    {{ compact_date(game_date) }} || '_' || {{ away }} || '_' || {{ home }}
{%- endmacro %}

{#- The id of a scoreboard's row, or of one without it that of its date and teams. -#}
{% macro game_id_of_scoreboard() -%}
    coalesce(nullif(trim(game_id), ''), {{ canonical_game_id('game_date', 'away_team_abbr', 'home_team_abbr') }})
{%- endmacro %}

{#- The official id of a game, ten digits. A feed that keeps ids as numbers loses the two leading zeros; null for any other text. -#}
{% macro official_game_id(text) -%}
    case
        when {{ matches(text, '^00[0-9]{8}$') }} then {{ text }}
        when {{ matches(text, '^[1-9][0-9]{7}$') }} then '00' || {{ text }}
    end
{%- endmacro %}

{#-
  The season's first year, by digits four and five of the official id; null where a game of that season cannot be on
  the date. (2019-20 ended in October 2020: a season's games are of its first year and the next.) The id has no century:
  the league began in 1946, and a date of the year 21 is mistyped.
-#}
{% macro season_of_game(nba_game_id, game_date) -%}
    {%- set since = "mod(extract(year from " ~ game_date ~ ") - cast(substr(" ~ nba_game_id ~ ", 4, 2) as int64) + 100, 100)" -%}
    case
        when extract(year from {{ game_date }}) not between 1946 and 2099 then null
        when {{ since }} = 0 and extract(month from {{ game_date }}) >= 8 then cast(extract(year from {{ game_date }}) as int64)
        when {{ since }} = 1 and extract(month from {{ game_date }}) <= 10
            then cast(extract(year from {{ game_date }}) - 1 as int64)
    end
{%- endmacro %}

{#- A team of the schedule; null where it says that nobody knows it yet. -#}
{% macro team_of_schedule(tricode) -%}
    nullif(nullif(nullif(upper(trim({{ tricode }})), ''), 'TBD'), 'TBA')
{%- endmacro %}

{#- Joins the game that a feed's row means, by whichever of the id forms `source_game_id` is. -#}
{% macro join_game(source_game_id) %}
    left join {{ ref('dim_game_ids') }} as game_ids
        on trim({{ source_game_id }}) = game_ids.source_game_id
{%- endmacro %}

{#- The kind of game of a feed's row: of the game that it means, else of its official id. Needs join_game(). -#}
{% macro game_type_of_row(source_game_id) -%}
    coalesce(game_ids.game_type, {{ game_type(official_game_id('trim(' ~ source_game_id ~ ')')) }})
{%- endmacro %}

{#- Of a row of no known game nobody knows that it does not count, so it stays. Needs join_game(). -#}
{% macro is_not_out_of_scope(source_game_id) -%}
    coalesce({{ is_in_scope(game_type_of_row(source_game_id)) }}, true)
{%- endmacro %}

{#-
  A CTE `<odds>_by_tipoff`: per pair of teams and commence time in the CTE `odds`, the game that is meant. Of the
  teams' games, at either's home, it is the one whose tip-off is nearest, within var('max_hours_from_tipoff'):
  the same teams may meet again at the same place the next day, and feeds take the date in UTC.
-#}
{% macro games_by_tipoff(odds, commence_time) -%}
    {%- set minutes = 'abs(' ~ dbt.datediff('games.tipoff_at', 'named.commence_time', 'minute') ~ ')' -%}
{{ odds }}_by_tipoff as (
    select named.away_team_abbr, named.home_team_abbr, named.commence_time, games.source_game_id as nba_game_id
    from (
        select distinct away_team_abbr, home_team_abbr, {{ commence_time }} as commence_time from {{ odds }}
    ) as named
    inner join {{ ref('dim_game_ids') }} as games
        on
            games.form = 'official'
            and least(named.away_team_abbr, named.home_team_abbr) = least(games.away_team_abbr, games.home_team_abbr)
            and greatest(named.away_team_abbr, named.home_team_abbr) = greatest(games.away_team_abbr, games.home_team_abbr)
    where {{ minutes }} <= 60 * {{ var('max_hours_from_tipoff') }}
    qualify row_number() over (
            partition by named.away_team_abbr, named.home_team_abbr, named.commence_time
            order by {{ minutes }}, games.source_game_id
        ) = 1
)
{%- endmacro %}

{#- Joins the game that a row of odds is on: that of games_by_tipoff(), else the one that `source_game_id` names. -#}
{% macro join_game_of_odds(odds, commence_time, source_game_id) %}
    left join {{ odds }}_by_tipoff as by_tipoff
        on
            {{ odds }}.away_team_abbr = by_tipoff.away_team_abbr
            and {{ odds }}.home_team_abbr = by_tipoff.home_team_abbr
            and {{ odds }}.{{ commence_time }} = by_tipoff.commence_time
    {{ join_game('coalesce(by_tipoff.nba_game_id, ' ~ source_game_id ~ ')') }}
{%- endmacro %}

{#-
  A CTE `<rows>_by_team`: per date of the window and team, the game that a row means which names no more than these: its
  game that counts, else one out of scope. Of several that count none is known to be meant.
-#}
{% macro games_by_team(rows) -%}
{{ rows }}_by_team as (
    select
        game_date,
        team_abbr,
        {{ count_where('counts') }} > 1 as has_several_games,
        case
            when {{ count_where('counts') }} <= 1
                then coalesce(min(case when counts then source_game_id end), min(source_game_id))
        end as nba_game_id
    from (
        {%- for side in ['home', 'away'] %}
        select game_date, {{ side }}_team_abbr as team_abbr, source_game_id, {{ is_in_scope('game_type') }} as counts
        from {{ ref('dim_game_ids') }}
        where form = 'official' and {{ in_window() }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as games_of_teams
    group by game_date, team_abbr
)
{%- endmacro %}

{#- Joins the game that games_by_team() found for the team of a row. -#}
{% macro join_game_of_team(rows, team) %}
    left join {{ rows }}_by_team as by_team
        on {{ rows }}.game_date = by_team.game_date and {{ team }} = by_team.team_abbr
    {{ join_game('by_team.nba_game_id') }}
{%- endmacro %}

{#- Joins the game that a row's id names, or of a row without one that of games_by_team() for its team. -#}
{% macro join_game_or_that_of_team(rows, source_game_id, team) %}
    left join {{ rows }}_by_team as by_team
        on
            {{ rows }}.game_date = by_team.game_date
            and {{ team }} = by_team.team_abbr
            and nullif(trim({{ source_game_id }}), '') is null
    {{ join_game("coalesce(nullif(trim(" ~ source_game_id ~ "), ''), by_team.nba_game_id)") }}
{%- endmacro %}

{#-
  The date that a row of odds counts for: that of the game which its commence time found, where the feed's date is no
  further off than config.meta.days_from_game of the raw table allows; else the feed's date.
-#}
{% macro date_of_odds(odds, table_name) -%}
    {%- set days = source_contract('nba_raw', table_name).config.meta.get('days_from_game', 0) -%}
    case
        when
            by_tipoff.nba_game_id is not null
            and abs({{ days_between(odds ~ '.game_date', 'game_ids.game_date') }}) <= {{ days }}
            then game_ids.game_date
        else {{ odds }}.game_date
    end
{%- endmacro %}

{#- game_problem() of a row of odds, whose game is none that tips off at quite another time. -#}
{% macro odds_problem(odds, commence_time, table_name) -%}
    case
        when
            by_tipoff.nba_game_id is null and {{ odds }}.{{ commence_time }} is not null
            and game_ids.tipoff_at is not null
            then 'commences at another time than its game'
        else {{ game_problem('(' ~ date_of_odds(odds, table_name) ~ ')') }}
    end
{%- endmacro %}

{#- Kinds of game by the official id's prefix. Preseason and all-star games are out of scope. -#}
{% macro game_type(nba_game_id) -%}
    case left({{ nba_game_id }}, 3)
        when '001' then 'preseason'
        when '002' then 'regular_season'
        when '003' then 'all_star'
        when '004' then 'playoffs'
        when '005' then 'play_in'
        when '006' then 'cup_final'
    end
{%- endmacro %}

{#- The eighth digit of a playoff game's id is its round, and the fourth round is the final series: 0042100406. -#}
{% macro is_of_final_series(nba_game_id) -%}
    left({{ nba_game_id }}, 3) = '004' and substr({{ nba_game_id }}, 8, 1) = '4'
{%- endmacro %}

{#- The cup final is played, so it counts for rest; it has no place in season statistics. -#}
{% macro is_in_scope(game_type) -%}
    {{ game_type }} in ('regular_season', 'play_in', 'playoffs')
{%- endmacro %}

{#- Why a row's game cannot be used, null when it can. Needs join_game() and the row's date. -#}
{% macro game_problem(game_date) -%}
    case
        when game_ids.game_id is null then 'no scheduled game'
        when game_ids.game_date <> {{ game_date }} then 'not the date of its game'
    end
{%- endmacro %}

{#-
  Phase of the season: the first quarter of the regular season's days is early, the last one late.
  In 2021-23 that is up to the end of November and from March on, which the platform took from the month.
-#}
{% macro season_phase(game_type, game_date, season_start_date, regular_season_end_date) -%}
    {%- set days_gone = days_between(season_start_date, game_date) -%}
    {%- set days_in_all = days_between(season_start_date, regular_season_end_date) -%}
    case
        when {{ game_type }} in ('play_in', 'playoffs') then {{ game_type }}
        when 4 * {{ days_gone }} < {{ days_in_all }} then 'early'
        when 4 * {{ days_gone }} <= 3 * {{ days_in_all }} then 'mid'
        else 'late'
    end
{%- endmacro %}
