{#-
  The window of a run: vars start_date and end_date, both included. The one place that reads them. Of the
  window only the dates in var `dates` are built, where it is given: a run builds what is due, and no more.

  Returns {'start': 'YYYY-MM-DD', 'end': 'YYYY-MM-DD'}. A missing, malformed or reversed window is
  an error, except while dbt only parses: `dbt ls` and the docs need no window, and get a day that
  has no games.
-#}
{% macro window() -%}
    {%- set given_start = var('start_date', none) -%}
    {%- set given_end = var('end_date', none) -%}
    {%- if not execute and (given_start is none or given_end is none) -%}
        {{ return({'start': '1900-01-01', 'end': '1900-01-01'}) }}
    {%- endif -%}
    {%- set start = window_date('start_date', given_start) -%}
    {%- set end = window_date('end_date', given_end) -%}
    {%- if start > end -%}
        {{ window_error("start_date " ~ start ~ " is after end_date " ~ end ~ ".") }}
    {%- endif -%}
    {{ return({'start': start, 'end': end}) }}
{%- endmacro %}

{#- One end of the window as text. Unquoted dates in --vars arrive as dates: both are read alike. -#}
{% macro window_date(name, value) -%}
    {%- if value is none -%}
        {{ window_error(name ~ " is not set.") }}
    {%- endif -%}
    {%- set text = value | string -%}
    {%- set known = modules.re.fullmatch('(\\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])', text) -%}
    {%- if not known -%}
        {{ window_error(name ~ " is '" ~ text ~ "', not a date of the form YYYY-MM-DD.") }}
    {%- endif -%}
    {%- set first = modules.datetime.date(known.group(1) | int, known.group(2) | int, 1) -%}
    {%- set date = first + modules.datetime.timedelta(days=(known.group(3) | int) - 1) -%}
    {%- if date.month != first.month -%}
        {{ window_error(name ~ " is '" ~ text ~ "', and that month has no such day.") }}
    {%- endif -%}
    {{ return(text) }}
{%- endmacro %}

{% macro window_error(problem) -%}
    {{ exceptions.raise_compiler_error(
        "Window: " ~ problem
        ~ " Give both ends: dbt build --vars '{\"start_date\": \"2021-10-19\", \"end_date\": \"2021-11-19\"}'"
    ) }}
{%- endmacro %}

{#- on-run-start: the window is wrong before anything is built, or it is right for every model. -#}
{% macro check_window() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'test') -%}
        {%- do window() -%}
    {%- endif -%}
{%- endmacro %}

{#- Whether this invocation builds models: what comes before the first of them asks. -#}
{% macro is_building() -%}
    {{ return(execute and flags.WHICH in ('build', 'run', 'retry')) }}
{%- endmacro %}

{#-
  The only dates of the window to build, in order, as a list of {first, last}; none where all of them are. Var `dates`
  lists dates, and runs of dates as "2021-10-19..2021-11-19". Every model asks many times: all are looked at in one go,
  and one by one only where one is wrong.
-#}
{% macro chosen_dates() -%}
    {%- set given = var('dates', none) -%}
    {%- if given is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set window = window() -%}
    {%- set texts = ([given] if given is string else given) | map('string') | unique | sort -%}
    {%- set day = '\\d{4}-((0[13578]|1[02])-(0[1-9]|[12]\\d|3[01])|(0[469]|11)-(0[1-9]|[12]\\d|30)|02-(0[1-9]|1\\d|2[0-8]))' -%}
    {%- set are_known = modules.re.fullmatch('(' ~ day ~ '(\\.\\.' ~ day ~ ')?,)*', (texts | join(',')) ~ ',') -%}
    {%- set chosen = [] -%}
    {%- for text in texts -%}
        {%- set ends = text.split('..') -%}
        {%- if not are_known -%}
            {%- do window_date('dates', ends[0]) -%}
            {%- do window_date('dates', ends[1:] | join('..') if ends[1:] else ends[0]) -%}
        {%- endif -%}
        {%- if ends[0] > ends[-1] -%}
            {{ window_error("dates has " ~ text ~ ", which ends before it starts.") }}
        {%- endif -%}
        {%- if ends[0] < window.start or ends[-1] > window.end -%}
            {{ window_error("dates has " ~ text ~ ", which is outside " ~ window.start ~ " to " ~ window.end ~ ".") }}
        {%- endif -%}
        {%- do chosen.append({'first': ends[0], 'last': ends[-1]}) -%}
    {%- endfor -%}
    {{ return(chosen) }}
{%- endmacro %}

{#-
  Whether `column` lies in the window, reaching `days_before` days further back and `days_after` days further on.
  Literal dates, so that BigQuery prunes partitions and accepts tables that require a filter.
-#}
{% macro in_window(column='game_date', days_before=0, days_after=0) -%}
    {{ column }} between {{ date_literal(window_start(days_before)) }} and {{ date_literal(window_end(days_after)) }}
    {%- set chosen = chosen_dates() if days_before == 0 and days_after == 0 else none -%}
    {%- if chosen is not none %} and {{ in_dates(column, chosen) }}
    {%- endif -%}
{%- endmacro %}

{#- Whether `column` is one of some dates, as chosen_dates() gives them: ranges, since a season's dates fill a page. -#}
{% macro in_dates(column, chosen) -%}
    {%- set terms = [] -%}
    {%- set singles = [] -%}
    {%- for dates in chosen -%}
        {%- if dates.first == dates.last -%}
            {%- do singles.append(date_literal(dates.first)) -%}
        {%- else -%}
            {%- do terms.append(column ~ ' between ' ~ date_literal(dates.first) ~ ' and ' ~ date_literal(dates.last)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if singles -%}
        {%- do terms.append(column ~ ' in (' ~ singles | join(', ') ~ ')') -%}
    {%- endif -%}
    ({{ terms | join(' or ') if terms else 'false' }})
{%- endmacro %}

{% macro window_start(days_before=0) -%}
    {%- set start = modules.datetime.datetime.strptime(window().start, '%Y-%m-%d') -%}
    {{ return((start - modules.datetime.timedelta(days=days_before)).strftime('%Y-%m-%d')) }}
{%- endmacro %}

{% macro window_end(days_after=0) -%}
    {%- set end = modules.datetime.datetime.strptime(window().end, '%Y-%m-%d') -%}
    {{ return((end + modules.datetime.timedelta(days=days_after)).strftime('%Y-%m-%d')) }}
{%- endmacro %}

{#- Every date of the window to build, as text; with `days_before`, every date of it and so many before. -#}
{% macro window_dates(days_before=0) -%}
    {%- set chosen = chosen_dates() if days_before == 0 else none -%}
    {%- set whole = [{'first': window_start(days_before), 'last': window().end}] -%}
    {%- set dates = [] -%}
    {%- for run in (whole if chosen is none else chosen) -%}
        {%- set first = modules.datetime.datetime.strptime(run.first, '%Y-%m-%d') -%}
        {%- set last = modules.datetime.datetime.strptime(run.last, '%Y-%m-%d') -%}
        {%- for offset in range((last - first).days + 1) -%}
            {%- do dates.append((first + modules.datetime.timedelta(days=offset)).strftime('%Y-%m-%d')) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(dates | unique | sort) }}
{%- endmacro %}

{% macro date_literal(text) -%}
    date '{{ text }}'
{%- endmacro %}

{#-
  Whether `column` lies in the window or in the season before it: what histories read. Seasons are told
  apart by their year; this only bounds the partitions read, so it reaches back the longest season.
-#}
{% macro in_season_so_far(column='game_date') -%}
    {{ in_window(column, days_before=var('longest_season_days')) }}
{%- endmacro %}
