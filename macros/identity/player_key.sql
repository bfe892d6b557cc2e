{#-
  player_lookup of a name, the project's one rule: lower case, diacritics folded, only [a-z0-9],
  suffix kept. `Luka Dončić` is lukadoncic, `Jaren Jackson Jr.` is jarenjacksonjr.
-#}
{% macro player_key(name) -%}
    {{ replace_all(fold_diacritics('lower(' ~ name ~ ')'), '[^a-z0-9]', '') }}
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
  Whom a feed's row means: the key recomputed from the name wins over the feed's own key, since
  feeds build theirs by three different rules. BigDataBall prefixes digits since October 2024.

  Joins twice to dim_player_lookups, aliased `by_<role>_name` and `by_<role>_key`.
-#}
{% macro join_player(role, name, feed_key) %}
    left join {{ ref('dim_player_lookups') }} as by_{{ role }}_name
        on {{ player_key(name) }} = by_{{ role }}_name.source_player_lookup
    left join {{ ref('dim_player_lookups') }} as by_{{ role }}_key
        on {{ replace_all(feed_key, '^[0-9]+', '') }} = by_{{ role }}_key.source_player_lookup
{%- endmacro %}

{#- The player found by join_player(role), null when neither his name nor his key is known. -#}
{% macro found_player(role) -%}
    coalesce(by_{{ role }}_name.player_lookup, by_{{ role }}_key.player_lookup)
{%- endmacro %}
