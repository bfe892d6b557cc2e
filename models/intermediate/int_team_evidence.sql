-- One row per game, team and feed that holds figures of a game: what the feed says of the team, and whether that
-- agrees with the final score. Games that are not final are here too: their figures are used by nobody, but tell
-- whether the schedule is old.
--
-- `agrees`: the points are those of the final score, and, of player rows, the minutes are those of five players as near
-- as whole minutes can show it, so that feeds are told apart by one measure; of a play-by-play, its events are those of a
-- whole game (play_by_play_problems). `is_off_the_clock`: exact minutes show more. `adds_up`: that, too, no player's minutes
-- are blank, and what players of a team have of plus-minus is five times the margin, as in all 3,600 teams of 2021-23.
-- `is_over`: the figures are of a whole game, by minutes, by the time of their load, or by the scoreboard's own word.
{{ config(**replace_window()) }}

{%- set problems = play_by_play_problems().keys() | list %}
{%- set overtimes = 'greatest(0, cast(round((seconds_played - 14400) / 1500.0) as int64))' %}

with

games as (
    select * from {{ ref('dim_games') }}
    where {{ in_window() }} and is_in_scope
),

sides as (
    select
        game_id, game_date, tipoff_at, is_final, home_team_abbr as team_abbr, home_points as score,
        home_points - away_points as margin
    from games
    union all
    select game_id, game_date, tipoff_at, is_final, away_team_abbr, away_points, away_points - home_points from games
),

-- A row counts where its own figures can be believed: whose they are need not be known.
player_rows as (
    select
        'nbac_gamebook_player_stats' as feed, game_id, team_abbr, points, seconds_played, plus_minus, quarantine_reason,
        processed_at
    from {{ ref('stg_nbac__gamebook_player_stats') }}
    where {{ in_window() }} and player_status = 'active' and points is not null
    union all
    select
        'bdl_player_boxscores', game_id, team_abbr, points, seconds_played, cast(null as int64), quarantine_reason, processed_at
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
        cast(sum(case when {{ counts_for_team('player_rows') }} then plus_minus end) as int64) as plus_minus,
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
        seconds_played, cast(null as int64) as plus_minus, 0 as rows_without_minutes, 0 as players_on_court,
        0 as rows_of_blank_minutes, 0 as rows_of_whole_minutes, processed_at as last_loaded_at
    from {{ ref('stg_nbac__team_boxscores') }}
    where {{ in_window() }} and points > 0 and fg_attempts > 0
),

-- The score is carried from event to event, and the events that score add up to it.
events as (
    select
        game_id,
        max(feed) as feed,
        count(*) as event_rows,
        max(score_home) as home_points,
        max(score_away) as away_points,
        coalesce(min(period), 0) as first_period,
        coalesce(max(period), 0) as last_period,
        max(shot_distance) as longest_shot,
        max(case when not {{ counts_for_team('events') }} then quarantine_reason end) as problem,
        max(processed_at) as last_loaded_at
    from {{ ref('int_play_by_play') }} as events
    where
        {{ in_window() }}
        and (
            {{ counts_for_team('events') }}
            or quarantine_reason in ('{{ problems | join("', '") }}')
        )
    group by game_id
),

scored_in_events as (
    select game_id, player_1_team_abbr as team_abbr, cast(sum(points_scored) as int64) as points
    from {{ ref('int_play_by_play') }}
    where {{ in_window() }} and quarantine_reason = 'points of its events are not the final score'
    group by game_id, player_1_team_abbr
),

event_sums as (
    select
        events.feed, events.game_id, sides.team_abbr, events.event_rows as usable_rows,
        0 as quarantined_rows,
        case
            when events.problem = 'points of its events are not the final score' then coalesce(scored_in_events.points, 0)
            when sides.team_abbr = games.home_team_abbr then events.home_points
            else events.away_points
        end as points,
        cast(null as int64) as seconds_played, cast(null as int64) as plus_minus,
        events.event_rows as rows_without_minutes, 0 as players_on_court, 0 as rows_of_blank_minutes,
        0 as rows_of_whole_minutes, events.last_loaded_at
    from events
    inner join games on events.game_id = games.game_id
    inner join sides on events.game_id = sides.game_id
    left join scored_in_events
        on sides.game_id = scored_in_events.game_id and sides.team_abbr = scored_in_events.team_abbr
),

