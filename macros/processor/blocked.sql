{#-
  CTE `blocked`: the dates of the window on which a precompute table may not be computed, since something that concerns
  all is lacking; one row per date, with the upstream tables and the reason by name. A date that is blocked has no rows.
  CTE `held_up`: players and teams of other dates whose row of a table that this one reads is to be there, and is not.

  Days that an analytics table lacks whole come from upstream_gaps. A precompute table that this one reads is compared
  with its expected rows here, after it was built: without any, the date is blocked. Who lacks a game
  is left out of the expected rows themselves (precompute_entities).
-#}
{% macro find_blocked_dates(table_name) -%}
    {%- set declared = declared_rows() -%}
    {%- set upstreams = [] -%}
    {%- for upstream in declared[table_name].waits_for if declared[upstream].after_bootstrap -%}
        {%- do upstreams.append(upstream) -%}
    {%- endfor -%}
upstream_rows as (
    {%- for upstream in upstreams %}
    select
        '{{ upstream }}' as upstream, entities.game_date, entities.entity, rows_there.data_hash is not null as is_there
    from {{ ref('precompute_entities') }} as entities
    left join (
        select {{ date_column(upstream) }} as game_date, {{ entity_column(upstream) }} as entity, data_hash
        from {{ ref(upstream) }}
        where {{ in_window(date_column(upstream)) }}
    ) as rows_there
        on entities.game_date = rows_there.game_date and entities.entity = rows_there.entity
    where
        {{ in_window('entities.game_date') }}
        and entities.table_name = '{{ upstream }}'
        and entities.outcome is null
    {{ 'union all' if not loop.last }}
    {%- else %}
    select cast(null as string) as upstream, cast(null as date) as game_date, cast(null as string) as entity, true as is_there
    from (select 1 as nothing) as no_upstream
    where 1 = 0
    {%- endfor %}
),

blocking_upstreams as (
    select
        game_date,
        upstream,
        concat('none of its ', cast(count(*) as string), ' rows of the date is there, the first ', min(entity)) as problem
    from upstream_rows
    group by game_date, upstream
    having {{ count_where('is_there') }} = 0
    {%- for upstream in upstreams %}
    {%- for behind, window in days_waited_for(upstream) %}
    union all
    select game_date, '{{ upstream }}', 'it is blocked itself' from {{ ref('upstream_gaps') }}
    where {{ in_window() }} and table_name = '{{ behind }}' and window_name = '{{ window }}'
    {%- endfor %}
    {%- endfor %}
    {%- for upstream, window in declared[table_name].waits_for.items() if not declared[upstream].after_bootstrap %}
    union all
    select
        game_date,
        '{{ upstream }}' as upstream,
        concat(
            cast(missing_rows as string), ' rows are missing and ', cast(games_never_built as string),
            ' games were never built, from ', cast(first_date as string), ' to ', cast(last_date as string),
            ', the first game ', first_game_id
        ) as problem
    from {{ ref('upstream_gaps') }}
    where {{ in_window() }} and table_name = '{{ upstream }}' and window_name = '{{ window }}'
    {%- endfor %}
    union all
    select game_date, 'nbac_schedule', reason
    from {{ ref('schedule_blocks') }}
    where window_name = 'season_before'
),

blocked as (
    select
        game_date,
        string_agg(upstream, ',' order by upstream) as blocked_by,
        string_agg(concat(upstream, ': ', problem), '; ' order by upstream) as reason
    from (
        select game_date, upstream, min(problem) as problem from blocking_upstreams
        group by game_date, upstream
    ) as upstreams_of_date
    group by game_date
),

held_up as (
    {%- for upstream in upstreams %}
    {%- if declared[upstream].entity_type == declared[table_name].entity_type %}
    select game_date, entity, upstream, entity as whose from upstream_rows
    where upstream = '{{ upstream }}' and not is_there
    {%- else %}
    select rosters.game_date, rosters.player_lookup as entity, upstream_rows.upstream, upstream_rows.entity as whose
    from upstream_rows
    inner join {{ ref('dim_team_games') }} as games
        on upstream_rows.game_date = games.game_date and upstream_rows.entity = games.opponent_team_abbr
    inner join {{ ref('int_upcoming_rosters') }} as rosters
        on games.game_id = rosters.game_id and games.team_abbr = rosters.team_abbr
    where
        upstream_rows.upstream = '{{ upstream }}'
        and not upstream_rows.is_there
        and {{ in_window('games.game_date') }}
        and {{ in_window('rosters.game_date') }}
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- else %}
    select game_date, entity, upstream, entity as whose from upstream_rows
    where 1 = 0
    {%- endfor %}
)
{%- endmacro %}

