-- One row per date and player who may play: what is known of him, his team and his opponent before
-- tip-off. The processor makes averages and movements of the sums selected here; what the contract does
-- not name is its input. What is his team's comes of int_upcoming_teams, lines of int_upcoming_markets; who is a star
-- and out says int_player_absences.
{{ config(cluster_by=['player_lookup', 'universal_player_id']) }}

with

rosters as (
    select * from {{ ref('int_upcoming_rosters') }}
    where {{ in_window() }}
),

form as (
    select * from {{ ref('int_player_form') }}
    where {{ in_window() }}
),

listed as (
    select * from {{ ref('int_player_availability') }}
    where {{ in_window() }}
),

{{ readiness('upcoming_player_game_context', 'player') }},

final as (
    select
        rosters.player_lookup,
        players.universal_player_id,
        rosters.roster_source as primary_source_used,
        teams.* {{ star_except(['stars_out', 'questionable', 'probable']) }},
        markets.* {{ star_except(['game_date', 'player_lookup', 'is_in_props']) }},
        form.days_rest,
        coalesce(form.days_rest = 0, false) as back_to_back,
        form.days_rest_before_last_game,
        form.days_since_2_plus_days_rest,
        coalesce(form.games_7d, 0) as games_in_last_7_days,
        coalesce(form.games_14d, 0) as games_in_last_14_days,
        coalesce(form.back_to_backs_14d, 0) as back_to_backs_last_14_days,
        {{ age_on('teams.game_date', 'births.birth_date') }} as player_age,
        case when markets.is_in_props then coalesce(form.prop_over_streak, 0) end as prop_over_streak,
        case when markets.is_in_props then coalesce(form.prop_under_streak, 0) end as prop_under_streak,
        -- Teammates: the team's, without himself.
        teams.stars_out - case when own.is_star_out then 1 else 0 end as star_teammates_out,
        teams.questionable - case when own.is_questionable then 1 else 0 end as questionable_teammates,
        teams.probable - case when own.is_probable then 1 else 0 end as probable_teammates,
        cast(null as bool) as next_game_is_primetime,
        listed.injury_status as player_status,
        listed.injury_reason as injury_report,
        1 as context_version,
        form.boxes_updated_at as source_boxscore_last_updated,
        coalesce(form.games_played, 0) as source_boxscore_rows_found,
        completeness.l30d_completeness_pct as source_boxscore_completeness_pct,
        cast(null as string) as source_boxscore_hash,
        1 as source_schedule_rows_found,
        100 as source_schedule_completeness_pct,
        cast(null as string) as source_schedule_hash,
        {{ readiness_columns('upcoming_player_game_context', declared_rows()['upcoming_player_game_context'].history) }},
        -- inputs of the processor
        coalesce(form.games_played, 0) as games_played,
        {%- for column in [
            'seconds_7d', 'timed_games_7d', 'seconds_14d', 'timed_games_14d', 'games_7d', 'games_14d', 'games_of_last_5',
            'games_of_last_7', 'points_5', 'points_5_games', 'points_10', 'points_10_games',
            'usage_7', 'usage_7_games', 'usage_season', 'usage_season_games', 'fourth_quarter_seconds_7',
            'fourth_quarter_seconds_7_games', 'clutch_seconds_7', 'clutch_seconds_7_games', 'fourth_quarter_points_7',
            'fourth_quarter_points_7_games', 'early_fg_attempts_5', 'early_fg_attempts_5_games', 'early_fg_makes_5',
            'late_fg_attempts_5', 'late_fg_makes_5'
        ] %}
        form.{{ column }},
        {%- endfor %}
        births.birth_date is not null as has_birth_date,
        completeness.teams_are_complete
    from rosters
    inner join {{ ref('int_upcoming_teams') }} as teams
        on rosters.game_id = teams.game_id and rosters.team_abbr = teams.team_abbr
    left join {{ ref('dim_players') }} as players on rosters.player_lookup = players.player_lookup
    left join {{ ref('dim_player_birth_dates') }} as births on rosters.player_lookup = births.player_lookup
    left join {{ ref('int_upcoming_markets') }} as markets
        on rosters.game_date = markets.game_date and rosters.player_lookup = markets.player_lookup
    left join form on rosters.game_date = form.game_date and rosters.player_lookup = form.player_lookup
    left join {{ ref('int_player_absences') }} as own
        on
            rosters.game_id = own.game_id
            and rosters.team_abbr = own.team_abbr
            and rosters.player_lookup = own.player_lookup
    left join listed
        on
            rosters.game_id = listed.game_id
            and rosters.team_abbr = listed.team_abbr
            and rosters.player_lookup = listed.player_lookup
    left join completeness on rosters.game_date = completeness.game_date and rosters.player_lookup = completeness.entity
    left join failures on rosters.game_date = failures.analysis_date and rosters.player_lookup = failures.entity_id
)

select * from final
