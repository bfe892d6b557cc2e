-- One row per final game, team, feed of players, and player whose line is contradicted, or who played and has none.
--
-- The play-by-play tells what each player did: in 2021-23 its counts are those of balldontlie in all 51,934 lines, and of
-- 38,113 of the gamebook 31 differ, by 2 at most (the league corrects that feed later). A line that is further from it
-- (max_line_difference) is contradicted, unless the other feed of players has the same line. Without a play-by-play that
-- reaches the final score a line is held against the other feed, where that agrees with the score.
--
-- Who shot, rebounded, lost the ball, assisted, stole, blocked, came in or fouled on court has played; a technical foul, an
-- ejection and being taken out of a game do not show it. Rows that are held back may be his under another name, and are
-- compared with nothing: `may_be_held_back` where the team has no fewer of these than players without a row.
{{ config(**replace_window()) }}

{%- set counts = ['points', 'rebounds', 'assists', 'steals', 'blocks', 'turnovers', 'fg_attempts'] %}

with

teams as (
    select game_id, game_date, team_abbr, feed, agrees from {{ ref('int_team_evidence') }}
    where
        {{ in_window() }}
        and is_final and usable_rows > 0
        and feed in ('nbac_gamebook_player_stats', 'bdl_player_boxscores')
),

-- Events of a play-by-play with another last score do not count.
events as (
    select * from {{ ref('stg_bigdataball__play_by_play') }} as events
    where {{ in_window() }} and {{ counts_for_team('events') }}
),

deeds as (
    select
        game_id,
        player_1_lookup as player_lookup,
        player_1_team_abbr as team_abbr,
        case when event_type in ('shot', 'free throw') then coalesce(points_scored, 0) else 0 end as points,
        case when event_type = 'rebound' then 1 else 0 end as rebounds,
        0 as assists,
        0 as steals,
        0 as blocks,
        case when event_type = 'turnover' then 1 else 0 end as turnovers,
        case when event_type = 'shot' then 1 else 0 end as fg_attempts,
        event_type in ('shot', 'free throw', 'rebound', 'turnover', 'jump ball')
        or (
            event_type = 'foul'
            and event_subtype in (
                'personal', 'personal take', 'transition take', 'shooting', 'loose ball', 'offensive', 'offensive charge',
                'away from play', 'clear path', 'double personal', 'flagrant type 1', 'flagrant type 2'
            )
        ) as has_played
    from events
    where player_1_lookup is not null
    union all
    select
        game_id,
        player_2_lookup,
        player_2_team_abbr,
        0,
        0,
        case when player_2_role = 'assist' then 1 else 0 end,
        case when player_2_role = 'steal' then 1 else 0 end,
        case when player_2_role = 'block' then 1 else 0 end,
        0,
        0,
        player_2_role in ('assist', 'steal', 'block', 'substitution_in')
    from events
    where player_2_lookup is not null
),

event_lines as (
    select
        game_id,
        player_lookup,
        max(team_abbr) as team_abbr,
        {%- for count in counts %}
        cast(sum({{ count }}) as int64) as {{ count }},
        {%- endfor %}
        {{ count_where('has_played') }} > 0 as has_played
    from deeds
    group by game_id, player_lookup
),

games_of_events as (
    select distinct game_id from event_lines
),

boxes as (
    {%- for feed, model, condition in [
        ('nbac_gamebook_player_stats', 'stg_nbac__gamebook_player_stats', "player_status = 'active' and points is not null"),
        ('bdl_player_boxscores', 'stg_bdl__player_boxscores', 'true'),
    ] %}
    select
        '{{ feed }}' as feed,
        game_id,
        team_abbr,
        player_lookup,
        quarantine_reason is not null as is_held_back,
        {{ counts | join(', ') }}
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
        case when games_of_events.game_id is not null then {{ line_difference('boxes', 'event_lines', counts, at_least=0) }} end
            as from_events,
        case when others.player_lookup is not null then {{ line_difference('boxes', 'others', counts) }} end as from_other,
        coalesce(other_teams.agrees, false) as other_agrees,
        {{ line_text('boxes', counts) }} as own_line,
        {{ line_text('event_lines', counts) }} as line_of_events,
        concat(others.feed, ' ', {{ line_text('others', counts) }}) as line_of_other
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

contradicted as (
    select
        game_id,
        game_date,
        team_abbr,
        feed,
        player_lookup,
        concat(
            '{{ counts | join("/") }} ', own_line, ' where ',
            case when from_events is null then line_of_other else concat('bigdataball_play_by_play has ', line_of_events) end
        ) as problem,
        true as has_row,
        false as may_be_held_back
    from compared
    where
        case
            when from_events is null then from_other > {{ var('max_line_difference') }} and other_agrees
            else
                from_events > {{ var('max_line_difference') }}
                and coalesce(from_other > {{ var('max_line_difference') }}, true)
        end
),

lacking as (
    select teams.game_id, teams.game_date, teams.team_abbr, teams.feed, event_lines.player_lookup
    from teams
    inner join event_lines
        on teams.game_id = event_lines.game_id and teams.team_abbr = event_lines.team_abbr and event_lines.has_played
    left join boxes
        on
            teams.game_id = boxes.game_id
            and teams.feed = boxes.feed
            and event_lines.player_lookup = boxes.player_lookup
            and (teams.team_abbr = boxes.team_abbr or boxes.is_held_back)
    where boxes.player_lookup is null
),

strangers as (
    select boxes.game_id, boxes.team_abbr, boxes.feed, count(*) as held_back_rows
    from boxes
    left join event_lines on boxes.game_id = event_lines.game_id and boxes.player_lookup = event_lines.player_lookup
    where boxes.is_held_back and event_lines.player_lookup is null
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
        'no row, and bigdataball_play_by_play has him on court',
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
