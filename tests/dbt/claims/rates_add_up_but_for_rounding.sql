-- Three thirds of two decimals are 99.99; 99.98 is wrong, and so is a hundredth over what rounding can do.
{% set rows = literal_rows(['id', 'a', 'b', 'c'], [
    ['1', "cast('33.33' as numeric)", "cast('33.33' as numeric)", "cast('33.33' as numeric)"],
    ['2', "cast('33.33' as numeric)", "cast('33.33' as numeric)", "cast('33.32' as numeric)"],
    ['3', "cast('50.01' as numeric)", "cast('50.01' as numeric)", "cast('0.00' as numeric)"],
    ['4', 'cast(null as numeric)', "cast('50.00' as numeric)", "cast('0.00' as numeric)"],
]) %}
{{ differences(
    "select subject, found_in from (" ~ found_on(rows, ['id'], 'rates_add_up', {'rates': ['a', 'b', 'c']}) ~ ") as wrong",
    "select 'a + b + c' as subject, 'id=2' as found_in union all select 'a + b + c', 'id=3'"
) }}
