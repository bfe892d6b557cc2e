-- One row per final game, team, and feed of totals (the official team box, the play-by-play) that has other totals than
-- the players of the feed that is used for the team, where these agree with the final score; and per team of a play-by-play
-- with a line that both feeds of players contradict (int_line_evidence).
--
-- In 2021-23 the totals of all 4,920 official boxes are those of balldontlie, and of 3,414 of the gamebook 7 differ, by 3
-- at most over all counts; the play-by-play's differ from balldontlie's in 39 of 4,920, by a foul, and from the gamebook's
-- in 39 of 3,588, by 3 at most. What is further away is contradicted (max_total_difference), and so is a playing time that
-- is off by more than rounding shows (minutes_tolerance_seconds; 200 seconds at most).
--
-- A play-by-play that is here is not used (int_events), unless it is the right one.
--
-- `right_one` is who has it right: `players` or `totals`, whichever another feed has, too; null where none or both have
-- it. A playing time is right where a play-by-play tells the overtimes: players who agree have that one.
{{ config(**replace_window()) }}

{%- set counts = box_score_counts() %}
{%- set feeds_of_players = [
    ('nbac_gamebook_player_stats', 'stg_nbac__gamebook_player_stats', "player_status = 'active' and points is not null"),
    ('bdl_player_boxscores', 'stg_bdl__player_boxscores', 'true'),
] %}

with

choices as (
    select game_id, game_date, team_abbr, feed, agrees from {{ ref('int_box_choices') }}
    where {{ in_window() }}
),

-- A total is null where a row lacks the count: it contradicts nothing.
totals as (
    {%- for feed, model, condition in feeds_of_players %}
    select
        '{{ feed }}' as feed,
        game_id,
        team_abbr,
        {%- for count in counts %}
        case when count({{ count }}) = count(*) then sum({{ count }}) end as {{ count }},
        {%- endfor %}
        case when count(seconds_played) = count(*) then sum(seconds_played) end as seconds_played
    from {{ ref(model) }} as player_rows
    where {{ in_window() }} and {{ condition }} and {{ usable_for_teams('player_rows') }}
    group by game_id, team_abbr
    union all
    {%- endfor %}
    select 'nbac_team_boxscore', game_id, team_abbr, {{ counts | join(', ') }}, seconds_played
    from {{ ref('stg_nbac__team_boxscores') }}
    where {{ in_window() }} and quarantine_reason is null
    union all
    select
        feed,
        game_id,
        team_abbr,
        {%- for count in counts %}
        sum({{ count }}),
        {%- endfor %}
        cast(null as int64)
    from {{ ref('int_event_lines') }}
    group by feed, game_id, team_abbr
),

compared as (
    select
        choices.game_id,
        choices.game_date,
        choices.team_abbr,
        choices.feed as players_feed,
        totals.feed,
        {{ line_difference('totals', 'players', counts) }} > {{ var('max_total_difference') }} as has_other_counts,
        coalesce(
            abs(totals.seconds_played - players.seconds_played) > {{ var('minutes_tolerance_seconds') }}, false
        ) as has_other_minutes,
        concat({{ what_differs('totals', 'players', counts) }}, ' of ', choices.feed) as said
    from choices
    inner join totals as players
        on
            choices.game_id = players.game_id
            and choices.team_abbr = players.team_abbr
            and choices.feed = players.feed
    inner join totals
        on
            choices.game_id = totals.game_id
            and choices.team_abbr = totals.team_abbr
            and (totals.feed = 'nbac_team_boxscore' or {{ is_play_by_play('totals.feed') }})
    where choices.agrees
),

contradicted as (
    select * from compared
    where has_other_counts or has_other_minutes
),

witnessed as (
    select
        contradicted.game_id,
        contradicted.team_abbr,
        contradicted.feed,
        case
            when not contradicted.has_other_counts then {{ is_play_by_play('witnesses.feed') }}
            else
                {{ line_difference('witnesses', 'players', counts) }} <= {{ var('max_total_difference') }}
                and {{ line_difference('witnesses', 'totals', counts) }} > {{ var('max_total_difference') }}
        end as is_like_players,
        contradicted.has_other_counts
        and {{ line_difference('witnesses', 'totals', counts) }} <= {{ var('max_total_difference') }}
        and {{ line_difference('witnesses', 'players', counts) }} > {{ var('max_total_difference') }} as is_like_totals
    from contradicted
    inner join totals as players
        on
            contradicted.game_id = players.game_id
            and contradicted.team_abbr = players.team_abbr
            and contradicted.players_feed = players.feed
    inner join totals
        on
            contradicted.game_id = totals.game_id
            and contradicted.team_abbr = totals.team_abbr
            and contradicted.feed = totals.feed
    inner join totals as witnesses
        on
            contradicted.game_id = witnesses.game_id
            and contradicted.team_abbr = witnesses.team_abbr
            and witnesses.feed not in (contradicted.players_feed, contradicted.feed)
),

judged as (
    select
        game_id,
        team_abbr,
        feed,
        max(case when is_like_players then 1 else 0 end) as for_players,
        max(case when is_like_totals then 1 else 0 end) as for_totals
    from witnessed
    group by game_id, team_abbr, feed
),

lines_of_events as (
    select * from ({{ wrong_lines() }}) as wrong_lines
    where {{ is_play_by_play('feed') }}
),

final as (
    select
        contradicted.game_id,
        contradicted.game_date,
        contradicted.team_abbr,
        contradicted.feed,
        contradicted.players_feed,
        contradicted.said,
        case
            when judged.for_players > judged.for_totals then 'players'
            when judged.for_totals > judged.for_players then 'totals'
        end as right_one
    from contradicted
    left join judged
        on
            contradicted.game_id = judged.game_id
            and contradicted.team_abbr = judged.team_abbr
            and contradicted.feed = judged.feed
    union all
    select
        choices.game_id,
        choices.game_date,
        choices.team_abbr,
        lines_of_events.feed,
        choices.feed as players_feed,
        lines_of_events.said,
        cast(null as string)
    from lines_of_events
    inner join choices on lines_of_events.game_id = choices.game_id and lines_of_events.team_abbr = choices.team_abbr
    left join contradicted
        on
            lines_of_events.game_id = contradicted.game_id
            and lines_of_events.team_abbr = contradicted.team_abbr
            and lines_of_events.feed = contradicted.feed
    where contradicted.game_id is null
)

select * from final
