-- One row per scheduled game and team: how many were known to be out or in doubt before tip-off.
--
-- A count is null where nothing tells it: no report was out yet (a roster alone does not do: most injured
-- players are on none), no starter of the last 30 days is known, or no report before tip-off graded
-- anybody (a feed made from transactions knows only who is out). Starters are taken from
-- player_game_summary: the days before must have been built.
{{ config(**replace_window()) }}

with

games as (
    select * from {{ ref('dim_team_games') }}
    where {{ in_window() }} and is_in_scope
),

availability as (
    select * from {{ ref('int_player_availability') }}
    where {{ in_window() }}
),

-- Reports are the whole league's: the day's first one says of every team who is not on it.
reports as (
    select
        game_date,
        min({{ injury_reported_at('reports') }}) as first_report_at,
        min(case
            when injury_status in ('doubtful', 'questionable', 'probable') then {{ injury_reported_at('reports') }}
        end) as first_grade_at
    from {{ ref('stg_nbac__injury_report') }} as reports
    where {{ in_window() }} and quarantine_reason is null
    group by game_date
),

rosters as (
    select game_id, team_abbr, count(*) as roster_rows from availability
    where is_on_roster
    group by game_id, team_abbr
),

starts as (
    select game_id, game_date, team_abbr, player_lookup
    from {{ ref('player_game_summary') }}
    where {{ in_window(days_before=var('regular_starter_days')) }} and starter_flag
),

{{ regular_starters('games', 'starts') }},

out_or_in_doubt as (
    select
        availability.game_id,
        availability.team_abbr,
        {{ count_where('availability.is_out and regular_starters.player_lookup is not null') }} as starters_out,
        {{ count_where('availability.is_questionable or availability.is_doubtful') }} as questionable_players
    from availability
    left join regular_starters
        on
            availability.game_id = regular_starters.game_id
            and availability.team_abbr = regular_starters.team_abbr
            and availability.player_lookup = regular_starters.player_lookup
    group by availability.game_id, availability.team_abbr
),

known as (
    select
        games.game_id,
        games.game_date,
        games.team_abbr,
        coalesce({{ was_before_tipoff('reports.first_report_at') }}, false) as has_report,
        coalesce({{ was_before_tipoff('reports.first_grade_at') }}, false) as has_grades,
        coalesce(rosters.roster_rows, 0) > 0 as has_roster,
        games_with_starters.game_id is not null as has_starters,
        out_or_in_doubt.starters_out,
        out_or_in_doubt.questionable_players
    from games
    left join reports on games.game_date = reports.game_date
    left join rosters on games.game_id = rosters.game_id and games.team_abbr = rosters.team_abbr
    left join games_with_starters
        on games.game_id = games_with_starters.game_id and games.team_abbr = games_with_starters.team_abbr
    left join out_or_in_doubt
        on games.game_id = out_or_in_doubt.game_id and games.team_abbr = out_or_in_doubt.team_abbr
),

final as (
    select
        game_id,
        game_date,
        team_abbr,
        has_report,
        has_grades,
        has_roster,
        has_starters,
        case when has_starters and has_report then cast(coalesce(starters_out, 0) as int64) end
            as starters_out_count,
        case when has_grades then cast(coalesce(questionable_players, 0) as int64) end as questionable_players_count
    from known
)

select * from final
