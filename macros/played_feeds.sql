{#-
  Raw tables of which a row says that a game was played (config.meta.of_played_games of the source): box scores and
  play-by-play. Odds and injury reports outlive a game that was postponed. Who tells a day off from lost rows asks
  these. None while dbt parses, when there is no graph yet.
-#}
{% macro played_feeds() -%}
    {%- set found = [] -%}
    {%- for node in (graph.sources.values() if execute else []) if node.config.meta.get('of_played_games') -%}
        {%- do found.append(node.name) -%}
    {%- endfor -%}
    {{ return(found | sort) }}
{%- endmacro %}
