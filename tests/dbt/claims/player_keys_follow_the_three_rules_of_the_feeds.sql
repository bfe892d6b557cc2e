-- Our own key; balldontlie's and BigDataBall's; the injury report's; ours without a suffix.
{% set names = literal_rows(['name'], [
    ["'Luka Dončić'"], ["'Jaren Jackson Jr.'"], ["'Joel Embiid'"], ["'Jrue Holiday'"],
    ["'Trey Murphy III'"], ["'Karl-Anthony Towns'"], ['"Royce O\'Neale"' if target.type == 'bigquery' else "'Royce O''Neale'"],
]) %}
{{ differences(
    "select " ~ player_key('name') ~ " as folded, " ~ player_key_ascii_only('name') ~ " as ascii_only, "
    ~ player_key_injury_report('name') ~ " as injury_report, " ~ player_key_without_suffix('name') ~ " as without_suffix from " ~ names,
    "select 'lukadoncic' as folded, 'lukadoni' as ascii_only, 'lukadončić' as injury_report, 'lukadoncic' as without_suffix"
    ~ " union all select 'jarenjacksonjr', 'jarenjacksonjr', 'jarenjackson', 'jarenjackson'"
    ~ " union all select 'joelembiid', 'joelembiid', 'joelembd', 'joelembiid'"
    ~ " union all select 'jrueholiday', 'jrueholiday', 'ueholiday', 'jrueholiday'"
    ~ " union all select 'treymurphyiii', 'treymurphyiii', 'treymurphyi', 'treymurphy'"
    ~ " union all select 'karlanthonytowns', 'karlanthonytowns', 'karlanthonytowns', 'karlanthonytowns'"
    ~ " union all select 'royceoneale', 'royceoneale', 'royceoneale', 'royceoneale'"
) }}
