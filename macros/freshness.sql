{#-
  `dbt source freshness`: when the newest row of a raw table was loaded, of the last thirty days' partitions; long ago where
  there is none. An optional feed that never had a row has nothing to be fresh; one that was emptied, or dropped, is stale.

  In a summer nothing is loaded, and every feed is fresh, from the fifth day on: the last games are loaded by then. It is a
  summer where the schedule says so, as it was built last (known_dates).
-#}
{% macro newest_load(relation) -%}
    {%- set there = adapter.get_relation(relation.database, relation.schema, relation.identifier) -%}
    {%- set meta = source_contract('nba_raw', relation.identifier).config.meta -%}
    {%- set long_ago = "timestamp '1970-01-01 00:00:00'" -%}
    {%- set partition = meta.partition_by -%}
    select
        case
            when {{ is_in_summer(today()) }} then {{ current_instant() }}
            {%- if meta.optional %}
            when not ({{ was_ever_loaded(relation.identifier, there) }}) then {{ current_instant() }}
            {%- endif %}
            else coalesce(loads.newest, {{ long_ago }})
        end
    from (
        {%- if there is none %}
        select {{ long_ago }} as newest
        {%- else %}
        select max(processed_at) as newest from {{ there }}
        {%- if partition %}
        where {{ partition }} >= {{ days_before(today(), 30) }}
        {%- endif %}
        {%- endif %}
    ) as loads
{%- endmacro %}

{#- Whether a date is in a summer; in none where no run of this version has built known_dates. -#}
{% macro is_in_summer(date) -%}
    {%- set known = live_relation('known_dates') -%}
    {%- if known is none or 'is_summer' not in adapter.get_columns_in_relation(known) | map(attribute='name') -%}
        {{ return('false') }}
    {%- endif -%}
    exists (
        select 1 from {{ known }} as spans
        where spans.is_summer and spans.first_date <= {{ days_before(date, 4) }} and {{ date }} <= spans.last_date
    )
{%- endmacro %}

{#- Whether a feed has rows, or had some that a build staged: those of its dates stay, and a run keeps how many there were. -#}
{% macro was_ever_loaded(table_name, there) -%}
    {%- set found = [] -%}
    {%- if there is not none -%}
        {%- set partition = source_contract('nba_raw', table_name).config.meta.partition_by -%}
        {%- do found.append('exists (select 1 from ' ~ there ~ (" where " ~ partition ~ " >= date '0001-01-01'" if partition) ~ ')') -%}
    {%- endif -%}
    {%- set ledger = source('nba_ops', 'model_ledger') -%}
    {%- set ledger = adapter.get_relation(ledger.database, ledger.schema, ledger.identifier) -%}
    {%- for node in staged_from(table_name) -%}
        {%- set staged = live_relation(node.name) -%}
        {%- if staged is not none -%}
            {%- do found.append('exists (select 1 from ' ~ staged ~ ')') -%}
        {%- endif -%}
        {%- if ledger is not none -%}
            {%- do found.append(
                "exists (select 1 from " ~ ledger ~ " where game_date >= date '0001-01-01' and relation = '" ~ node.name
                ~ "' and fingerprint not like '0:%')"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ found | join(' or ') or 'false' }}
{%- endmacro %}

{#- Staging models that read a raw table. -#}
{% macro staged_from(table_name) -%}
    {%- set source_id = 'source.fullcourt.nba_raw.' ~ table_name -%}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name.startswith('stg_') -%}
        {%- if source_id in node.depends_on.nodes -%}
            {%- do found.append(node) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- A model's relation, none where it was never built. -#}
{% macro live_relation(model_name) -%}
    {%- set node = node_named(model_name) -%}
    {{ return(adapter.get_relation(node.database, node.schema, node.alias)) }}
{%- endmacro %}

{#- The date of the machine that asks, or the var `today`. -#}
{% macro today() -%}
    {{ return("date '" ~ var('today', modules.datetime.date.today()) ~ "'") }}
{%- endmacro %}
