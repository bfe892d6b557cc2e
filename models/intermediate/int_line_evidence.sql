-- One row per final game, team, feed, and player whose line is contradicted, or who played and has none.
--
-- The play-by-play tells what each player did: in 2021-23 its counts are those of balldontlie in all 51,934 lines, but for
-- a foul in 39, and of 38,106 of the gamebook 68 differ, by 2 at most over the counts of line_counts(), and in any other
-- count (the league corrects that feed later). A line that is further from it (max_line_difference) is contradicted, unless
-- the other feed of players has the same line: then the play-by-play is, which happens in no game. Without a play-by-play
-- that reaches the final score a line is held against the other feed, where that agrees with the score.
--
-- Minutes are held against the other feed alone: in 36,222 lines of 2021-23 they are apart by 30 seconds, the rounding of
-- whole minutes, but in two of 151. Nothing tells which of the two is right, so neither is; where the counts differ, too,
-- these decide.
--
-- Who is on court by the play-by-play (int_event_lines), or has minutes in the other feed, is to have a row. Rows that are
-- held back may be his under another name, and are compared with nothing: `may_be_held_back` where the team has no fewer of
-- these than players without a row.
{{ config(**replace_window()) }}


with

teams as (
    select game_id, game_date, team_abbr, feed, agrees from {{ ref('int_team_evidence') }}
    where
        {{ in_window() }}
        and is_final and usable_rows > 0
        and feed in ('nbac_gamebook_player_stats', 'bdl_player_boxscores')
),

event_lines as (
    select * from {{ ref('int_event_lines') }}
),

games_of_events as (
    select distinct game_id, feed from event_lines
),

