-- One row per row that a hashed table must hold: those of played games (expected_boxes), and of the
-- upcoming contexts both teams of each scheduled game, final or not, and their rosters.
--
-- A row of the schedule that cannot be used as it is stands here under its official id, with the reason, and a row of a
-- report or of odds that somebody can repair under a name of its own: a figure of a row that is there lacks it.
-- `quarantine_reason` explains a row that was held back; `has_source` is false when nothing tells who it is.
{{ config(**replace_window()) }}

with

boxes as (
    select * from {{ ref('expected_boxes') }}
    where {{ in_window() }}
),

upcoming_teams as (
    select * from {{ ref('dim_team_games') }}
    where {{ in_window() }} and is_in_scope
),

upcoming_players as (
    select * from {{ ref('int_upcoming_rosters') }}
    where {{ in_window() }}
),

unusable_roster_rows as (
    select * from {{ ref('stg_nbac__gamebook_player_stats') }}
    where {{ in_window() }} and not is_on_roster and quarantine_reason <> 'player is on another roster of the date'
),

official as (
    select game_date, game_id, team_abbr, player_status from {{ ref('stg_nbac__gamebook_player_stats') }}
    where {{ in_window() }} and is_on_roster
),

cut_off as (
    {{ rosters_cut_off('official') }}
),

-- A roster that lacks who played lacks others, too: in 2021-23 none does, of 3,600.
rosters_without_players as (
    select
        played.game_date,
        played.game_id,
        played.team_abbr,
        concat('no row of ', cast(count(*) as string), ' who played, the first ', min(played.player_lookup)) as problem
    from {{ ref('int_player_boxes') }} as played
    inner join (
        select distinct game_id, team_abbr from upcoming_players
        where roster_source = 'nbac_gamebook'
    ) as rosters on played.game_id = rosters.game_id and played.team_abbr = rosters.team_abbr
    left join {{ ref('stg_nbac__gamebook_player_stats') }} as roster_rows
        on
            played.game_id = roster_rows.game_id
            and played.team_abbr = roster_rows.team_abbr
            and played.player_lookup = roster_rows.player_lookup
            and {{ in_window('roster_rows.game_date') }}
    where
        {{ in_window('played.game_date') }}
        and played.seconds_played > 0 and not played.is_held_back
        and roster_rows.game_id is null
    group by played.game_date, played.game_id, played.team_abbr
),

cut_off_rosters as (
    select games.game_date, problems.game_id, problems.team_abbr, min(problems.problem) as problem
    from (
        select game_id, team_abbr, problem from rosters_without_players
        union all
        select game_id, team_abbr, problem from cut_off
    ) as problems
    inner join upcoming_teams as games on problems.game_id = games.game_id and problems.team_abbr = games.team_abbr
    group by games.game_date, problems.game_id, problems.team_abbr
),

faulty_games as (
    select
        game_date,
        nba_game_id as game_id,
        nba_game_id as entity,
        game_status,
        concat('nbac_schedule: ', reason) as quarantine_reason
    from {{ ref('schedule_faults') }}
    where {{ in_window() }} and not is_waiting
),

players_to_expect as (
    select game_date, game_id, player_lookup as entity, true as has_source, cast(null as string) as quarantine_reason
    from upcoming_players
    union all
    select
        rows_left_out.game_date, rows_left_out.game_id,
        coalesce(rows_left_out.player_lookup, rows_left_out.player_full_name, '?'), true, rows_left_out.quarantine_reason
    from unusable_roster_rows as rows_left_out
    inner join upcoming_teams
        on rows_left_out.game_id = upcoming_teams.game_id and rows_left_out.team_abbr = upcoming_teams.team_abbr
    union all
    -- Before its first result of a season no team without a roster has anybody to name.
    select teams.game_date, teams.game_id, {{ expected_as('teams.team_abbr', 'players') }}, false, cast(null as string)
    from upcoming_teams as teams
    left join (select distinct game_id, team_abbr from upcoming_players) as named
        on teams.game_id = named.game_id and teams.team_abbr = named.team_abbr
    where named.game_id is null and teams.results_before > 0
    union all
    select
        game_date,
        game_id,
        {{ expected_as('team_abbr', 'players') }},
        false,
        concat('nbac_gamebook_player_stats of ', team_abbr, ': ', problem)
    from cut_off_rosters
),

dates_to_play as (
    select distinct game_date from upcoming_teams
),

missed as (
    {%- for feed in feeds() if feed.missed %}
    {{ 'union all' if not loop.first }}
    select
        missed_tables.table_name,
        of_feed.game_date,
        min(of_feed.game_id) as game_id,
        of_feed.entity,
        concat('{{ feed.table }}: ', min(of_feed.quarantine_reason)) as quarantine_reason
    from (
        select game_date, game_id, {{ feed.missed.entity }} as entity, quarantine_reason
        from {{ ref(feed.model) }}
        where {{ in_window() }} and quarantine_reason in ({{ quoted_names(feed.missed.reasons) }})
    ) as of_feed
    inner join dates_to_play on of_feed.game_date = dates_to_play.game_date
    cross join ({{ names_as_rows(tables_of(feed.missed.tables_of, after_bootstrap=false)) }}) as missed_tables
    group by missed_tables.table_name, of_feed.game_date, of_feed.entity
    {%- endfor %}
),

tables as (
    {%- for table_name, declared in declared_rows().items() if not declared.after_bootstrap %}
    select '{{ table_name }}' as table_name, {{ 'true' if declared.is_played else 'false' }} as is_played
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select table_name, game_date, game_id, entity, has_source, quarantine_reason from boxes
    union all
    select
        tables.table_name,
        upcoming_teams.game_date,
        upcoming_teams.game_id,
        upcoming_teams.team_abbr,
        true,
        cast(null as string)
    from upcoming_teams
    cross join ({{ names_as_rows(tables_of(['teams_to_play'], after_bootstrap=false)) }}) as tables
    union all
    select
        tables.table_name,
        players_to_expect.game_date,
        players_to_expect.game_id,
        players_to_expect.entity,
        players_to_expect.has_source,
        players_to_expect.quarantine_reason
    from players_to_expect
    cross join ({{ names_as_rows(tables_of(['players_who_may_play'], after_bootstrap=false)) }}) as tables
    union all
    select
        tables.table_name,
        faulty_games.game_date,
        faulty_games.game_id,
        faulty_games.entity,
        false,
        faulty_games.quarantine_reason
    from faulty_games
    inner join tables on faulty_games.game_status <> 'scheduled' or not tables.is_played
    union all
    select table_name, game_date, game_id, entity, false, quarantine_reason from missed
)

select * from final
