-- One row per final game and player who played, of the feed that was chosen for his team (int_box_choices). Never
-- mixed within a team: the league corrects one feed later.
{{ config(**replace_window()) }}

with

gamebook as (
    select * from {{ ref('stg_nbac__gamebook_player_stats') }} as gamebook
    where
        {{ in_window() }}
        and {{ usable_for_teams('gamebook') }}
        and player_status = 'active'
        and points is not null
),

balldontlie as (
    select * from {{ ref('stg_bdl__player_boxscores') }} as balldontlie
    where {{ in_window() }} and {{ usable_for_teams('balldontlie') }}
),

choices as (
    select * from {{ ref('int_box_choices') }}
    where {{ in_window() }}
),

-- A feed names a team's starters where it names five.
teams_of_gamebook as (
    select game_id, team_abbr, {{ count_where('is_starter') }} = 5 as names_starters
    from gamebook
    group by game_id, team_abbr
),

games_of_lineups as (
    select distinct game_id from {{ ref('int_starting_fives') }}
    where {{ in_window() }}
),

{%- set counts = box_score_counts() %}

{#- Each feed is asked by itself in staging; two feeds, one for each team, can have him once each. #}
{%- set is_twice -%}
boxes.quarantine_reason is null and {{ count_where('boxes.quarantine_reason is null') }} over (
            partition by boxes.game_id, boxes.player_lookup
        ) > 1
{%- endset %}

boxes as (
    select
        'nbac_gamebook' as box_source,
        gamebook.game_id,
        gamebook.player_lookup,
        gamebook.player_full_name,
        gamebook.team_abbr,
        gamebook.seconds_played,
        {%- for count in counts %}
        gamebook.{{ count }},
        {%- endfor %}
        gamebook.plus_minus,
        case when teams_of_gamebook.names_starters then gamebook.is_starter end as is_starter,
        gamebook.quarantine_reason,
        gamebook.processed_at
    from gamebook
    inner join choices
        on
            gamebook.game_id = choices.game_id
            and gamebook.team_abbr = choices.team_abbr
            and choices.feed = 'nbac_gamebook_player_stats'
    inner join teams_of_gamebook
        on gamebook.game_id = teams_of_gamebook.game_id and gamebook.team_abbr = teams_of_gamebook.team_abbr
    union all
    select
        'bdl_boxscores',
        balldontlie.game_id,
        balldontlie.player_lookup,
        balldontlie.player_full_name,
        balldontlie.team_abbr,
        balldontlie.seconds_played,
        {%- for count in counts %}
        balldontlie.{{ count }},
        {%- endfor %}
        cast(null as int64),
        cast(null as bool),
        balldontlie.quarantine_reason,
        balldontlie.processed_at
    from balldontlie
    inner join choices
        on
            balldontlie.game_id = choices.game_id
            and balldontlie.team_abbr = choices.team_abbr
            and choices.feed = 'bdl_player_boxscores'
),

final as (
    select
        boxes.box_source,
        boxes.game_id,
        games.game_date,
        games.season_year,
        boxes.player_lookup,
        coalesce(players.player_name, boxes.player_full_name) as player_full_name,
        players.universal_player_id,
        boxes.team_abbr,
        case boxes.team_abbr when games.home_team_abbr then games.away_team_abbr else games.home_team_abbr end
            as opponent_team_abbr,
        boxes.seconds_played,
        {%- for count in counts %}
        boxes.{{ count }},
        {%- endfor %}
        boxes.plus_minus,
        coalesce(
            boxes.is_starter,
            case when games_of_lineups.game_id is not null then starting_fives.player_lookup is not null end
        ) as is_starter,
        boxes.quarantine_reason is not null or {{ is_twice }} as is_held_back,
        {{ is_twice }} as is_under_both_teams,
        choices.agrees as agrees_with_score,
        boxes.processed_at
    from boxes
    inner join {{ ref('dim_games') }} as games on boxes.game_id = games.game_id
    left join {{ ref('dim_players') }} as players on boxes.player_lookup = players.player_lookup
    inner join choices on boxes.game_id = choices.game_id and boxes.team_abbr = choices.team_abbr
    left join games_of_lineups on boxes.game_id = games_of_lineups.game_id
    left join {{ ref('int_starting_fives') }} as starting_fives
        on
            boxes.game_id = starting_fives.game_id
            and boxes.player_lookup = starting_fives.player_lookup
            and {{ in_window('starting_fives.game_date') }}
    where games.is_final and games.is_in_scope
)

select * from final
