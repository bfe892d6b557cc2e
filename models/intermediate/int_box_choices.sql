-- One row per final game and team: the feed whose player rows are used. Player rows of a team never come from two
-- feeds.
--
-- The feed that agrees with the final score goes before one that does not, one whose minutes show it before one that
-- leaves some blank, then the one with less to explain, then the gamebook before balldontlie. A feed with a line that
-- others contradict, or without a player who played, does not agree (int_line_evidence). The feed that is used does not
-- add up where its exact minutes are off the clock, and is left for one that has more players then; nor where minutes are
-- blank or plus-minus is not that of the score, and is left for any that agrees then.
{{ config(**replace_window()) }}

with

lines as (
    {{ wrong_lines() }}
),

candidates as (
    select
        evidence.game_id,
        evidence.game_date,
        evidence.team_abbr,
        evidence.feed,
        evidence.agrees and not (
            evidence.is_off_the_clock
            and evidence.players_on_court < max(evidence.players_on_court) over (
                partition by evidence.game_id, evidence.team_abbr
            )
        ) as is_like_the_score,
        evidence.has_minutes and not evidence.has_other_plus_minus as has_all_figures,
        evidence.adds_up,
        evidence.adds_up and lines.wrong_lines is null as agrees,
        case
            when evidence.adds_up then coalesce(lines.said, evidence.verdict)
            else evidence.verdict
        end as verdict,
        evidence.points,
        evidence.score,
        evidence.usable_rows,
        evidence.quarantined_rows,
        case evidence.feed when 'nbac_gamebook_player_stats' then 1 when 'bdl_player_boxscores' then 2 end as feed_rank,
        coalesce(lines.wrong_lines, 0) as wrong_lines
    from {{ ref('int_team_evidence') }} as evidence
    left join lines
        on
            evidence.game_id = lines.game_id
            and evidence.team_abbr = lines.team_abbr
            and evidence.feed = lines.feed
    where
        {{ in_window('evidence.game_date') }}
        and evidence.is_final and evidence.feed in ('nbac_gamebook_player_stats', 'bdl_player_boxscores')
),

ranked as (
    select
        *,
        row_number() over (
            partition by game_id, team_abbr
            order by
                case
                    when is_like_the_score and wrong_lines = 0 and has_all_figures then 1
                    when is_like_the_score and wrong_lines = 0 then 2
                    when is_like_the_score then 3
                    when usable_rows > 0 and points = score then 4
                    when usable_rows > 0 then 5
                    else 6
                end,
                abs(coalesce(points, 0) - coalesce(score, 0)), wrong_lines, feed_rank
        ) as choice
    from candidates
),

final as (
    select
        game_id, game_date, team_abbr, feed, adds_up, agrees, verdict, points, score, usable_rows, quarantined_rows
    from ranked
    where choice = 1
)

select * from final
