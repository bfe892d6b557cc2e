-- Two rows of one key are reported once with their number; keys that differ in one column are not.
{% set rows = literal_rows(['game_id', 'team_abbr'], [["'g1'", "'BOS'"], ["'g1'", "'BOS'"], ["'g1'", "'MIA'"]]) %}
{{ differences(doubled_keys(rows, ['game_id', 'team_abbr']), "select 'g1' as game_id, 'BOS' as team_abbr, 2 as row_count") }}
