{#-
  What can be missed of a player, a team or a game beside his own row: the words that stand behind his name in `entity`.
  Who makes such an entity and who reads its name back take them from here, so that no line of completeness_exceptions is
  called wrong for a word that only one of them knows.
-#}
{% macro words_of_expected() -%}
    {{ return(['players', 'line', 'twice', 'starters', 'team box', 'play-by-play', 'report', 'points line', 'lines']) }}
{%- endmacro %}

{#- The entity of what is missed of `who`, an SQL text: `DAL starters`. -#}
{% macro expected_as(who, word) -%}
    {%- if word not in words_of_expected() -%}
        {{ exceptions.raise_compiler_error("'" ~ word ~ "' is no word of words_of_expected()") }}
    {%- endif -%}
    {{ return(who ~ " || ' " ~ word ~ "'") }}
{%- endmacro %}

{#- Of whom an entity speaks: `DAL` of `DAL starters`, and the away team of `DAL@NYK lines`. -#}
{% macro subject_of_expected(entity) -%}
    {{ return(replace_all(entity, '(@[^ ]*)? (' ~ words_of_expected() | join('|') ~ ')$', '')) }}
{%- endmacro %}
