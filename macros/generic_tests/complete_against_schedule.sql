{#-
  Fails on each game whose rows are not the ones that `expected` names: missing, or not expected. A test of its own, and
  no check of is_proven: `expected` is no model that all tables come of, and those that do not come of it would not wait.

  A game of which nothing was ever counted is one, too: where only the table is built, and not what it reads, it has no rows
  and none are expected.

  Tables of played games name expected_boxes, which raw rows alone decide, so that a table can be tested
  before those that read it are built. Rows in quarantine, and rows that no feed has, are no fault of the table: coverage
  calls their date partial, and its own test fails.
-#}
{% test complete_against_schedule(model, expected='expected_rows') %}
{%- if execute %}
{%- set node = node_of(model) %}
{%- set counted = "(select * from " ~ ref(expected) ~ " where " ~ in_window() ~ ")" %}
{%- set games %}(
    select game_date, game_id from {{ relation_of('dim_games') }}
    where {{ in_window() }} and is_in_scope {%- if declared_rows()[node.name].is_played %} and is_final{% endif %}
){% endset %}
{{ findings_of_query({
    'check_name': 'complete_against_schedule',
    'query': incomplete_games(
        window_rows(model), "(select * from " ~ counted ~ " as counted where table_name = '" ~ node.name ~ "')",
        entity_column(node.name)
    ),
    'told': columns_by_name(['expected_rows', 'actual_rows', 'first_missing', 'first_not_expected']),
    'found_in': columns_by_name(['game_date', 'game_id']),
}) }}
union all
{{ findings_of_query({
    'check_name': 'complete_against_schedule',
    'query': uncounted_games(games, counted),
    'finding_column': text_or_null("its rows were never counted: build " ~ node.name ~ " with all that it reads"),
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

{#- Games that count, and of which `counted` has no row of any table. -#}
{% macro uncounted_games(games, counted) -%}
select games.game_date, games.game_id
from {{ games }} as games
left join (select distinct game_date, game_id from {{ counted }} as expected_rows) as counted
    on games.game_date = counted.game_date and games.game_id = counted.game_id
where counted.game_id is null
{%- endmacro %}
