{#-
  A raw table in the window, with exactly the columns of the raw contract: an optional column that
  the table lacks reads as null, and teams are named by their own codes, whatever spelling a feed has, in any case.
  `where` replaces the window for tables that are read whole. Of a table whose rows may be dated beside
  their game (config.meta.days_from_game) the days around the window are read, too.
-#}
{% macro raw_rows(source_name, table_name, where=none, days_before=0) -%}
    {%- set relation = raw_relation(source_name, table_name) -%}
    {%- set spellings = ref('team_spellings') -%}
    {%- set contract = source_contract(source_name, table_name) -%}
    {%- set lacking = lacking_columns(source(source_name, table_name), contract) -%}
    {%- set beside = contract.config.meta.get('days_from_game', 0) -%}
    {%- set teams = team_columns(contract) | reject('in', lacking) | list -%}
    (
        select
            {%- for column in contract.columns.values() %}
            {% if column.name in lacking -%}
                cast(null as {{ engine_type(column.data_type) }}) as {{ column.name }}
            {%- elif column.name in teams -%}
                coalesce(spelled_{{ column.name }}.team_abbr, {{ team_code('loaded.' ~ column.name) }}) as {{ column.name }}
            {%- else -%}
                loaded.{{ column.name }}
            {%- endif %}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ relation }} as loaded
        {%- for column in teams %}
        left join {{ spellings }} as spelled_{{ column }} on {{ team_code('loaded.' ~ column) }} = spelled_{{ column }}.spelling
        {%- endfor %}
        where {{ where or in_window(contract.config.meta.partition_by, days_before + beside, beside) }}
    )
{%- endmacro %}

{#- A team's code as the seed team_spellings has it: feeds put it in small letters, or between blanks. -#}
{% macro team_code(value) -%}
    upper(trim({{ value }}))
{%- endmacro %}

{#- Columns of a raw table that name a team. -#}
{% macro team_columns(contract) -%}
    {%- set found = [] -%}
    {%- for column in contract.columns.values() if column.config.meta.get('is_team') -%}
        {%- do found.append(column.name) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- The contract's node of a raw table; empty while dbt parses, when there is no graph yet. -#}
{% macro source_contract(source_name, table_name) -%}
    {%- if not execute -%}
        {{ return({'columns': {}, 'config': {'meta': {'partition_by': 'game_date'}}}) }}
    {%- endif -%}
    {%- set id = 'source.fullcourt.' ~ source_name ~ '.' ~ table_name -%}
    {{ return(graph.sources[id]) }}
{%- endmacro %}

{#-
  The newest row per `grain`. The order is total: newest load first, then every column of the raw
  contract, so that rows still equal are the same row. (Feeds keep every scrape; a bulk load ran twice.)
  `first` goes before the load: the time at which the feed itself was read.
-#}
{% macro newest_first(source_name, table_name, grain, first=none) -%}
    {%- set columns = source_contract(source_name, table_name).columns.keys() | list -%}
    row_number() over (
        partition by {{ grain | join(', ') }}
        order by {% if first %}{{ first }} desc, {% endif %}
            {%- if 'processed_at' in columns %}processed_at desc, {% endif %}
            {%- if 'source_file_path' in columns %}source_file_path desc, {% endif %}
            {{ columns | reject('in', ['processed_at', 'source_file_path']) | join(', ') or '1' }}
    ) = 1
{%- endmacro %}

{#- Reports name games of the day and the next, so their partitions start a day before the window. -#}
{% macro injury_report_window() -%}
    {{ in_window('report_date', days_before=1) }}
{%- endmacro %}

{#- How many raw rows a staged row stands for: itself and its repeats. -#}
{% macro copies(grain) -%}
    count(*) over (partition by {{ grain | join(', ') }})
{%- endmacro %}

{#-
  Whether rows of one player or team and game that were loaded together differ in their figures: then none of them is
  known to be the right one. Rows of different loads are corrections, of which the newest counts.
-#}
{% macro lines_differ(grain, figures) -%}
    {%- set together = "over (partition by " ~ grain | join(', ') ~ ", processed_at)" -%}
    coalesce(
        {%- for column in figures %}
        min({{ column }}) {{ together }} <> max({{ column }}) {{ together }}{{ ' or ' if not loop.last }}
        {%- endfor %},
        false
    )
{%- endmacro %}

{#- What an injury report may say of a player, in the league's words. -#}
{% macro injury_statuses() -%}
    {{ return(['available', 'probable', 'questionable', 'doubtful', 'out']) }}
{%- endmacro %}

{#- When an injury report came out: its hour on the Eastern clock. -#}
{% macro injury_reported_at(reports) -%}
    {{ eastern_to_utc(dbt.dateadd(
        'hour', reports ~ '.report_hour', 'cast(' ~ reports ~ '.report_date as ' ~ engine_type('DATETIME') ~ ')'
    )) }}
{%- endmacro %}
