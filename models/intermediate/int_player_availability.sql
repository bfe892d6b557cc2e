-- One row per scheduled game, team and player whom the newest injury report before tip-off or the
-- game's official roster speaks of: what was known of him then.
--
-- A report lists a team's players anew, so a player whom the newest one leaves out is off the list.
-- Of the two, the roster is the later word: who is dressed is not out, whatever a report said.
{{ config(**replace_window()) }}

with

games as (
    select * from {{ ref('dim_team_games') }}
    where {{ in_window() }} and is_in_scope
),

reports as (
    select
        reports.*,
        {{ injury_reported_at('reports') }} as reported_at
    from {{ ref('stg_nbac__injury_report') }} as reports
    where {{ in_window('reports.game_date') }} and reports.quarantine_reason is null
),

-- A report is the whole league's: one that names nobody of a team clears the team.
newest_reports as (
    select games.game_id, games.team_abbr, max(reports.reported_at) as reported_at
    from games
    inner join reports on games.game_date = reports.game_date
    where {{ was_before_tipoff('reports.reported_at') }}
    group by games.game_id, games.team_abbr
),

listed as (
    select reports.*
    from reports
    inner join newest_reports
        on
            reports.game_id = newest_reports.game_id
            and reports.team_abbr = newest_reports.team_abbr
            and reports.reported_at = newest_reports.reported_at
    qualify row_number() over (
            partition by reports.game_id, reports.team_abbr, reports.player_lookup
            order by reports.processed_at desc, reports.injury_status asc, reports.reason asc
        ) = 1
),

rosters as (
    select gamebook.game_id, gamebook.game_date, gamebook.team_abbr, gamebook.player_lookup, gamebook.player_status
    from {{ ref('stg_nbac__gamebook_player_stats') }} as gamebook
    inner join games on gamebook.game_id = games.game_id and gamebook.team_abbr = games.team_abbr
    where {{ in_window('gamebook.game_date') }} and gamebook.is_on_roster
),

final as (
    select
        coalesce(rosters.game_id, listed.game_id) as game_id,
        coalesce(rosters.game_date, listed.game_date) as game_date,
        coalesce(rosters.team_abbr, listed.team_abbr) as team_abbr,
        coalesce(rosters.player_lookup, listed.player_lookup) as player_lookup,
        rosters.player_lookup is not null as is_on_roster,
        listed.injury_status,
        listed.reason as injury_reason,
        {%- for status in ['doubtful', 'questionable', 'probable'] %}
        coalesce(listed.injury_status = '{{ status }}' and coalesce(rosters.player_status <> 'inactive', true), false)
            as is_{{ status }},
        {%- endfor %}
        coalesce(rosters.player_status = 'inactive', listed.injury_status = 'out') as is_out
    from rosters
    full outer join listed
        on
            rosters.game_id = listed.game_id
            and rosters.team_abbr = listed.team_abbr
            and rosters.player_lookup = listed.player_lookup
)

select * from final
