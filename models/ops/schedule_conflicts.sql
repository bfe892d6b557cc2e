-- One row per game and feed that holds it as played, where the schedule does not have it as final, or not at all: the
-- schedule is older than the feed. A game in progress is not here (int_team_evidence, is_over).
--
-- Of a game that the schedule lacks, `game_id` is the feed's own; few rows that name no game are rows in quarantine,
-- and no game: as many as two teams have are one.
{{ config(**replace_window()) }}

with

not_final as (
    select game_id, min(game_date) as game_date, feed
    from {{ ref('int_team_evidence') }}
    where {{ in_window() }} and not is_final and is_over and usable_rows > 0
    group by game_id, feed
    having count(*) = 2
),

-- Where the schedule has games of both teams on the date it is the id that is wrong, and not the schedule.
scheduled as (
    select game_date, team_abbr from {{ ref('dim_team_games') }}
    where {{ in_window() }}
),

unplaced as (
    select game_id, game_date, 'nbac_gamebook_player_stats' as feed, team_abbr, player_lookup
    from {{ ref('stg_nbac__gamebook_player_stats') }}
    where {{ in_window() }} and quarantine_reason = 'no scheduled game' and player_status = 'active' and points is not null
    union all
    select game_id, game_date, 'bdl_player_boxscores', team_abbr, player_lookup
    from {{ ref('stg_bdl__player_boxscores') }}
    where {{ in_window() }} and quarantine_reason = 'no scheduled game'
    union all
    select game_id, game_date, 'nbac_team_boxscore', team_abbr, team_abbr as player_lookup
    from {{ ref('stg_nbac__team_boxscores') }}
    where {{ in_window() }} and quarantine_reason = 'no scheduled game' and points > 0 and fg_attempts > 0
    union all
    select distinct game_id, game_date, feed, player_1_team_abbr, player_1_lookup
    from {{ ref('int_play_by_play') }}
    where {{ in_window() }} and quarantine_reason = 'no scheduled game' and player_1_lookup is not null
    {%- for side in ['home', 'away'] %}
    union all
    select game_id, game_date, 'espn_scoreboard', {{ side }}_team_abbr, {{ side }}_team_abbr
    from {{ ref('stg_espn__scoreboard') }}
    where {{ in_window() }} and quarantine_reason = 'no scheduled game' and is_final
    {%- endfor %}
),

not_scheduled as (
    select unplaced.game_id, unplaced.game_date, unplaced.feed
    from unplaced
    left join scheduled on unplaced.game_date = scheduled.game_date and unplaced.team_abbr = scheduled.team_abbr
    where unplaced.game_id is not null
    group by unplaced.game_id, unplaced.game_date, unplaced.feed
    having
        {{ count_where('scheduled.team_abbr is null') }} > 0
        and count(*) >= case
            when unplaced.feed in ('nbac_team_boxscore', 'espn_scoreboard') then 2
            else 2 * {{ var('min_players_for_team_box') }}
        end
),

seasons as (
    select season_year, min(season_start_date) as season_start_date from {{ ref('dim_games') }}
    group by season_year
    union all
    select cast(null as int64), cast(null as date)
),

found as (
    select not_final.game_id, not_final.game_date, not_final.feed, base.game_status as schedule_says, base.season_year
    from not_final
    inner join {{ ref('stg_nbac__schedule') }} as base on not_final.game_id = base.game_id
    union all
    select
        not_scheduled.game_id, not_scheduled.game_date, not_scheduled.feed, 'nothing',
        coalesce(
            max(case when not_scheduled.game_date >= seasons.season_start_date then seasons.season_year end),
            cast(extract(year from not_scheduled.game_date) as int64)
        )
    from not_scheduled
    cross join seasons
    group by not_scheduled.game_id, not_scheduled.game_date, not_scheduled.feed
),

final as (
    select
        game_id,
        game_date,
        season_year,
        feed,
        schedule_says,
        (select cast(max(schedule_loaded_at) as date) from {{ ref('dim_games') }}) as schedule_loaded_on
    from found
)

select * from final
