-- One row per precompute table, date, and player or team who may have no row of it, and thing that is lacking: a game of
-- their own history, of their team's or of tonight's opponent's, each over the windows that the table reads; or a row of
-- the date. What a table waits for by its contract says which; who lacks a row of one table lacks it for what reads it.
{{ config(materialized='ephemeral') }}

{%- set declared = declared_rows() %}
{%- set windows = completeness_windows() %}

with

lacking as (
    select * from {{ ref('lacking_games') }}
    where {{ in_window() }}
),

-- Rows of the date that a context lacks: of a team without anybody to name, its players as one.
rows_of_date as (
    select missing.table_name, missing.game_date, missing.game_id, missing.entity, missing.can_come
    from {{ ref('missing_rows') }} as missing
    inner join {{ ref('dim_game_dates') }} as dates on missing.game_date = dates.game_date
    where not missing.concerns_all and dates.is_analysis_date and {{ in_window('missing.game_date') }}
),

-- Tonight's team and opponent of everybody who may play.
tonight as (
    select rosters.game_date, rosters.player_lookup as entity, rosters.team_abbr, games.opponent_team_abbr
    from {{ ref('int_upcoming_rosters') }} as rosters
    inner join {{ ref('dim_team_games') }} as games
        on rosters.game_id = games.game_id and rosters.team_abbr = games.team_abbr
    where {{ in_window('rosters.game_date') }} and {{ in_window('games.game_date') }}
),

-- A context's row reads the form of both teams, over their last games.
of_teams_tonight as (
    select
        tonight.game_date,
        tonight.entity,
        lacking.entity as who,
        concat(lacking.table_name, ' of ', lacking.game_id) as lacks,
        lacking.game_id,
        lacking.can_come
    from lacking
    inner join tonight
        on
            lacking.game_date = tonight.game_date
            and (lacking.entity = tonight.team_abbr or lacking.entity = tonight.opponent_team_abbr)
    where lacking.entity_type = 'team' and lacking.games_ago <= {{ var('team_form_games') }}
)

{%- for table_name, of_table in declared.items() if of_table.after_bootstrap %}
{%- set own = own_windows(table_name) %}
{%- set parts = [] %}
,

lacking_{{ table_name }} as (
    {%- if own %}
    select
        game_date,
        entity,
        entity as who,
        concat(table_name, ' of ', game_id) as lacks,
        game_id,
        can_come
    from lacking
    where
        entity_type = '{{ of_table.entity_type }}'
        and (
            {%- for name in own %}
            {{ windows[name] }}{{ ' or' if not loop.last }}
            {%- endfor %}
        )
    {%- do parts.append('own') %}
    {%- endif %}
    {%- if of_table.entity_type == 'player' and reads_a_context(table_name) %}
    {{ 'union distinct' if parts }}
    select game_date, entity, who, lacks, game_id, can_come from of_teams_tonight
    {%- do parts.append('teams') %}
    {%- endif %}
    {%- for upstream in of_table.waits_for %}
    {%- set of_upstream = declared[upstream] %}
    {%- set is_own = of_upstream.entity_type == of_table.entity_type %}
    {%- if of_upstream.is_played %}
    {%- elif is_own or of_table.entity_type == 'player' %}
    {{ 'union distinct' if parts }}
    {%- do parts.append(upstream) %}
    {%- if of_upstream.after_bootstrap and is_own %}
    select game_date, entity, who, lacks, game_id, can_come from lacking_{{ upstream }}
    {%- elif of_upstream.after_bootstrap %}
    select tonight.game_date, tonight.entity, upstream.who, upstream.lacks, upstream.game_id, upstream.can_come
    from lacking_{{ upstream }} as upstream
    inner join tonight
        on upstream.game_date = tonight.game_date and upstream.entity = tonight.opponent_team_abbr
    {%- elif is_own %}
    select game_date, entity, entity as who, '{{ upstream }} of the date' as lacks, game_id, can_come from rows_of_date
    where table_name = '{{ upstream }}'
    {%- else %}
    select
        tonight.game_date,
        tonight.entity,
        upstream.entity as who,
        '{{ upstream }} of the date' as lacks,
        upstream.game_id,
        upstream.can_come
    from rows_of_date as upstream
    inner join tonight on upstream.game_date = tonight.game_date and upstream.entity = tonight.team_abbr
    where upstream.table_name = '{{ upstream }}'
    {%- endif %}
    {%- endif %}
    {%- endfor %}
)
{%- endfor %},

every_table as (
    {%- for table_name in tables_after_bootstrap() %}
    select '{{ table_name }}' as table_name, * from lacking_{{ table_name }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        table_name,
        game_date,
        entity,
        concat(
            min(concat(who, ' lacks ', lacks)),
            case when count(*) > 1 then concat(' and ', cast(count(*) - 1 as string), ' more') else '' end
        ) as reason,
        string_agg(distinct game_id, ',' order by game_id) as missing_game_ids,
        max(case when can_come then 1 else 0 end) = 1 as can_come
    from every_table
    group by table_name, game_date, entity
)

select * from final
