-- Of players (two digits of minutes) and teams (three): every form of the feeds, and sixty seconds. Then text that is no
-- time: of spreadsheets, of other clocks, of typing errors.
{% set rows = literal_rows(['minutes', 'digits', 'seconds'], [
    ["'34:12'", 2, 2052], ["'33:60'", 2, 2040], ["'4:05'", 2, 245], ["'0:00'", 2, 0], ["'34'", 2, 2040],
    ["'00'", 2, 0], ["'0'", 2, 0], ["'34.5'", 2, 2070], ["'34.0'", 2, 2040], ["'PT34M12.00S'", 2, 2052],
    ["'PT34M12.50S'", 2, 2053], ["'PT34M59.9S'", 2, 2100], ["'PT00M00.00S'", 2, 0], ["'PT05M01.49S'", 2, 301],
    ["'240:00'", 3, 14400], ["'265:00'", 3, 15900], ["'240'", 3, 14400], ["'240.0'", 3, 14400],
    ["'PT240M00.00S'", 3, 14400], ["'98:30'", 3, 5910], ["'1000:00'", 3, 'null'],
    ["''", 2, 'null'], ["' '", 2, 'null'], ["'0.583333333'", 2, 'null'], ["'34.25'", 2, 'null'], ["'34.'", 2, 'null'],
    ["'.5'", 2, 'null'], ["'34.000000:12'", 2, 'null'], ["'0:34:12'", 2, 'null'], ["'37:14:00'", 2, 'null'],
    ["'34:75'", 2, 'null'], ["'34:61'", 2, 'null'], ["'34:5'", 2, 'null'], ["'34:012'", 2, 'null'],
    ["'-3:10'", 2, 'null'], ["'3:-10'", 2, 'null'], ["'-3'", 2, 'null'], ["'+3'", 2, 'null'], ["'1e2'", 2, 'null'],
    ["'1e1'", 2, 'null'], ["'0x20'", 2, 'null'], ["'34:'", 2, 'null'], ["':45'", 2, 'null'], ["' 34:12 '", 2, 'null'],
    ["'34:12 '", 2, 'null'], ["' 34'", 2, 'null'], ["'340:12'", 2, 'null'], ["'340'", 2, 'null'],
    ["'340.5'", 2, 'null'], ["'1_000'", 2, 'null'], ["'DNP'", 2, 'null'], ["'34,5'", 2, 'null'],
    ["'34:12.0'", 2, 'null'], ["'34:12.7'", 2, 'null'], ["'34;12'", 2, 'null'], ["'34m'", 2, 'null'],
    ["'nan'", 2, 'null'], ["'PT340M12.00S'", 2, 'null'], ["'PT34M75.00S'", 2, 'null'], ["'PT34M12.00'", 2, 'null'],
    ["'PT34M12S'", 2, 'null'], ["'PT34M'", 2, 'null'], ["'PT34.5M'", 2, 'null'], ["'pt34m12.00s'", 2, 'null'],
    ["'XPT34M12.00S'", 2, 'null'], ['cast(null as string)', 2, 'null'],
]) %}
{{ differences(
    "select minutes, digits, case digits when 2 then " ~ minutes_text_to_seconds('minutes')
    ~ " else " ~ minutes_text_to_seconds('minutes', digits=3) ~ " end as seconds from " ~ rows,
    "select minutes, digits, seconds from " ~ rows
) }}
