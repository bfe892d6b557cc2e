-- 5 field goals, 2 of them threes, and 3 free throws are 15 points, not 16.
{% set rows = literal_rows(['id', 'points', 'fgm', 'tpm', 'ftm'], [['1', '15', '5', '2', '3'], ['2', '16', '5', '2', '3']]) %}
{{ differences(
    wrong_points(rows, ['id'], 'points', 'fgm', 'tpm', 'ftm'),
    'select 2 as id, 16 as points, 15 as points_of_makes'
) }}
