-- An empty cell is no text that nobody can read; a word is.
{% set rows = literal_rows(['minutes'], [["''"], ["'  '"], ['cast(null as string)'], ["'0'"], ["'DNP'"], ["' 34 '"]]) %}
{{ differences(
    "select minutes, " ~ minutes_are_given('minutes') ~ " as is_given from " ~ rows,
    "select '' as minutes, false as is_given union all select '  ', false union all select cast(null as string), false"
    ~ " union all select '0', true union all select 'DNP', true union all select ' 34 ', true"
) }}
