{#-
  `dbt source freshness`: when the newest row of a raw table was loaded, of the last thirty days' partitions; long ago where
  there is none. An optional feed that is not there, or never had a row, has nothing to be fresh.

  In a summer nothing is loaded, and every feed is fresh. It is a summer from June to September while the schedule has no game
  within four days (a final series rests for three at most) and was itself loaded after the last game that it has: a
  schedule that was not refreshed does not make a summer.
-#}
{% macro newest_load(relation) -%}
    {%- set there = adapter.get_relation(relation.database, relation.schema, relation.identifier) -%}
    {%- set meta = source_contract('nba_raw', relation.identifier).config.meta -%}
    {%- if there is none -%}
        {{ return('select ' ~ (current_instant() if meta.optional else "timestamp '1970-01-01 00:00:00'")) }}
    {%- endif -%}
    {%- set partition = meta.partition_by -%}
    select
        case
            when extract(month from {{ today() }}) between 6 and 9 and summer.has_begun then {{ current_instant() }}
            {%- if meta.optional %}
            when not exists (select 1 from {{ there }}{% if partition %} where {{ partition }} >= date '0001-01-01'{% endif %})
                then {{ current_instant() }}
            {%- endif %}
            else coalesce(loads.newest, timestamp '1970-01-01 00:00:00')
        end
    from (
        select max(processed_at) as newest from {{ there }}
        {%- if partition %}
        where {{ partition }} >= {{ days_before(today(), 30) }}
        {%- endif %}
    ) as loads
    cross join (
        select
            max(game_date) < {{ days_before(today(), 4) }} and date(max(processed_at)) > max(game_date) as has_begun
        from {{ source('nba_raw', 'nbac_schedule') }}
        where game_date >= {{ days_before(today(), 366) }}
    ) as summer
{%- endmacro %}

{#- The date of the machine that asks, or the var `today`. -#}
{% macro today() -%}
    {{ return("date '" ~ var('today', modules.datetime.date.today()) ~ "'") }}
{%- endmacro %}
