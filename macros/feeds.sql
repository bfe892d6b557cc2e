{#-
  The game feeds: which staging model holds which raw table, and what names one of its rows to a
  person. Quarantine and row accounting go over this list, so a new feed is one line here.
-#}
{% macro feeds() -%}
    {{ return([
        {'table': 'nbac_gamebook_player_stats', 'model': 'stg_nbac__gamebook_player_stats',
         'key': "coalesce(player_lookup, player_full_name, '?')"},
        {'table': 'bdl_player_boxscores', 'model': 'stg_bdl__player_boxscores',
         'key': "coalesce(player_lookup, player_full_name, '?')"},
        {'table': 'nbac_team_boxscore', 'model': 'stg_nbac__team_boxscores',
         'key': "coalesce(team_abbr, '?')"},
        {'table': 'bigdataball_play_by_play', 'model': 'stg_bigdataball__play_by_play',
         'key': "coalesce(event_number, '?')"},
        {'table': 'odds_api_game_lines', 'model': 'stg_odds_api__game_lines',
         'key': "away_team_abbr || '@' || home_team_abbr || ' ' || bookmaker_key || ' ' || market_key || ' '"
                ~ " || coalesce(outcome, '?') || ' ' || cast(snapshot_at as string)"},
        {'table': 'odds_api_player_points_props', 'model': 'stg_odds_api__player_points_props',
         'key': "coalesce(player_lookup, '?') || ' ' || bookmaker || ' ' || cast(snapshot_at as string)"},
        {'table': 'nbac_injury_report', 'model': 'stg_nbac__injury_report',
         'key': "coalesce(player_lookup, player_full_name, '?') || ' ' || cast(report_date as string) || ' '"
                ~ " || cast(report_hour as string)"},
    ]) }}
{%- endmacro %}
