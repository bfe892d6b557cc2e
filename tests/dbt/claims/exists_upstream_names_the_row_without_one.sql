-- Every column counts: the right player in another game is no upstream row.
{% set here = literal_rows(['id', 'player', 'game'], [
    ['1', "'a'", "'g'"], ['2', "'a'", "'h'"], ['3', "'b'", "'g'"], ['4', 'cast(null as string)', "'g'"],
]) %}
{% set there = literal_rows(['player_lookup', 'game_id'], [["'a'", "'g'"], ["'c'", "'h'"]]) %}
{{ differences(
    rows_without_upstream(
        here, ['id'], "(select * from " ~ there ~ ")", {'player': 'player_lookup', 'game': 'game_id'}
    ),
    'select 2 as id union all select 3 union all select 4'
) }}
