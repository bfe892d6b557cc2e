{% set rows = literal_rows(['dividend', 'divisor'], [['13', '6'], ['15', '6'], ['0', '6'], ['300000000000', '601']]) %}
{{ differences(
    "select " ~ rounded_quotient('dividend', 'divisor - 0') ~ " as quotient from " ~ rows,
    'select 2 as quotient union all select 3 union all select 0 union all select 499168053'
) }}
