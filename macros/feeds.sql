{#-
  The game feeds: which staging model holds which raw table, what names one of its rows to a person, and
  which of the raw columns name its game, or where none does, the team. `date` is the column of its date, of a feed whose rows
  are of no game. Quarantine and row accounting go over this list, so a new feed is one entry here.

  `missed`: of a feed that nothing has to have, for which reasons a row is missed that is held back, in which tables, and
  under which name. Somebody can repair these, and no row of 2021-23 has one: what has, as a player whom no registry
  knows, or outlives a game that was postponed, is left out; and so is a points line of one of two players of one name, since
  a line names no team.
-#}
{% macro feeds() -%}
    {{ return([
        {'table': 'nbac_gamebook_player_stats', 'model': 'stg_nbac__gamebook_player_stats',
         'key': "coalesce(player_lookup, player_full_name, '?')"},
        {'table': 'bdl_player_boxscores', 'model': 'stg_bdl__player_boxscores',
         'key': "coalesce(player_lookup, player_full_name, '?')"},
        {'table': 'nbac_team_boxscore', 'model': 'stg_nbac__team_boxscores',
         'key': "coalesce(team_abbr, '?')", 'game': 'coalesce(nba_game_id, game_id)'},
        {'table': 'bigdataball_play_by_play', 'model': 'stg_bigdataball__play_by_play',
         'key': "coalesce(event_number, '?')", 'game': 'coalesce(game_id, cast(bdb_game_id as string))'},
        {'table': 'nbac_play_by_play', 'model': 'stg_nbac__play_by_play',
         'key': "coalesce(event_number, '?')", 'game': 'coalesce(game_id, nba_game_id)'},
        {'table': 'espn_scoreboard', 'model': 'stg_espn__scoreboard',
         'key': "coalesce(away_team_abbr, '?') || '@' || coalesce(home_team_abbr, '?')", 'game': game_id_of_scoreboard()},
        {'table': 'odds_api_game_lines', 'model': 'stg_odds_api__game_lines',
         'key': "away_team_abbr || '@' || home_team_abbr || ' ' || bookmaker_key || ' ' || market_key || ' '"
                ~ " || coalesce(outcome, '?') || ' ' || coalesce(cast(snapshot_at as string), '?')",
         'game': canonical_game_id('game_date', 'away_team_abbr', 'home_team_abbr'), 'tipoff': 'commence_time',
         'missed': {'reasons': ['unknown outcome'], 'tables_of': ['players_who_may_play', 'teams_to_play'],
                    'entity': expected_as("away_team_abbr || '@' || home_team_abbr", 'lines')}},
        {'table': 'odds_api_player_points_props', 'model': 'stg_odds_api__player_points_props',
         'key': "coalesce(player_lookup, '?') || ' ' || bookmaker || ' ' || coalesce(cast(snapshot_at as string), '?')",
         'tipoff': 'game_start_time',
         'missed': {'reasons': ['unknown player'], 'tables_of': ['players_who_may_play'],
                    'entity': expected_as("coalesce(player_lookup, '?')", 'points line')}},
        {'table': 'bettingpros_player_points_props', 'model': 'stg_bettingpros__player_points_props',
         'key': "coalesce(player_lookup, '?') || ' ' || coalesce(bookmaker, '?') || ' ' || coalesce(bet_side, '?') || ' '"
                ~ " || coalesce(cast(updated_at as string), '?')",
         'team': team_of_bettingpros('raw_bettingpros_player_points_props'),
         'is_out_of_scope': is_other_market('raw_bettingpros_player_points_props')},
        {'table': 'espn_team_rosters', 'model': 'stg_espn__team_rosters', 'date': 'roster_date',
         'key': "coalesce(player_lookup, player_full_name, '?') || ' ' || coalesce(team_abbr, '?') || ' '"
                ~ " || coalesce(cast(scrape_hour as string), '?')"},
        {'table': 'nbac_injury_report', 'model': 'stg_nbac__injury_report',
         'key': "coalesce(player_lookup, player_full_name, '?') || ' ' || cast(report_date as string) || ' '"
                ~ " || coalesce(cast(report_hour as string), '?')",
         'team_without_game': 'raw_nbac_injury_report.team',
         'missed': {'reasons': ['unknown team', 'several games of the team on the date', 'team does not play in the game',
                                'unknown injury status', 'no report hour', 'impossible report hour', 'ambiguous player'],
                    'tables_of': ['players_who_may_play', 'teams_to_play'],
                    'entity': expected_as("coalesce(player_lookup, player_full_name, '?')", 'report')}},
    ]) }}
{%- endmacro %}

{#-
  Raw tables whose rows belong to a date, the schedule with them: `is_undated` is whether a row has none that says
  where it belongs, `undated_reason` says which is lacking, `raw_key` names the row; `names_games` is whether the table
  has ids of games. An injury report has two dates; BigQuery reads a partitioned table only by a condition on its
  partition column, so that one has a part of its own.
-#}
{% macro undated_feeds() -%}
    {%- set found = [] -%}
    {%- for table in ['nbac_schedule'] + (feeds() | map(attribute='table') | list) -%}
        {%- set meta = source_contract('nba_raw', table).config.meta -%}
        {%- set partition = meta.partition_by -%}
        {%- set feed = {
            'table': table,
            'names_games': 'game_id' in source_contract('nba_raw', table).columns,
            'is_undated': 'game_date is null',
            'undated_reason': "'no game_date'",
            'raw_key': raw_key(meta.get('key', ['game_id']) | reject('in', ['game_id', 'game_date', partition]) | list),
        } -%}
        {%- if meta.counts_for_days -%}
            {%- do feed.update({'is_undated': partition ~ ' is null', 'undated_reason': "'no " ~ partition ~ "'"}) -%}
        {%- elif partition != 'game_date' -%}
            {%- do feed.update({
                'is_undated': '(' ~ partition ~ " is null or " ~ partition ~ " >= date '0001-01-01') and (game_date is null or "
                    ~ partition ~ ' is null)',
                'undated_reason': "case when game_date is null then 'no game_date' else 'no " ~ partition ~ "' end",
            }) -%}
        {%- endif -%}
        {%- do found.append(feed) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- The parts of a raw table's key as one text: of a part with several columns the first that is not null. -#}
{% macro raw_key(parts) -%}
    {%- set texts = [] -%}
    {%- for part in parts -%}
        {%- set columns = [part] if part is string else part -%}
        {%- set casts = [] -%}
        {%- for column in columns -%}
            {%- do casts.append('cast(' ~ column ~ ' as string)') -%}
        {%- endfor -%}
        {%- do texts.append('coalesce(' ~ casts | join(', ') ~ ", '?')") -%}
    {%- endfor -%}
    {{ return(texts | join(" || ' ' || ") if texts else 'cast(game_id as string)') }}
{%- endmacro %}
