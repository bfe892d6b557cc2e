-- 5 field goals, 2 of them threes, and 3 free throws are 15 points, not 16.
{% set rows = literal_rows(['id', 'points', 'fgm', 'tpm', 'ftm'], [['1', '15', '5', '2', '3'], ['2', '16', '5', '2', '3']]) %}
{{ differences(
    found_on(
        rows, ['id'], 'points_add_up', {'points': 'points', 'fg_makes': 'fgm', 'three_pt_makes': 'tpm', 'ft_makes': 'ftm'}
    ),
    "select cast(null as string) as subject, 'id=2' as found_in, 'points=16, points_of_makes=15' as finding"
) }}
