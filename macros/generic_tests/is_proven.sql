{#-
  All checks of a hashed table in one query: dbt takes longer for a test of its own than most of them take. Each finding is
  a row of its own: which check, of what (a column, an upstream; null where there is but one), what was found, and where.

  The checks that hold of every hashed table need not be named: see standard_checks(). `checks` lists the others, and any
  of those with arguments; each is a macro check_<name> in the file of its name. What each means: docs/checks.md.

  A check may look only at what the table itself comes of: dbt lets what reads the table wait for a test where it
  comes of all that the test looks at. complete_against_schedule does not, and is a test of its own. It looks by
  relation_of(), so that the test is one of its table alone.
-#}
{% test is_proven(model, checks=[]) %}
{%- set node = node_of(model) if execute else none -%}
{%- set by_row, by_table = [], [] -%}
{%- for name, arguments in chosen_checks(checks, node).items() -%}
    {%- for given in arguments -%}
        {%- for found in findings_of_check(name, model, node, given) or [] -%}
            {%- do (by_table if found.query is defined else by_row).append(dict(found, check_name=name)) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endfor -%}
{{ findings_of_checks(model, node, by_row, by_table) if node }}
{% endtest %}

{#- The findings by row come first: their query begins with `with`. -#}
{% macro findings_of_checks(model, node, by_row, by_table) -%}
    {%- set queries = [findings_by_row(window_rows(model), key_columns(node), by_row)] if by_row else [] -%}
    {%- for found in by_table -%}
        {%- do queries.append(findings_of_query(found)) -%}
    {%- endfor -%}
    {{ queries | join('\nunion all\n') }}
{%- endmacro %}

{#- Checks of a table by name, each with the arguments of every time that it is listed; without arguments those that hold of
    every table come first. `dbt compile` may ask for some of them alone: the report does. -#}
{% macro chosen_checks(listed, node) -%}
    {%- set chosen = {} -%}
    {%- for entry in listed -%}
        {%- for name, arguments in (({entry: {}} if entry is string else entry).items()) -%}
            {%- do chosen.setdefault(name, []).append(arguments or {}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set every = {} -%}
    {%- for name in standard_checks(node) -%}
        {%- do every.update({name: chosen.get(name, [{}])}) -%}
    {%- endfor -%}
    {%- do every.update(chosen) -%}
    {%- set asked = var('checks_compiled', none) if flags.WHICH == 'compile' else none -%}
    {%- if asked is none -%}
        {{ return(every) }}
    {%- endif -%}
    {%- set some = {} -%}
    {%- for name in asked -%}{%- do some.update({name: every[name]}) -%}{%- endfor -%}
    {{ return(some) }}
{%- endmacro %}

{#- Checks of every hashed table, listed or not: a table cannot be without them. -#}
{% macro standard_checks(node) -%}
    {%- set names = [
        'unique_key', 'data_hash_covers_partitions', 'data_hash_is_hex', 'data_hash_matches', 'data_hashes_are_distinct',
        'hashed_columns_vary',
    ] -%}
    {%- if node and 'completeness_percentage' in node.columns -%}
        {%- do names.append('completeness_within_bounds') -%}
    {%- endif -%}
    {{ return(names) }}
{%- endmacro %}

{#-
  What a check looks for, as a list; nothing while dbt parses. An entry is either of one row:
  `is_wrong`, a condition, and `told`, what to say of the row; or a `query`, with `told` and `found_in`, its columns that
  say what and where. Both: label to SQL. `subject` and `finding` are SQL of a text of their own, where there is one.

  By name and not by context[...]: dbt sees what a test calls, and parses it anew where that changes.
-#}
{% macro findings_of_check(name, model, node, given) -%}
    {%- if name == 'unique_key' -%}{{ return(check_unique_key(model, node, **given)) }}
    {%- elif name == 'data_hash_covers_partitions' -%}{{ return(check_data_hash_covers_partitions(model, node, **given)) }}
    {%- elif name == 'data_hash_is_hex' -%}{{ return(check_data_hash_is_hex(model, node, **given)) }}
    {%- elif name == 'data_hash_matches' -%}{{ return(check_data_hash_matches(model, node, **given)) }}
    {%- elif name == 'data_hashes_are_distinct' -%}{{ return(check_data_hashes_are_distinct(model, node, **given)) }}
    {%- elif name == 'hashed_columns_vary' -%}{{ return(check_hashed_columns_vary(model, node, **given)) }}
    {%- elif name == 'completeness_within_bounds' -%}{{ return(check_completeness_within_bounds(model, node, **given)) }}
    {%- elif name == 'within_ranges' -%}{{ return(check_within_ranges(model, node, **given)) }}
    {%- elif name == 'points_add_up' -%}{{ return(check_points_add_up(model, node, **given)) }}
    {%- elif name == 'rates_add_up' -%}{{ return(check_rates_add_up(model, node, **given)) }}
    {%- elif name == 'zone_attempts_add_up' -%}{{ return(check_zone_attempts_add_up(model, node, **given)) }}
    {%- elif name == 'readiness_is_consistent' -%}{{ return(check_readiness_is_consistent(model, node, **given)) }}
    {%- elif name == 'feature_vectors_are_whole' -%}{{ return(check_feature_vectors_are_whole(model, node, **given)) }}
    {%- elif name == 'dates_were_counted' -%}{{ return(check_dates_were_counted(model, node, **given)) }}
    {%- elif name == 'exists_upstream' -%}{{ return(check_exists_upstream(model, node, **given)) }}
    {%- elif name == 'window_ends_before_its_date' -%}{{ return(check_window_ends_before_its_date(model, node, **given)) }}
    {%- endif -%}
    {{ exceptions.raise_compiler_error("is_proven of " ~ model ~ ": there is no check named " ~ name ~ "; macros/generic_tests has them.") }}
{%- endmacro %}
