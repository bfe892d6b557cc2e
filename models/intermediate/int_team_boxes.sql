-- One row per final game and team: the official team box score, or the sum of its players where the
-- league's is missing for either team (the archive has none for playoffs), or is wrong (int_total_evidence). Both teams of
-- a game come from the same source.
{{ config(**replace_window()) }}

with

wrong_boxes as (
    select distinct game_id from {{ ref('int_total_evidence') }}
    where {{ in_window() }} and feed = 'nbac_team_boxscore' and right_one = 'players'
),

official as (
    select boxes.*
    from {{ ref('stg_nbac__team_boxscores') }} as boxes
    left join wrong_boxes on boxes.game_id = wrong_boxes.game_id
    where {{ in_window('boxes.game_date') }} and boxes.quarantine_reason is null and wrong_boxes.game_id is null
),

players as (
    select * from {{ ref('int_player_boxes') }}
    where {{ in_window() }}
),

games as (
    select * from {{ ref('dim_games') }}
    where {{ in_window() }} and is_final and is_in_scope
),

{%- set counts = box_score_counts() %}

summed as (
    select
        game_id,
        team_abbr,
        min(box_source) as box_source,
        sum(seconds_played) as seconds_played,
        {%- for count in counts %}
        sum({{ count }}) as {{ count }},
        {%- endfor %}
        max(processed_at) as processed_at
    from players
    group by game_id, team_abbr
    having count(*) >= {{ var('min_players_for_team_box') }}
),

complete_sums as (
    select * from summed
    qualify count(*) over (partition by game_id) = 2
),

boxes as (
    select
        'nbac_team_boxscore' as box_source, game_id, team_abbr, seconds_played,
        {{ counts | join(', ') }}, processed_at
    from official
    union all
    select
        complete_sums.box_source, complete_sums.game_id, complete_sums.team_abbr, complete_sums.seconds_played,
        complete_sums.{{ counts | join(', complete_sums.') }}, complete_sums.processed_at
    from complete_sums
    left join (select distinct game_id from official) as official_games
        on complete_sums.game_id = official_games.game_id
    where official_games.game_id is null
),

final as (
    select
        boxes.game_id,
        games.nba_game_id,
        games.game_date,
        games.season_year,
        boxes.team_abbr,
        boxes.team_abbr = games.home_team_abbr as is_home,
        boxes.box_source,
        -- 240 minutes of five players, and 25 more per overtime. Players' seconds are rounded in the
        -- feeds, so the sum is taken to the nearest whole overtime: of the team that lacks no minutes.
        greatest(
            0, cast(round((max(boxes.seconds_played) over (partition by boxes.game_id) / 60.0 - 240) / 25.0) as int64)
        ) as overtime_periods,
        {%- for count in counts %}
        cast(boxes.{{ count }} as int64) as {{ count }},
        {%- endfor %}
        case when boxes.team_abbr = games.home_team_abbr then games.home_points else games.away_points end
            as scheduled_points,
        boxes.processed_at
    from boxes
    inner join games on boxes.game_id = games.game_id
)

select * from final
