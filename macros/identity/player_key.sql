{#-
  player_lookup of a name, the project's one rule: lower case, diacritics folded, only [a-z0-9],
  suffix kept. `Luka Dončić` is lukadoncic, `Jaren Jackson Jr.` is jarenjacksonjr.
-#}
{% macro player_key(name) -%}
    {{ replace_all(fold_diacritics('lower(' ~ name ~ ')'), '[^a-z0-9]', '') }}
{%- endmacro %}

{#-
  A name in the order of speech: the league's own report writes "Porter Jr., Michael". A comma before a suffix, as in "Michael
  Porter, Jr.", turns nothing round, and neither do two commas. No name of 2021-23 has a comma.
-#}
{% macro spoken_name(name) -%}
    case
        when
            {{ name }} like '%,%' and {{ name }} not like '%,%,%'
            and not {{ matches('lower(' ~ name ~ ')', ', *(jr|sr|ii|iii|iv|v)[.]? *$') }}
            then trim({{ part_of(name, ',', 2) }}) || ' ' || trim({{ part_of(name, ',', 1) }})
        else {{ name }}
    end
{%- endmacro %}

{#- balldontlie and BigDataBall: letters outside ASCII are dropped. `Luka Dončić` is lukadoni. -#}
{% macro player_key_ascii_only(name) -%}
    {{ replace_all('lower(' ~ name ~ ')', '[^a-z0-9]', '') }}
{%- endmacro %}

{#-
  The injury report: suffixes are deleted anywhere in the name, in this order, nothing is folded.
  `Joel Embiid` is joelembd, `Jrue Holiday` is ueholiday.
-#}
{% macro player_key_injury_report(name) -%}
    {%- set key = namespace(value='lower(' ~ name ~ ')') -%}
    {%- for deleted in ["' '", "chr(39)", "'.'", "'-'", "','", "'jr'", "'sr'", "'ii'", "'iii'", "'iv'"] -%}
        {%- set key.value = "replace(" ~ key.value ~ ", " ~ deleted ~ ", '')" -%}
    {%- endfor -%}
    {{ return(key.value) }}
{%- endmacro %}

{#- The key without a generational suffix, as some feeds print names. -#}
{% macro player_key_without_suffix(name) -%}
    {{ player_key(replace_all('lower(' ~ name ~ ')', ' (jr|sr|ii|iii|iv|v)[.]?$', '')) }}
{%- endmacro %}

{#-
  Joins whom a key means to dim_player_lookups, as `alias`. Where it means several players, the team of the row says
  which: `<alias>_of_team_1`, and on for each of `teams`, is who of them was with that team in `season_year`.
-#}
{% macro join_player_key(alias, key, teams, season_year) %}
    left join {{ ref('dim_player_lookups') }} as {{ alias }}
        on {{ key }} = {{ alias }}.source_player_lookup and {{ alias }}.team_abbr is null
    {%- for team in teams %}
    left join {{ ref('dim_player_lookups') }} as {{ alias }}_of_team_{{ loop.index }}
        on
            {{ alias }}.source_player_lookup = {{ alias }}_of_team_{{ loop.index }}.source_player_lookup
            and {{ alias }}.is_ambiguous
            and {{ team }} = {{ alias }}_of_team_{{ loop.index }}.team_abbr
            and {{ season_year }} = {{ alias }}_of_team_{{ loop.index }}.season_year
    {%- endfor %}
{%- endmacro %}

{#- Whom join_player_key() found, null when nobody or several. With two teams only one of them may have such a player. -#}
{% macro found_player_key(alias, teams=1) -%}
    {%- if teams == 1 -%}
    coalesce({{ alias }}.player_lookup, {{ alias }}_of_team_1.player_lookup)
    {%- else -%}
    coalesce({{ alias }}.player_lookup, case
        when {{ alias }}_of_team_1.player_lookup is null then {{ alias }}_of_team_2.player_lookup
        when
            {{ alias }}_of_team_2.player_lookup is null
            or {{ alias }}_of_team_1.player_lookup = {{ alias }}_of_team_2.player_lookup
            then {{ alias }}_of_team_1.player_lookup
    end)
    {%- endif -%}
{%- endmacro %}

{#-
  Whom a feed's row means: the key recomputed from the name wins over the feed's own key, since
  feeds build theirs by three different rules. BigDataBall prefixes digits since October 2024.

  `teams` are the row's team, or both teams where the row names no player's team. Needs join_game(), or another `season_year`.
-#}
{% macro join_player(role, name, feed_key, teams, season_year='game_ids.season_year') %}
    {{- join_player_key('by_' ~ role ~ '_name', player_key(name), teams, season_year) }}
    {{- join_player_key('by_' ~ role ~ '_key', replace_all(feed_key, '^[0-9]+', ''), teams, season_year) }}
{%- endmacro %}

{#- The player found by join_player(role), null when neither his name nor his key says which player he is. -#}
{% macro found_player(role, teams=1) -%}
    coalesce({{ found_player_key('by_' ~ role ~ '_name', teams) }}, {{ found_player_key('by_' ~ role ~ '_key', teams) }})
{%- endmacro %}

{#- Whether the name or the key of join_player(role) means several players, whether or not one was found. -#}
{% macro is_ambiguous_player(role) -%}
    coalesce(by_{{ role }}_name.is_ambiguous, false) or coalesce(by_{{ role }}_key.is_ambiguous, false)
{%- endmacro %}
