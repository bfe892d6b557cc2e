{#-
  CTEs that bring a failure ledger forward: `findings` of this run against the ledger's own rows of the
  window. `findings` has the ledger's columns up to attempt_count, the first of its kind counts where two
  are about one processor, date and entity. The last CTE is `final`. The model's YAML file has the columns
  and their types. `games`: the column with the ids of the games that a finding is about.

  What is an attempt says macros/attempts.sql. A run is the one that fullcourt names in var run_id; a build by hand has its
  invocation. What a run meets and does not build is counted by fullcourt (orchestration/state/attempts.py). Inputs of a
  finding are its facts, and the evidence of its games.
-#}
{% macro failure_ledger(findings, games, opens_breaker='true') -%}
{%- set this_run = var('run_id', invocation_id) -%}
{%- set now = timestamp_literal(run_started_at) -%}
{%- set key = ['processor_name', 'analysis_date', 'entity_id'] -%}
{%- set history = [
    'attempt_count', 'first_attempt_at', 'last_attempt_at', 'circuit_breaker_tripped', 'circuit_breaker_until',
    'resolution_status', 'resolved_at', 'run_id', 'created_at'
] -%}
{%- set facts = model.columns | reject('in', key + history) | list -%}
evidence_of_games as (
    select game_id, string_agg({{ evidence_text('feed') }}, '; ' order by feed) as evidence
    from {{ ref('game_evidence') }}
    where {{ in_season_so_far() }}
    group by game_id
),

first_findings as (
    select * from {{ findings }}
    qualify row_number() over (partition by {{ key | join(', ') }} order by failure_category, failure_reason) = 1
),

inputs_of_findings as (
    select {{ prefixed(key, 'first_findings') }}, string_agg(evidence_of_games.evidence, '; ' order by evidence_of_games.game_id) as inputs
    from first_findings
    inner join evidence_of_games on {{ names_game('first_findings.' ~ games, 'evidence_of_games.game_id') }}
    group by {{ prefixed(key, 'first_findings') }}
),

one_finding as (
    select first_findings.*, inputs_of_findings.inputs
    from first_findings
    left join inputs_of_findings
        on {% for name in key %}first_findings.{{ name }} = inputs_of_findings.{{ name }}{{ ' and ' if not loop.last }}{% endfor %}
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
        {%- set same = [] %}
        {%- for name in facts %}
        {%- do same.append('one_finding.' ~ name ~ ' is distinct from before.' ~ name) %}
        {%- endfor %}
        not ({{ same | join(' or ') }}) as is_same,
        coalesce(before.circuit_breaker_until > {{ now }}, false) as breaker_is_open,
        coalesce(before.run_id = '{{ this_run }}', false) as is_counted
    from one_finding
    full outer join before
        on {% for name in key %}one_finding.{{ name }} = before.{{ name }}{{ ' and ' if not loop.last }}{% endfor %}
),

counted as (
    select
        compared.* {{ star_except(['attempt_count']) }},
        is_found and not (was_open and is_same) as is_first,
        is_found and {{ is_attempt('was_open and is_same', 'breaker_is_open', 'is_counted') }} as is_attempt,
        case
            when is_found
                then {{ attempts_with('was_open and is_same', 'breaker_is_open', 'is_counted', 'attempt_count') }}
            else attempt_count
        end as attempt_count
    from compared
),

final as (
    select
        {{ key | join(', ') }},
        {{ facts | join(', ') }},
        cast(attempt_count as int64) as attempt_count,
        case when is_first then {{ now }} else first_attempt_at end as first_attempt_at,
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
        case when is_attempt or (was_open and not is_found) then '{{ this_run }}' else run_id end as run_id,
        case when is_found and not was_open then {{ now }} else created_at end as created_at
    from counted
)
{%- endmacro %}

{#- What a feed says of a game, as one text: what a failing player or team waits for. Read by Python, too. -#}
{% macro evidence_text(feed) -%}
    concat(
        {{ feed }}
        {%- for name in ['game_status', 'quarantine_reasons'] -%}
        , ' ', coalesce({{ name }}, '')
        {%- endfor -%}
        {%- for name in [
            'home_rows', 'away_rows', 'home_points', 'away_points', 'home_seconds', 'away_seconds', 'last_period',
            'players_under_both_teams'
        ] -%}
        , ' ', coalesce(cast({{ name }} as string), '')
        {%- endfor -%}
    )
{%- endmacro %}

{#- Whether a comma list of game ids has a game. -#}
{% macro names_game(listed, game_id) -%}
    strpos(concat(',', {{ listed }}, ','), concat(',', {{ game_id }}, ',')) > 0
{%- endmacro %}

{% macro prefixed(names, relation) -%}
    {%- for name in names %}{{ relation }}.{{ name }}{{ ', ' if not loop.last }}{% endfor -%}
{%- endmacro %}
