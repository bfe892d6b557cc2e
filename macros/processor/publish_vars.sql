{#-
  What a run allows of a publish, from vars that fullcourt gives and anybody may. None of them is logic: they
  decide what is written, not which rows are right.

  replaced: {table: [dates]}. The rows of these dates are written anew whatever the hashes say.
  deletes_allowed: {table: n}. So many keys may go, in place of var max_deleted_pct.
  allow_deletes: true. Any number may go, and any date may become empty.
-#}

{#- on-run-start: a table or date that cannot be meant is refused, not passed over. -#}
{% macro check_publish_vars() -%}
    {%- if is_building() -%}
        {%- for name in ('replaced', 'deletes_allowed') -%}
            {%- set given = var(name, none) or {} -%}
            {%- if given is not mapping -%}
                {{ publish_var_error(name, "is '" ~ given ~ "', not a mapping of tables") }}
            {%- endif -%}
            {%- for table in given -%}
                {%- set node = graph.nodes.get('model.' ~ project_name ~ '.' ~ table) -%}
                {%- if not node or node.config.materialized != 'processor' -%}
                    {{ publish_var_error(name, "names '" ~ table ~ "', which is no hashed table") }}
                {%- endif -%}
                {%- do replaced_dates(table) if name == 'replaced' else deletes_allowed(table) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- do allows_deletes() -%}
        {%- do max_deleted_pct() -%}
    {%- endif -%}
{%- endmacro %}

{% macro publish_var_error(name, problem) -%}
    {{ exceptions.raise_compiler_error(
        "Var " ~ name ~ " " ~ problem ~ ". Nothing was built. It is given as --vars '"
        ~ {
            'replaced': '{"replaced": {"player_game_summary": ["2021-10-30"]}}',
            'deletes_allowed': '{"deletes_allowed": {"player_game_summary": 12}}',
            'allow_deletes': '{"allow_deletes": true}',
            'max_deleted_pct': '{"max_deleted_pct": 5}',
        }[name] ~ "'."
    ) }}
{%- endmacro %}

{#- The dates of a table whose rows are replaced, as a sorted list of text. -#}
{% macro replaced_dates(table_name) -%}
    {%- set given = (var('replaced', none) or {}).get(table_name) or [] -%}
    {%- set dates = [] -%}
    {%- for value in ([given] if given is string else given) -%}
        {%- set date = window_date('replaced', value) -%}
        {%- if date not in window_dates() -%}
            {{ publish_var_error('replaced', "has " ~ date ~ " of " ~ table_name ~ ", which this run does not build") }}
        {%- endif -%}
        {%- do dates.append(date) -%}
    {%- endfor -%}
    {{ return(dates | unique | sort) }}
{%- endmacro %}

{#- Whether a date of a hashed table is replaced, as SQL. -#}
{% macro is_replaced(node, column) -%}
    {%- set dates = replaced_dates(node.name) -%}
    {%- if not dates -%}
        {{ return('false') }}
    {%- endif -%}
    {{ column }} in ({% for date in dates %}{{ date_literal(date) }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{#- How many keys of a table may go, where a run says so; else none. -#}
{% macro deletes_allowed(table_name) -%}
    {%- set given = (var('deletes_allowed', none) or {}).get(table_name) -%}
    {%- if given is not none and (given is not integer or given is boolean or given < 0) -%}
        {{ publish_var_error('deletes_allowed', "allows '" ~ given ~ "' deletes of " ~ table_name ~ ", not a whole number from 0 on") }}
    {%- endif -%}
    {{ return(given) }}
{%- endmacro %}

{% macro allows_deletes() -%}
    {%- set given = var('allow_deletes', false) -%}
    {%- if given is not boolean -%}
        {{ publish_var_error('allow_deletes', "is '" ~ given ~ "', neither true nor false") }}
    {%- endif -%}
    {{ return(given) }}
{%- endmacro %}

{% macro max_deleted_pct() -%}
    {%- set given = var('max_deleted_pct') -%}
    {%- if given is not number or given is boolean or given < 0 or given > 100 -%}
        {{ publish_var_error('max_deleted_pct', "is '" ~ given ~ "', not a number from 0 to 100") }}
    {%- endif -%}
    {{ return(given) }}
{%- endmacro %}
