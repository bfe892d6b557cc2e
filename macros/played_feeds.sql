{#-
  Raw tables of which a row says that a game was played: box scores and play-by-play. Odds and injury reports
  outlive a game that was postponed. Who tells a day off from lost rows asks these.
-#}
{% macro played_feeds() -%}
    {{ return(['nbac_gamebook_player_stats', 'bdl_player_boxscores', 'nbac_team_boxscore', 'bigdataball_play_by_play']) }}
{%- endmacro %}
