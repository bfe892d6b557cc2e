{#-
  CTEs that bring a failure ledger forward: `findings` of this run against the ledger's own rows of the
  window. `findings` has the ledger's columns up to attempt_count, the first of its kind counts where two
  are about one processor, date and entity. The last CTE is `final`. The model's YAML file has the columns
  and their types. `opens_breaker`: which findings may open a breaker.
-#}
{% macro failure_ledger(findings, opens_breaker='true') -%}
{%- set now = timestamp_literal(run_started_at) -%}
{%- set key = ['processor_name', 'analysis_date', 'entity_id'] -%}
{%- set history = [
    'attempt_count', 'first_attempt_at', 'last_attempt_at', 'circuit_breaker_tripped', 'circuit_breaker_until',
    'resolution_status', 'resolved_at', 'run_id', 'created_at'
] -%}
{%- set facts = model.columns | reject('in', key + history) | list -%}
one_finding as (
    select * from {{ findings }}
    qualify row_number() over (partition by {{ key | join(', ') }} order by failure_category, failure_reason) = 1
),

before as (
    {#- Offline nothing says whether the ledger is there; then it is read, so that analysis sees the query. #}
    {%- if not flags.INTROSPECT or is_incremental() %}
    select * from {{ this }}
    where {{ in_window('analysis_date') }}
    {%- else %}
    select
        {%- for column in model.columns.values() %}
        cast(null as {{ engine_type(column.data_type) }}) as {{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from one_finding
    where 1 = 0
    {%- endif %}
),

compared as (
    select
        {%- for name in key %}
        coalesce(one_finding.{{ name }}, before.{{ name }}) as {{ name }},
        {%- endfor %}
        {%- for name in facts %}
        case when one_finding.entity_id is not null then one_finding.{{ name }} else before.{{ name }} end as {{ name }},
        {%- endfor %}
        {%- for name in history %}
        before.{{ name }},
        {%- endfor %}
        one_finding.entity_id is not null as is_found,
        coalesce(before.resolution_status = 'UNRESOLVED', false) as was_open,
        coalesce(before.circuit_breaker_until > {{ now }}, false) as breaker_is_open
    from one_finding
    full outer join before
        on {% for name in key %}one_finding.{{ name }} = before.{{ name }}{{ ' and ' if not loop.last }}{% endfor %}
),

counted as (
    select
        compared.* {{ star_except(['attempt_count']) }},
        is_found and not (was_open and breaker_is_open) as is_attempt,
        case
            when is_found and not was_open then 1
            when is_found and not breaker_is_open then attempt_count + 1
            else attempt_count
        end as attempt_count
    from compared
),

final as (
    select
        {{ key | join(', ') }},
        {{ facts | join(', ') }},
        cast(attempt_count as int64) as attempt_count,
        case when is_found and not was_open then {{ now }} else first_attempt_at end as first_attempt_at,
        case when is_attempt then {{ now }} else last_attempt_at end as last_attempt_at,
        is_found and {{ opens_breaker }} and attempt_count >= {{ var('breaker_attempts') }} as circuit_breaker_tripped,
        case
            when not is_found or not ({{ opens_breaker }}) then null
            when is_attempt and attempt_count >= {{ var('breaker_attempts') }}
                then {{ timestamp_literal(run_started_at + modules.datetime.timedelta(hours=var('breaker_hours'))) }}
            when not is_attempt then circuit_breaker_until
        end as circuit_breaker_until,
        case when is_found then 'UNRESOLVED' else 'RESOLVED' end as resolution_status,
        case when is_found then null when was_open then {{ now }} else resolved_at end as resolved_at,
        case when is_attempt or (was_open and not is_found) then '{{ invocation_id }}' else run_id end as run_id,
        case when is_found and not was_open then {{ now }} else created_at end as created_at
    from counted
)
{%- endmacro %}
