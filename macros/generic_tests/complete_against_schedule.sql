{#-
  Fails on each game, or where a table has no games each date, whose rows are not the ones expected:
  missing, or not expected. Analytics tables are held to expected_rows, precompute tables to the
  entities without an outcome of precompute_entities; a blocked date is not complete.

  Rows in quarantine are explained, and so are games without any box score on dates that the seed
  completeness_exceptions names.
-#}
{% test complete_against_schedule(model) %}
{%- if execute %}
{%- set node = node_of(model) %}
{%- set partition = node.config.meta.partition_by %}
{%- set entity = node.config.meta.key | reject('in', ['game_id', partition]) | first %}
{%- set is_precompute = node.name in var('precompute_reads') %}
{{ incomplete_games(
    "(select " ~ partition ~ " as game_date, " ~ ("cast(null as string)" if is_precompute else "game_id")
    ~ " as game_id, " ~ entity ~ " as entity from " ~ window_rows(model) ~ ")",
    expected_entities() if is_precompute else "(select * from " ~ ref('expected_rows') ~ " where " ~ in_window() ~ ")",
    ref('completeness_exceptions'),
    node.name
) }}
{%- endif %}
-- depends_on: {{ ref('expected_rows') }}
-- depends_on: {{ ref('precompute_entities') }}
-- depends_on: {{ ref('completeness_exceptions') }}
{% endtest %}

{#- The rows that precompute tables must hold, in the form of expected_rows. -#}
{% macro expected_entities() -%}
(
    select
        table_name, game_date, cast(null as string) as game_id, entity, true as has_source,
        cast(null as string) as quarantine_reason
    from {{ ref('precompute_entities') }}
    where {{ in_window() }} and outcome is null
)
{%- endmacro %}

{% macro incomplete_games(rows, expected, exceptions, table_name) -%}
select
    coalesce(expected.game_date, actual.game_date) as game_date,
    coalesce(expected.game_id, actual.game_id) as game_id,
    count(expected.entity) as expected_rows,
    count(actual.entity) as actual_rows,
    min(case when actual.entity is null then expected.entity end) as first_missing,
    min(case when expected.entity is null then actual.entity end) as first_not_expected
from (select * from {{ expected }} as every_table where table_name = '{{ table_name }}') as expected
full outer join {{ rows }} as actual
    on
        expected.game_date = actual.game_date
        and expected.entity = actual.entity
        and coalesce(expected.game_id, '') = coalesce(actual.game_id, '')
left join {{ exceptions }} as exceptions
    on
        expected.table_name = exceptions.table_name -- BigQuery wants an equality in an outer join
        and not expected.has_source
        and expected.game_date between exceptions.first_date and exceptions.last_date
where
    (expected.entity is null or actual.entity is null)
    and expected.quarantine_reason is null
    and exceptions.reason is null
group by coalesce(expected.game_date, actual.game_date), coalesce(expected.game_id, actual.game_id)
{%- endmacro %}
