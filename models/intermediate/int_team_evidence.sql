-- One row per game, team and feed that holds figures of a game: what the feed says of the team, and whether that
-- agrees with the final score. Games that are not final are here too: their figures are used by nobody, but tell
-- whether the schedule is old.
--
-- `agrees`: the points are those of the final score, and, of player rows, the minutes are those of five players as near
-- as whole minutes can show it, so that feeds are told apart by one measure. `is_off_the_clock`: exact minutes show more.
-- `is_over`: the figures are of a whole game, by minutes or by the time of their load.
{{ config(**replace_window()) }}

with

games as (
    select * from {{ ref('dim_games') }}
    where {{ in_window() }} and is_in_scope
),

sides as (
    select game_id, game_date, tipoff_at, is_final, home_team_abbr as team_abbr, home_points as score from games
    union all
    select game_id, game_date, tipoff_at, is_final, away_team_abbr, away_points from games
),

-- A row counts where its own figures can be believed: whose they are need not be known.
player_rows as (
    select 'nbac_gamebook_player_stats' as feed, game_id, team_abbr, points, seconds_played, quarantine_reason, processed_at
    from {{ ref('stg_nbac__gamebook_player_stats') }}
    where {{ in_window() }} and player_status = 'active' and points is not null
    union all
    select 'bdl_player_boxscores', game_id, team_abbr, points, seconds_played, quarantine_reason, processed_at
    from {{ ref('stg_bdl__player_boxscores') }}
    where {{ in_window() }}
),

player_sums as (
    select
        feed,
        game_id,
        team_abbr,
        {{ count_where(counts_for_team('player_rows')) }} as usable_rows,
        {{ count_where('not ' ~ counts_for_team('player_rows')) }} as quarantined_rows,
        cast(sum(case when {{ counts_for_team('player_rows') }} then points end) as int64) as points,
        cast(sum(case when {{ counts_for_team('player_rows') }} then seconds_played end) as int64) as seconds_played,
        {{ count_where(counts_for_team('player_rows') ~ ' and seconds_played is null') }} as rows_without_minutes,
        {{ count_where(counts_for_team('player_rows') ~ ' and coalesce(seconds_played > 0, true)') }} as players_on_court,
        {{ count_where('seconds_played is null and quarantine_reason is null') }} as rows_of_blank_minutes,
        {{ count_where(counts_for_team('player_rows') ~ ' and seconds_played > 0 and mod(seconds_played, 60) = 0') }}
            as rows_of_whole_minutes,
        max(processed_at) as last_loaded_at
    from player_rows
    group by feed, game_id, team_abbr
),

team_sums as (
    select
        'nbac_team_boxscore' as feed, game_id, team_abbr, 1 as usable_rows, 0 as quarantined_rows, points,
        seconds_played, 0 as rows_without_minutes, 0 as players_on_court, 0 as rows_of_blank_minutes,
        0 as rows_of_whole_minutes, processed_at as last_loaded_at
    from {{ ref('stg_nbac__team_boxscores') }}
    where {{ in_window() }} and points > 0 and fg_attempts > 0
),

-- The score is carried from event to event, and the events that score add up to it.
events as (
    select
        game_id,
        count(*) as event_rows,
        max(score_home) as home_points,
        max(score_away) as away_points,
        max(period) as last_period,
        max(case when quarantine_reason = 'points of its events are not the final score' then 1 else 0 end) as are_incomplete,
        max(processed_at) as last_loaded_at
    from {{ ref('stg_bigdataball__play_by_play') }} as events
    where
        {{ in_window() }}
        and (
            {{ counts_for_team('events') }}
            or quarantine_reason in (
                'last score is not the final score', 'points of its events are not the final score'
            )
        )
    group by game_id
),

scored_in_events as (
    select game_id, player_1_team_abbr as team_abbr, cast(sum(points_scored) as int64) as points
    from {{ ref('stg_bigdataball__play_by_play') }}
    where {{ in_window() }} and quarantine_reason = 'points of its events are not the final score'
    group by game_id, player_1_team_abbr
),

