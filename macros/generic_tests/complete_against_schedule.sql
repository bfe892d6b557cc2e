{#-
  Fails on each game whose rows are not the ones that `expected` names: missing, or not expected. A test of its own, and
  no check of is_proven: `expected` is no model that all tables come of, and those that do not come of it would not wait.

  Tables of played games name expected_boxes, which raw rows alone decide, so that a table can be tested
  before those that read it are built. Rows in quarantine, and rows that no feed has, are no fault of the table: coverage
  calls their date partial, and its own test fails.
-#}
{% test complete_against_schedule(model, expected='expected_rows') %}
{%- if execute %}
{%- set node = node_of(model) %}
{{ findings_of_query({
    'check_name': 'complete_against_schedule',
    'query': incomplete_games(
        window_rows(model),
        "(select * from " ~ ref(expected) ~ " where " ~ in_window() ~ " and table_name = '" ~ node.name ~ "')",
        entity_column(node.name)
    ),
    'told': columns_by_name(['expected_rows', 'actual_rows', 'first_missing', 'first_not_expected']),
    'found_in': columns_by_name(['game_date', 'game_id']),
}) }}
{%- endif %}
-- depends_on: {{ ref(expected) }}
{% endtest %}

{% macro incomplete_games(rows, expected, entity) -%}
select
    coalesce(expected.game_date, actual.game_date) as game_date,
    coalesce(expected.game_id, actual.game_id) as game_id,
    count(expected.entity) as expected_rows,
    count(actual.entity) as actual_rows,
    min(case when actual.entity is null then expected.entity end) as first_missing,
    min(case when expected.entity is null then actual.entity end) as first_not_expected
from {{ expected }} as expected
full outer join (select game_date, game_id, {{ entity }} as entity from {{ rows }}) as actual
    on expected.game_id = actual.game_id and expected.entity = actual.entity
where
    (expected.entity is null or actual.entity is null)
    and expected.quarantine_reason is null
    and (expected.entity is null or expected.has_source)
group by coalesce(expected.game_date, actual.game_date), coalesce(expected.game_id, actual.game_id)
{%- endmacro %}
