-- Every form of the feeds, sixty seconds, and text that is no time: of spreadsheets, other clocks, and typing errors.
{% set players = {
    '34:12': 2052, '33:60': 2040, '4:05': 245, '0:00': 0, '34': 2040, '00': 0, '0': 0, '34.5': 2070, '34.0': 2040,
    'PT34M12.00S': 2052, 'PT34M12.50S': 2053, 'PT34M59.9S': 2100, 'PT00M00.00S': 0, 'PT05M01.49S': 301,
} %}
{% set teams = {
    '240:00': 14400, '265:00': 15900, '240': 14400, '240.0': 14400, 'PT240M00.00S': 14400, '98:30': 5910, '1000:00': 'null'
} %}
{% set unreadable = [
    '', ' ', '0.583333333', '34.25', '34.', '.5', '34.000000:12', '0:34:12', '37:14:00', '34:75', '34:61', '34:5', '34:012',
    '-3:10', '3:-10', '-3', '+3', '1e2', '1e1', '0x20', '34:', ':45', ' 34:12 ', '34:12 ', ' 34', '340:12', '340', '340.5',
    '1_000', 'DNP', '34,5', '34:12.0', '34:12.7', '34;12', '34m', 'nan', 'PT340M12.00S', 'PT34M75.00S', 'PT34M12.00',
    'PT34M12S', 'PT34M', 'PT34.5M', 'pt34m12.00s', 'XPT34M12.00S',
] %}
{% set found, expected = [], [] %}
{% for digits, texts in [(2, players), (3, teams)] %}
    {% for text, seconds in texts.items() %}
        {% do found.append("select '" ~ text ~ "' as minutes, " ~ digits ~ " as digits, cast("
            ~ minutes_text_to_seconds("'" ~ text ~ "'", digits=digits) ~ " as int64) as seconds") %}
        {% do expected.append("select '" ~ text ~ "' as minutes, " ~ digits ~ " as digits, cast(" ~ seconds ~ " as int64) as seconds") %}
    {% endfor %}
{% endfor %}
{% for text in unreadable + [none] %}
    {% set literal = 'cast(null as string)' if text is none else "'" ~ text ~ "'" %}
    {% do found.append("select " ~ literal ~ ", 2, " ~ minutes_text_to_seconds(literal)) %}
    {% do expected.append("select " ~ literal ~ ", 2, cast(null as int64)") %}
{% endfor %}
{{ differences(found | join(' union all '), expected | join(' union all ')) }}
