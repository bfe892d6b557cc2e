-- One row per raw row that must not be used, or not as it stands, with the reason; and one per team of a final game
-- whose players no feed has as the final score has them. The rows themselves stay in the raw table, and come back by
-- themselves when what was wrong with them is repaired. A line of completeness_exceptions that excuses nothing is one, too.
{{ config(materialized='view') }}

with

final as (
    select table_name, game_date, game_id, row_key, reason, source_file_path
    from {{ ref('dated_quarantine') }}
    union all
    select table_name, cast(null as date), game_id, row_key, reason, source_file_path
    from {{ ref('undated_rows') }}
    union all
    select
        'nba_players_registry', cast(null as date), cast(null as string),
        concat(coalesce(registered_lookup, '?'), ' ', coalesce(team_abbr, '?'), ' ', coalesce(season, '?')),
        quarantine_reason, cast(null as string)
    from {{ ref('stg_nba__players_registry') }}
    where quarantine_reason is not null
    union all
    select 'completeness_exceptions', cast(null as date), cast(null as string), line, problem, cast(null as string)
    from {{ ref('wrong_exceptions') }}
)

select * from final