-- A scoreboard has the score alone, and only of a game that is over by it.
scoreboard as (
    {%- for side in ['home', 'away'] %}
    select
        'espn_scoreboard' as feed, game_id, {{ side }}_team_abbr as team_abbr, 1 as usable_rows, 0 as quarantined_rows,
        {{ side }}_points as points, cast(null as int64) as seconds_played, cast(null as int64) as plus_minus,
        1 as rows_without_minutes, 0 as players_on_court, 0 as rows_of_blank_minutes, 0 as rows_of_whole_minutes,
        processed_at as last_loaded_at
    from {{ ref('stg_espn__scoreboard') }}
    where
        {{ in_window() }} and is_final
        and (quarantine_reason is null or quarantine_reason in ('game is not final', 'score is not that of the schedule'))
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

sums as (
    select * from player_sums
    union all
    select * from team_sums
    union all
    select * from event_sums
    union all
    select * from scoreboard
),

-- A final game without a score is held against the official team boxes, else the play-by-play, else the scoreboard.
scored as (
    select
        sums.*,
        sides.game_date,
        sides.tipoff_at,
        sides.is_final,
        sides.margin,
        events.first_period,
        events.last_period,
        events.longest_shot,
        events.problem as problem_of_events,
        coalesce(
            sides.score,
            max(case when sums.feed = 'nbac_team_boxscore' then sums.points end) over (
                partition by sums.game_id, sums.team_abbr
            ),
            max(case when {{ is_play_by_play('sums.feed') }} then sums.points end) over (
                partition by sums.game_id, sums.team_abbr
            ),
            max(case when sums.feed = 'espn_scoreboard' then sums.points end) over (
                partition by sums.game_id, sums.team_abbr
            )
        ) as score,
        min(
            case
                when {{ is_play_by_play('sums.feed') }}
                    then case when sums.points = sides.score and events.problem is null then 1 else 0 end
            end
        ) over (partition by sums.game_id) as has_whole_play_by_play
    from sums
    inner join sides on sums.game_id = sides.game_id and sums.team_abbr = sides.team_abbr
    left join events on sums.game_id = events.game_id
),

-- A game has one length, for both teams: who has all minutes of a team, and the score, tells how many overtimes there were.
told as (
    select
        *,
        case when points = score and rows_without_minutes = 0 then {{ overtimes }} end as overtimes_told
    from scored
),

-- Where those who tell it differ, most of them are right; as many on either side leave it open.
lengths as (
    select
        game_id,
        overtimes_told,
        lead(overtimes_told) over (partition by game_id order by tellers desc, overtimes_told asc) as other_overtimes,
        coalesce(tellers = lead(tellers) over (partition by game_id order by tellers desc, overtimes_told asc), false) as is_open
    from (
        select game_id, overtimes_told, count(*) as tellers
        from told
        where overtimes_told is not null
        group by game_id, overtimes_told
    ) as counted
    qualify row_number() over (partition by game_id order by tellers desc, overtimes_told asc) = 1
),

-- Two team boxes that tell the same go before the players.
lengths_of_boxes as (
    select game_id, min(overtimes_told) as overtimes_told
    from told
    where feed = 'nbac_team_boxscore'
    group by game_id
    having count(told.overtimes_told) = 2 and min(told.overtimes_told) = max(told.overtimes_told)
),

-- 240 minutes of five players, and 25 more per overtime: as many as a whole play-by-play has, else the team boxes, else
-- those who tell it, else the nearest. Minutes may be off by the clock, and by rounding of each row; and somebody without
-- minutes may have played all of it.
measured as (
    select
        told.*,
        14400 + 1500 * greatest(0, coalesce(
            case when told.has_whole_play_by_play = 1 then told.last_period - 4 end,
            lengths_of_boxes.overtimes_told,
            lengths.overtimes_told,
            {{ overtimes }},
            0
        )) as seconds_of_game,
        coalesce(told.has_whole_play_by_play = 1, false)
        or lengths_of_boxes.game_id is not null
        or not coalesce(lengths.is_open, false) as length_is_known,
        14400 + 1500 * case
            when told.overtimes_told = lengths.overtimes_told then lengths.other_overtimes else lengths.overtimes_told
        end as seconds_of_others,
        least(
            {{ var('minutes_clock_seconds') }} + {{ var('minutes_rounding_seconds') }} * told.rows_of_whole_minutes,
            {{ var('minutes_tolerance_seconds') }}
        ) as tolerance_seconds
    from told
    left join lengths on told.game_id = lengths.game_id
    left join lengths_of_boxes on told.game_id = lengths_of_boxes.game_id
),

compared as (
    select
        *,
        {%- for name, tolerance in [
            ('minutes_differ', var('minutes_tolerance_seconds')), ('is_off_the_clock', 'tolerance_seconds'),
        ] %}
        coalesce(
            (seconds_played is not null and not length_is_known)
            or seconds_played > seconds_of_game + {{ tolerance }}
            or seconds_played + rows_without_minutes * seconds_of_game / 5 < seconds_of_game - {{ tolerance }}, false
        ) as {{ name }},
        {%- endfor %}
        coalesce(plus_minus <> 5 * margin, false) as has_other_plus_minus,
        case
            when
                {{ is_play_by_play('feed') }}
                and problem_of_events not in (
                    'last score is not the final score', 'points of its events are not the final score'
                )
                then problem_of_events
        end as problem,
        {{ clock_text('seconds_played') }} as minutes_played,
        {{ clock_text('seconds_of_game') }} as minutes_of_game,
        {{ clock_text('seconds_of_others') }} as minutes_of_others,
        coalesce(
            rows_without_minutes = 0 and seconds_played >= 14400 - tolerance_seconds, false
        ) or coalesce(last_loaded_at >= tipoff_at + interval {{ var('game_over_hours') }} hour, false)
        or feed = 'espn_scoreboard' as is_over
    from measured
),

judged as (
    select
        *,
        is_final and usable_rows > 0 and coalesce(points = score, false) and not minutes_differ and problem is null as agrees
    from compared
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
        agrees,
        is_off_the_clock,
        has_other_plus_minus,
        agrees and not is_off_the_clock and not has_other_plus_minus and rows_of_blank_minutes = 0 as adds_up,
        case
            when not is_final and is_over then 'played, and not final by the schedule'
            when not is_final then 'in progress'
            when usable_rows = 0 then concat('none of ', cast(quarantined_rows as string), ' rows can be used')
            when score is null then 'no final score to compare with'
            when points is null or points <> score
                then concat(cast(coalesce(points, 0) as string), ' of ', cast(score as string), ' points')
            when problem = 'its events are out of order' then 'events out of order'
            when problem = 'it lacks a period'
                then concat('periods ', cast(first_period as string), ' to ', cast(last_period as string))
            when problem = 'its court zones are not those of its distances'
                then 'shots from court zones that their distances contradict'
            when problem is not null
                then concat('shot distances up to ', cast(cast(longest_shot as int64) as string), ' feet that cannot be')
            when (minutes_differ or is_off_the_clock) and not length_is_known
                then concat(minutes_played, ' minutes where others tell ', minutes_of_others)
            when minutes_differ or is_off_the_clock then concat(minutes_played, ' of ', minutes_of_game, ' minutes')
            when rows_of_blank_minutes > 0
                then concat('no minutes of ', cast(rows_of_blank_minutes as string), ' of ', cast(usable_rows as string), ' rows')
            when has_other_plus_minus
                then concat('plus-minus ', cast(plus_minus as string), ' of ', cast(5 * margin as string))
            else 'agrees'
        end as verdict,
        last_loaded_at
    from judged
)

select * from final
