-- One row per game and feed that says something of it: what it says, and whether it agrees with the final score and
-- with what other feeds say of its players.
{{ config(**replace_window()) }}

with

games as (
    select * from {{ ref('dim_games') }}
    where {{ in_window() }} and is_in_scope
),

-- Of a play-by-play int_total_evidence says what lines and totals of it are wrong.
lines as (
    select * from ({{ wrong_lines() }}) as wrong_lines
    where not {{ is_play_by_play('feed') }}
    union all
    select game_id, team_abbr, feed, 1, said
    from {{ ref('int_total_evidence') }}
    where {{ in_window() }}
),

evidence as (
    select
        evidence.* {{ star_except(['verdict']) }},
        case
            when evidence.adds_up then coalesce(lines.said, evidence.verdict)
            else evidence.verdict
        end as verdict,
        evidence.team_abbr = games.home_team_abbr as is_home
    from {{ ref('int_team_evidence') }} as evidence
    inner join games on evidence.game_id = games.game_id
    left join lines
        on
            evidence.game_id = lines.game_id
            and evidence.team_abbr = lines.team_abbr
            and evidence.feed = lines.feed
    where {{ in_window('evidence.game_date') }}
),

by_reason as (
    select table_name as feed, game_id, reason, count(*) as row_count
    from {{ ref('dated_quarantine') }}
    where {{ in_window() }} and game_id is not null
    group by table_name, game_id, reason
),

held_back as (
    select
        feed,
        game_id,
        cast(sum(row_count) as int64) as quarantined_rows,
        string_agg(concat(reason, ': ', cast(row_count as string)), '; ' order by reason) as quarantine_reasons
    from by_reason
    group by feed, game_id
),

periods as (
    select game_id, max(period) as last_period
    from {{ ref('int_play_by_play') }}
    where {{ in_window() }} and quarantine_reason is null
    group by game_id
),

-- Nobody plays for both teams.
under_both as (
    select table_name as feed, game_id, count(distinct row_key) as players_under_both_teams
    from {{ ref('dated_quarantine') }}
    where {{ in_window() }} and reason = 'player is under both teams'
    group by table_name, game_id
),

sides as (
    select
        game_id,
        feed,
        {%- for side in ['home', 'away'] %}
        {%- set here = 'is_home' if side == 'home' else 'not is_home' %}
        max(case when {{ here }} then usable_rows end) as {{ side }}_rows,
        max(case when {{ here }} then points end) as {{ side }}_points,
        max(case when {{ here }} then seconds_played end) as {{ side }}_seconds,
        max(case when {{ here }} then verdict end) as {{ side }}_verdict,
        {%- endfor %}
        max(last_loaded_at) as last_loaded_at
    from evidence
    group by game_id, feed
),

final as (
    select
        games.game_id,
        games.game_date,
        'nbac_schedule' as feed,
        schedule.game_status,
        cast(null as int64) as home_rows,
        cast(null as int64) as away_rows,
        schedule.home_points,
        schedule.away_points,
        cast(null as int64) as home_seconds,
        cast(null as int64) as away_seconds,
        cast(null as int64) as last_period,
        0 as players_under_both_teams,
        case when schedule.quarantine_reason is null then 0 else 1 end as quarantined_rows,
        schedule.quarantine_reason as quarantine_reasons,
        case when games.is_final then 'final' else 'not final' end as home_verdict,
        case when games.is_final then 'final' else 'not final' end as away_verdict,
        schedule.processed_at as last_loaded_at
    from games
    inner join {{ ref('stg_nbac__schedule') }} as schedule on games.game_id = schedule.game_id
    union all
    select
        games.game_id,
        games.game_date,
        sides.feed,
        cast(null as string),
        sides.home_rows,
        sides.away_rows,
        sides.home_points,
        sides.away_points,
        sides.home_seconds,
        sides.away_seconds,
        case when {{ is_play_by_play('sides.feed') }} then periods.last_period end,
        coalesce(under_both.players_under_both_teams, 0),
        coalesce(held_back.quarantined_rows, 0),
        held_back.quarantine_reasons,
        coalesce(sides.home_verdict, 'has no rows of the team'),
        coalesce(sides.away_verdict, 'has no rows of the team'),
        sides.last_loaded_at
    from sides
    inner join games on sides.game_id = games.game_id
    left join held_back on sides.game_id = held_back.game_id and sides.feed = held_back.feed
    left join under_both on sides.game_id = under_both.game_id and sides.feed = under_both.feed
    left join periods on sides.game_id = periods.game_id
)

select * from final