{#- Of what a precompute table waits for, itself or through others, the tables with days that may lack: table and window. -#}
{% macro days_waited_for(table_name) -%}
    {%- set declared = declared_rows() -%}
    {%- set found = [] -%}
    {%- for upstream, window in declared[table_name].waits_for.items() -%}
        {%- for pair in days_waited_for(upstream) if declared[upstream].after_bootstrap and pair not in found -%}
            {%- do found.append(pair) -%}
        {%- endfor -%}
        {%- if not declared[upstream].after_bootstrap and (upstream, window) not in found -%}
            {%- do found.append((upstream, window)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- CTE `entities`: who has a row of the table in the window; nobody on a blocked date. -#}
{% macro unblocked_entities(table_name) -%}
entities as (
    select rows_to_make.game_date, rows_to_make.entity
    from {{ ref('precompute_entities') }} as rows_to_make
    left join blocked on rows_to_make.game_date = blocked.game_date
    left join (select distinct game_date, entity from held_up) as waiting
        on rows_to_make.game_date = waiting.game_date and rows_to_make.entity = waiting.entity
    where
        {{ in_window('rows_to_make.game_date') }}
        and rows_to_make.table_name = '{{ table_name }}'
        and rows_to_make.outcome is null
        and blocked.game_date is null
        and waiting.entity is null
)
{%- endmacro %}

{#- Windows of its own history over which a table's entity may lack nothing, by name; none where it reads none. -#}
{% macro own_windows(table_name) -%}
    {%- set declared = declared_rows() -%}
    {%- set of_table = declared[table_name] -%}
    {%- set found = of_table.history | list -%}
    {%- for upstream, window in of_table.waits_for.items() if declared[upstream].entity_type == of_table.entity_type -%}
        {%- if declared[upstream].is_played and not of_table.history -%}
            {%- do found.append('season') -%}
        {%- elif not declared[upstream].is_played and not declared[upstream].after_bootstrap -%}
            {#- Form over the season: no window of games bounds what a player's context reads. -#}
            {%- do found.extend(['season'] if of_table.entity_type == 'player' else declared[upstream].history) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(['season'] if 'season' in found else found | unique | list) }}
{%- endmacro %}

{#- Whether a table waits for the date's rows of a context. -#}
{% macro reads_a_context(table_name) -%}
    {%- set declared = declared_rows() -%}
    {%- set found = [] -%}
    {%- for upstream in declared[table_name].waits_for -%}
        {%- if not declared[upstream].is_played and not declared[upstream].after_bootstrap -%}
            {%- do found.append(upstream) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found | length > 0) }}
{%- endmacro %}

{#- What tables wait for of tables that have expected_rows, and so gaps: pairs of a table and a window, each once. -#}
{% macro waited_for() -%}
    {%- set declared = declared_rows() -%}
    {%- set pairs = [] -%}
    {%- for of_table in declared.values() -%}
        {%- for pair in of_table.waits_for.items() if not declared[pair[0]].after_bootstrap and pair not in pairs -%}
            {%- do pairs.append(pair) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(pairs) }}
{%- endmacro %}