event_sums as (
    select
        'bigdataball_play_by_play' as feed, events.game_id, sides.team_abbr, events.event_rows as usable_rows,
        0 as quarantined_rows,
        case
            when events.are_incomplete = 1 then coalesce(scored_in_events.points, 0)
            when sides.team_abbr = games.home_team_abbr then events.home_points
            else events.away_points
        end as points,
        cast(null as int64) as seconds_played, events.event_rows as rows_without_minutes, 0 as players_on_court,
        0 as rows_of_blank_minutes, 0 as rows_of_whole_minutes, events.last_loaded_at
    from events
    inner join games on events.game_id = games.game_id
    inner join sides on events.game_id = sides.game_id
    left join scored_in_events
        on sides.game_id = scored_in_events.game_id and sides.team_abbr = scored_in_events.team_abbr
),

sums as (
    select * from player_sums
    union all
    select * from team_sums
    union all
    select * from event_sums
),

-- A final game without a score is held against the official team boxes, else the play-by-play.
scored as (
    select
        sums.*,
        sides.game_date,
        sides.tipoff_at,
        sides.is_final,
        events.last_period,
        coalesce(
            sides.score,
            max(case when sums.feed = 'nbac_team_boxscore' then sums.points end) over (
                partition by sums.game_id, sums.team_abbr
            ),
            max(case when sums.feed = 'bigdataball_play_by_play' then sums.points end) over (
                partition by sums.game_id, sums.team_abbr
            )
        ) as score,
        max(case when sums.feed = 'nbac_team_boxscore' then sums.seconds_played end) over (
            partition by sums.game_id, sums.team_abbr
        ) as seconds_of_team_box,
        min(
            case when sums.feed = 'bigdataball_play_by_play' then case when sums.points = sides.score then 1 else 0 end end
        ) over (partition by sums.game_id) as has_whole_play_by_play
    from sums
    inner join sides on sums.game_id = sides.game_id and sums.team_abbr = sides.team_abbr
    left join events on sums.game_id = events.game_id
),

-- 240 minutes of five players, and 25 more per overtime: as many as a play-by-play up to the final score has, else the
-- team box, else the nearest. Minutes may be off by the clock, and by rounding of each row; and somebody without minutes may
-- have played all of it.
measured as (
    select
        *,
        14400 + 1500 * greatest(0, coalesce(
            case when has_whole_play_by_play = 1 then last_period - 4 end,
            cast(round((seconds_of_team_box - 14400) / 1500.0) as int64),
            cast(round((seconds_played - 14400) / 1500.0) as int64),
            0
        )) as seconds_of_game,
        least(
            {{ var('minutes_clock_seconds') }} + {{ var('minutes_rounding_seconds') }} * rows_of_whole_minutes,
            {{ var('minutes_tolerance_seconds') }}
        ) as tolerance_seconds
    from scored
),

compared as (
    select
        *,
        {%- for name, tolerance in [
            ('minutes_differ', var('minutes_tolerance_seconds')), ('is_off_the_clock', 'tolerance_seconds'),
        ] %}
        coalesce(
            seconds_played > seconds_of_game + {{ tolerance }}
            or seconds_played + rows_without_minutes * seconds_of_game / 5 < seconds_of_game - {{ tolerance }}, false
        ) as {{ name }},
        {%- endfor %}
        {{ clock_text('seconds_played') }} as minutes_played,
        {{ clock_text('seconds_of_game') }} as minutes_of_game,
        coalesce(
            rows_without_minutes = 0 and seconds_played >= 14400 - tolerance_seconds, false
        ) or coalesce(last_loaded_at >= tipoff_at + interval {{ var('game_over_hours') }} hour, false) as is_over
    from measured
),

final as (
    select
        game_id,
        game_date,
        team_abbr,
        feed,
        usable_rows,
        quarantined_rows,
        players_on_court,
        points,
        seconds_played,
        score,
        seconds_of_game,
        rows_of_blank_minutes = 0 as has_minutes,
        is_final,
        is_over,
        is_final and usable_rows > 0 and coalesce(points = score, false) and not minutes_differ as agrees,
        is_off_the_clock,
        case
            when not is_final and is_over then 'played, and not final by the schedule'
            when not is_final then 'in progress'
            when usable_rows = 0 then concat('none of ', cast(quarantined_rows as string), ' rows can be used')
            when score is null then 'no final score to compare with'
            when points is null or points <> score
                then concat(cast(coalesce(points, 0) as string), ' of ', cast(score as string), ' points')
            when minutes_differ or is_off_the_clock then concat(minutes_played, ' of ', minutes_of_game, ' minutes')
            else 'agrees'
        end as verdict,
        last_loaded_at
    from compared
)

select * from final