boxes as (
    {%- for feed, model, condition, sat_out in [
        (
            'nbac_gamebook_player_stats', 'stg_nbac__gamebook_player_stats',
            "player_status = 'active' and points is not null", 'false'
        ),
        ('bdl_player_boxscores', 'stg_bdl__player_boxscores', 'true', 'sat_out'),
    ] %}
    select
        '{{ feed }}' as feed,
        game_id,
        team_abbr,
        player_lookup,
        seconds_played,
        {{ sat_out }} as sat_out,
        quarantine_reason is not null as is_held_back,
        {{ box_score_counts() | join(', ') }}
    from {{ ref(model) }}
    where {{ in_window() }} and {{ condition }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- A count that a feed leaves out contradicts nothing.
compared as (
    select
        teams.*,
        boxes.player_lookup,
        case when games_of_events.game_id is not null then {{ lines_are_apart('boxes', 'event_lines', at_least=0) }} end
            as is_apart_from_events,
        case when others.player_lookup is not null then {{ lines_are_apart('boxes', 'others') }} end as is_apart_from_other,
        abs(boxes.seconds_played - others.seconds_played) as seconds_apart,
        coalesce(other_teams.agrees, false) as other_agrees,
        games_of_events.feed as feed_of_events,
        {{ whole_minutes('boxes') }} as own_minutes,
        concat(others.feed, ' has ', {{ whole_minutes('others') }}) as minutes_of_other,
        {{ how_lines_differ('boxes', 'event_lines', 'games_of_events.feed', at_least=0) }} as said_of_events,
        {{ how_lines_differ('boxes', 'others', 'others.feed') }} as said_of_other
    from teams
    inner join boxes
        on teams.game_id = boxes.game_id and teams.team_abbr = boxes.team_abbr and teams.feed = boxes.feed
    left join games_of_events on teams.game_id = games_of_events.game_id
    left join event_lines on boxes.game_id = event_lines.game_id and boxes.player_lookup = event_lines.player_lookup
    left join boxes as others
        on
            boxes.game_id = others.game_id
            and boxes.team_abbr = others.team_abbr
            and boxes.player_lookup = others.player_lookup
            and boxes.feed <> others.feed
            and not others.is_held_back
    left join teams as other_teams
        on
            others.game_id = other_teams.game_id
            and others.team_abbr = other_teams.team_abbr
            and others.feed = other_teams.feed
    where not boxes.is_held_back
),

judged as (
    select
        *,
        case
            when is_apart_from_events is null then coalesce(is_apart_from_other, false) and other_agrees
            else is_apart_from_events and coalesce(is_apart_from_other, true)
        end as has_other_counts,
        coalesce(seconds_apart > {{ var('max_minutes_difference_seconds') }} and not is_apart_from_other, false) and other_agrees
            as has_other_minutes,
        coalesce(is_apart_from_events and not is_apart_from_other, false) and agrees and other_agrees as is_like_other_alone
    from compared
),

contradicted as (
    select
        game_id,
        game_date,
        team_abbr,
        feed,
        player_lookup,
        case
            when not has_other_counts then concat('minutes ', own_minutes, ' where ', minutes_of_other)
            when is_apart_from_events is null then said_of_other
            else said_of_events
        end as problem,
        true as has_row,
        false as may_be_held_back
    from judged
    where has_other_counts or has_other_minutes
    union all
    select
        game_id,
        game_date,
        team_abbr,
        feed_of_events,
        player_lookup,
        concat('both boxes have ', said_of_events),
        true,
        false
    from judged
    where is_like_other_alone and feed = 'nbac_gamebook_player_stats'
),

who_played as (
    select
        game_id,
        team_abbr,
        cast(null as string) as feed,
        player_lookup,
        concat('no row, and ', feed, ' has him on court') as problem
    from event_lines
    where has_played
    union all
    select
        boxes.game_id,
        boxes.team_abbr,
        boxes.feed,
        boxes.player_lookup,
        concat('no row, and ', boxes.feed, ' has minutes of him: ', {{ whole_minutes('boxes') }})
    from boxes
    inner join teams
        on boxes.game_id = teams.game_id and boxes.team_abbr = teams.team_abbr and boxes.feed = teams.feed
    where boxes.seconds_played > 0 and not boxes.is_held_back and teams.agrees
),

lacking as (
    select
        teams.game_id,
        teams.game_date,
        teams.team_abbr,
        teams.feed,
        who_played.player_lookup,
        min(who_played.problem) as problem
    from teams
    inner join who_played
        on
            teams.game_id = who_played.game_id
            and teams.team_abbr = who_played.team_abbr
            and coalesce(who_played.feed, '') <> teams.feed
    left join boxes
        on
            teams.game_id = boxes.game_id
            and teams.feed = boxes.feed
            and who_played.player_lookup = boxes.player_lookup
            and not boxes.sat_out
            and (teams.team_abbr = boxes.team_abbr or boxes.is_held_back)
    where boxes.player_lookup is null
    group by teams.game_id, teams.game_date, teams.team_abbr, teams.feed, who_played.player_lookup
),

strangers as (
    select boxes.game_id, boxes.team_abbr, boxes.feed, count(*) as held_back_rows
    from boxes
    left join who_played on boxes.game_id = who_played.game_id and boxes.player_lookup = who_played.player_lookup
    where boxes.is_held_back and who_played.player_lookup is null
    group by boxes.game_id, boxes.team_abbr, boxes.feed
),

final as (
    select game_id, game_date, team_abbr, feed, player_lookup, problem, has_row, may_be_held_back from contradicted
    union all
    select
        lacking.game_id,
        lacking.game_date,
        lacking.team_abbr,
        lacking.feed,
        lacking.player_lookup,
        lacking.problem,
        false,
        count(*) over (partition by lacking.game_id, lacking.team_abbr, lacking.feed) <= coalesce(strangers.held_back_rows, 0)
    from lacking
    left join strangers
        on
            lacking.game_id = strangers.game_id
            and lacking.team_abbr = strangers.team_abbr
            and lacking.feed = strangers.feed
)

select * from final
