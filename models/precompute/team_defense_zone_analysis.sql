-- One row per date and team: what its opponents shot from each zone in its last fifteen games before the
-- date, and how that compares with the league. The processor makes rates of the sums selected here.
{{ config(cluster_by=['team_abbr', 'analysis_date']) }}

{%- set sample = window_size('team_defense_zone_analysis', 'sample_games') %}
{%- set league_days = window_size('team_defense_zone_analysis', 'league_days') %}
{%- set least_games = window_size('team_defense_zone_analysis', 'least_league_games') %}
{%- set zones = ['paint', 'mid_range', 'three_pt'] %}
{%- set sums = {
    'paint_makes': 'opp_paint_makes', 'paint_attempts': 'opp_paint_attempts', 'paint_blocks': 'blocks_paint',
    'paint_points': 'points_in_paint_allowed',
    'mid_range_makes': 'opp_mid_range_makes', 'mid_range_attempts': 'opp_mid_range_attempts',
    'mid_range_blocks': 'blocks_mid_range',
    'three_pt_makes': 'opp_three_pt_makes', 'three_pt_attempts': 'opp_three_pt_attempts',
    'three_pt_blocks': 'blocks_three_pt',
    'defensive_rating_hundredths': 'defensive_rating_hundredths', 'points_allowed': 'points_allowed',
    'opponent_pace_tenths': 'opponent_pace_tenths',
} %}

with

{{ find_blocked_dates('team_defense_zone_analysis') }},

{{ unblocked_entities('team_defense_zone_analysis') }},

{{ completeness_of('team_defense_zone_analysis') }},

dates as (
    select * from {{ ref('dim_game_dates') }}
    where {{ in_window() }} and is_analysis_date
),

games as (
    select
        *,
        {{ in_parts('defensive_rating', 100) }} as defensive_rating_hundredths,
        {{ in_parts('opponent_pace', 10) }} as opponent_pace_tenths,
        {{ hash_of_read('team_defense_zone_analysis', 'team_defense_game_summary', 'summary') }} as read_hash
    from {{ ref('team_defense_game_summary') }} as summary
    where {{ in_season_so_far() }}
),

history as (
    select
        games.*,
        dates.game_date as as_of,
        {{ days_between('games.game_date', 'dates.game_date') }} as days_ago,
        row_number() over (
            partition by dates.game_date, games.defending_team_abbr order by games.game_date desc, games.game_id asc
        ) as games_ago
    from dates
    inner join games on dates.season_year = games.season_year and dates.game_date > games.game_date
),

-- Teams that lack a game of the league's days do not count for the league either.
lacking as (
    select distinct game_date, entity from {{ ref('lacking_games') }}
    where {{ in_window() }} and entity_type = 'team' and days_ago <= {{ league_days }}
),

left_out as (
    select game_date, count(*) as teams from lacking
    group by game_date
),

-- The league of a date: teams with ten games in its last thirty days, each counting alike.
league_teams as (
    select
        as_of,
        {%- for zone in zones %}
        case
            when sum(opp_{{ zone }}_attempts) > 0
                then {{ rounded_quotient('1000000000 * sum(opp_' ~ zone ~ '_makes)', 'sum(opp_' ~ zone ~ '_attempts)') }}
        end as {{ zone }}_billionths,
        {%- endfor %}
        defending_team_abbr
    from history
    left join lacking on history.as_of = lacking.game_date and history.defending_team_abbr = lacking.entity
    where days_ago <= {{ league_days }} and lacking.entity is null
    group by as_of, defending_team_abbr
    having count(*) >= {{ least_games }}
),

league as (
    select
        as_of,
        {%- for zone in zones %}
        cast(sum({{ zone }}_billionths) as int64) as league_{{ zone }}_billionths,
        count({{ zone }}_billionths) as league_{{ zone }}_teams,
        {%- endfor %}
        count(*) as league_teams
    from league_teams
    group by as_of
),

last_games as (
    select
        as_of,
        defending_team_abbr,
        count(*) as games_in_sample,
        {%- for name, column in sums.items() %}
        cast(sum({{ column }}) as int64) as {{ name }},
        count({{ column }}) as {{ name }}_games,
        {%- endfor %}
        max(processed_at) as updated_at,
        {{ partition_fingerprint('read_hash') }} as fingerprint
    from history
    where games_ago <= {{ sample }}
    group by as_of, defending_team_abbr
),

final as (
    select
        entities.entity as team_abbr,
        entities.game_date as analysis_date,
        last_games.games_in_sample,
        last_games.updated_at as source_team_defense_last_updated,
        last_games.games_in_sample as source_team_defense_rows_found,
        completeness.{{ main_window('team_defense_zone_analysis') }}_completeness_pct as source_team_defense_completeness_pct,
        last_games.fingerprint as source_team_defense_hash,
        {{ is_history_ready() }} as is_production_ready,
        {{ precompute_run_columns('team_defense_zone_analysis') }},
        -- inputs of the processor
        {%- for name in sums %}
        last_games.{{ name }},
        last_games.{{ name }}_games,
        {%- endfor %}
        {%- for zone in zones %}
        league.league_{{ zone }}_billionths,
        league.league_{{ zone }}_teams,
        {%- endfor %}
        {%- for window in declared_rows()['team_defense_zone_analysis'].history %}
        completeness.{{ window }}_is_complete,
        {%- endfor %}
        completeness.all_windows_complete,
        league.league_teams,
        coalesce(left_out.teams, 0) as teams_left_out
    from entities
    inner join last_games
        on entities.game_date = last_games.as_of and entities.entity = last_games.defending_team_abbr
    inner join completeness on entities.game_date = completeness.game_date and entities.entity = completeness.entity
    left join league on entities.game_date = league.as_of
    left join left_out on entities.game_date = left_out.game_date
)

select * from final
