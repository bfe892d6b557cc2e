-- One row per row of the schedule with a fault and date that misses it; per game whose tip-off or sides the newest odds
-- contradict, or that is still scheduled though later games are final; and per game to come that the schedule lacks,
-- and odds or the injury report have. A row that claims two dates is missed on both; one of a date that its season does
-- not have is missed on a date of it that nobody knows (not `is_dated`).
--
-- What time it is, games that are final tell, and not the load: the archive's times of load are nominal, years after its
-- games. A game that feeds hold as played is in schedule_conflicts. Odds of a game before that time are left alone: they
-- are of one put off, as those of WAS@DET of 2023-02-01.
--
-- Of odds that commence within an hour of tip-off in 2021-23 all do so to the minute.
{{ config(**replace_window()) }}

with

faulty as (
    select * from {{ ref('base_nbac__schedule') }}
    where quarantine_reason is not null
),

odds as (
    select
        game_id, snapshot_at, home_team_abbr, commences_at, 'odds_api_game_lines' as feed
    from {{ ref('stg_odds_api__game_lines') }}
    where {{ in_window() }}
    union all
    select game_id, snapshot_at, home_team_abbr, commences_at, 'odds_api_player_points_props'
    from {{ ref('stg_odds_api__player_points_props') }}
    where {{ in_window() }}
),

compared as (
    select
        games.game_date,
        games.game_id,
        games.nba_game_id,
        games.game_status,
        odds.feed,
        {{ count_where('odds.home_team_abbr = games.home_team_abbr') }} as same_sides,
        {{ count_where('odds.home_team_abbr = games.away_team_abbr') }} as other_sides,
        min(abs({{ dbt.datediff('games.tipoff_at', 'odds.commences_at', 'minute') }})) as minutes_off
    from {{ ref('stg_nbac__schedule') }} as games
    inner join (
        select * from odds
        qualify snapshot_at = max(snapshot_at) over (partition by game_id, feed)
    ) as odds
        on games.game_id = odds.game_id
    where {{ in_window('games.game_date') }}
    group by games.game_date, games.game_id, games.nba_game_id, games.game_status, odds.feed
),

contradicted as (
    select
        *,
        case
            when minutes_off > {{ var('max_minutes_from_commence_time') }}
                then concat('tip-off is ', cast(minutes_off as string), ' minutes from the commence time of ', feed)
            when same_sides = 0 and other_sides > 0 then concat('home and away are the other way round in ', feed)
        end as reason
    from compared
),

newest_final as (
    select max(tipoff_at) as tipoff_at, max(game_date) as game_date from {{ ref('stg_nbac__schedule') }}
    where game_status = 'final'
),

still_scheduled as (
    select games.game_date, games.game_id, games.nba_game_id, games.game_status
    from {{ ref('stg_nbac__schedule') }} as games
    cross join newest_final
    left join {{ ref('schedule_conflicts') }} as conflicts
        on games.game_id = conflicts.game_id and {{ in_window('conflicts.game_date') }}
    where
        {{ in_window('games.game_date') }}
        and games.game_status = 'scheduled' and games.quarantine_reason is null
        and newest_final.tipoff_at > games.tipoff_at + interval {{ var('game_over_hours') }} hour
        and conflicts.game_id is null
),

-- The schedule's games of the date, by team, whether or not it can be used.
teams_of_schedule as (
    {%- for side in ['home', 'away'] %}
    select distinct game_date, {{ side }}_team_abbr as team_abbr from {{ ref('base_nbac__schedule') }}
    where {{ in_window() }} and {{ side }}_team_abbr is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

unplaced as (
    select
        lines.game_date,
        {{ canonical_game_id('lines.game_date', 'lines.away_team_abbr', 'lines.home_team_abbr') }} as game_id,
        lines.home_team_abbr as team_abbr,
        lines.away_team_abbr as other_team_abbr,
        'odds_api_game_lines' as feed
    from {{ ref('stg_odds_api__game_lines') }} as lines
    cross join newest_final
    where
        {{ in_window('lines.game_date') }} and lines.quarantine_reason = 'no scheduled game'
        and lines.commences_at > newest_final.tipoff_at
        and {{ eastern_date('lines.commences_at') }} = lines.game_date
    union all
    select reports.game_date, reports.game_id, reports.team_abbr, reports.team_abbr as other_team_abbr, 'nbac_injury_report'
    from {{ ref('stg_nbac__injury_report') }} as reports
    cross join newest_final
    where
        {{ in_window('reports.game_date') }} and reports.quarantine_reason = 'no scheduled game'
        and reports.game_id is not null and reports.game_date > newest_final.game_date
),

lost as (
    select unplaced.game_date, unplaced.game_id, max(unplaced.feed) as feed
    from unplaced
    inner join {{ ref('arenas') }} as teams on unplaced.team_abbr = teams.team_abbr
    inner join {{ ref('arenas') }} as others on unplaced.other_team_abbr = others.team_abbr
    left join teams_of_schedule as playing
        on
            unplaced.game_date = playing.game_date
            and (unplaced.team_abbr = playing.team_abbr or unplaced.other_team_abbr = playing.team_abbr)
    where playing.team_abbr is null
    group by unplaced.game_date, unplaced.game_id
),

final as (
    select
        game_date, game_id, nba_game_id, game_status, quarantine_reason as reason, source_file_path, is_waiting, is_dated
    from faulty
    where {{ in_window() }}
    union all
    select other_date, game_id, nba_game_id, game_status, quarantine_reason, source_file_path, is_waiting, true
    from faulty
    where {{ in_window('other_date') }}
    union all
    select game_date, game_id, nba_game_id, game_status, min(reason), cast(null as string), false, true
    from contradicted
    where reason is not null
    group by game_date, game_id, nba_game_id, game_status
    union all
    select
        still.game_date, still.game_id, still.nba_game_id, still.game_status,
        'still scheduled, though later games are final', cast(null as string), false, true
    from still_scheduled as still
    left join contradicted on still.game_id = contradicted.game_id and contradicted.reason is not null
    where contradicted.game_id is null
    union all
    select
        game_date, game_id, game_id as nba_game_id, 'scheduled', concat('no row of the game: ', feed, ' has it'),
        cast(null as string), false, true
    from lost
)

select * from final
