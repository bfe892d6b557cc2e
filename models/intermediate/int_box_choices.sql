-- One row per final game and team: the feed whose player rows are used. Player rows of a team never come from two
-- feeds.
--
-- The feed that agrees with the final score goes before one that does not, one whose minutes show it before one that
-- leaves some blank, then the one with less to explain, then the gamebook before balldontlie.
{{ config(**replace_window()) }}

with

candidates as (
    select
        *,
        case feed when 'nbac_gamebook_player_stats' then 1 when 'bdl_player_boxscores' then 2 end as feed_rank
    from {{ ref('int_team_evidence') }}
    where {{ in_window() }} and is_final and feed in ('nbac_gamebook_player_stats', 'bdl_player_boxscores')
),

ranked as (
    select
        *,
        row_number() over (
            partition by game_id, team_abbr
            order by
                case
                    when agrees and has_minutes then 1
                    when agrees then 2
                    when usable_rows > 0 and points = score then 3
                    when usable_rows > 0 then 4
                    else 5
                end,
                abs(coalesce(points, 0) - coalesce(score, 0)), feed_rank
        ) as choice
    from candidates
),

final as (
    select game_id, game_date, team_abbr, feed, agrees, verdict, points, score, usable_rows, quarantined_rows
    from ranked
    where choice = 1
)

select * from final
