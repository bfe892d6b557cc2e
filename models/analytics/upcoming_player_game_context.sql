-- One row per date and player who may play: what is known of him, his team and his opponent before
-- tip-off. The processor makes averages and movements of the sums selected here; what the contract does
-- not name is its input.
{{ config(cluster_by=['player_lookup', 'universal_player_id']) }}

with

rosters as (
    select * from {{ ref('int_upcoming_rosters') }}
    where {{ in_window() }}
),

games as (
    select * from {{ ref('dim_team_games') }}
    where {{ in_window() }} and is_in_scope
),

results as (
    select game_date, season_year, team_abbr, margin from {{ ref('dim_team_games') }}
    where is_result
),

lines as (
    select * from {{ ref('int_game_lines') }}
    where {{ in_window() }}
),

props as (
    select * from {{ ref('int_points_props') }}
    where {{ in_window() }}
),

games_with_props as (
    select game_id, count(*) as prop_rows, max(processed_at) as processed_at from props
    group by game_id
),

form as (
    select * from {{ ref('int_player_form') }}
    where {{ in_window() }}
),

team_form as (
    select * from {{ ref('int_team_form') }}
    where {{ in_window() }}
),

availability as (
    select * from {{ ref('int_player_availability') }}
    where {{ in_window() }}
),

team_availability as (
    select * from {{ ref('int_team_availability') }}
    where {{ in_window() }}
),

{{ readiness('upcoming_player_game_context', 'player') }},

-- A star averages 18 points, 28 minutes, or a quarter of his team's plays in at least 15 minutes, over his
-- last ten games. Without the 15 minutes a few seconds on court make stars.
absences as (
    select
        availability.game_id,
        availability.team_abbr,
        availability.player_lookup,
        (availability.is_out or availability.is_doubtful) and (
            form.points_10 >= 18 * form.points_10_games
            or form.seconds_10 >= 28 * 60 * form.seconds_10_games
            or (form.usage_10 >= 2500 * form.usage_10_games and form.seconds_10 >= 15 * 60 * form.seconds_10_games)
        ) as is_star_out,
        availability.is_questionable or availability.is_doubtful as is_questionable,
        availability.is_probable
    from availability
    left join form
        on
            availability.game_date = form.game_date
            and availability.player_lookup = form.player_lookup
            and form.games_played > 0
),

team_absences as (
    select
        game_id,
        team_abbr,
        {{ count_where('is_star_out') }} as stars_out,
        {{ count_where('is_questionable') }} as questionable,
        {{ count_where('is_probable') }} as probable
    from absences
    group by game_id, team_abbr
),

-- The next opponent's record on the morning of the game.
next_opponents as (
    select
        games.game_id,
        games.team_abbr,
        count(results.game_date) as next_opponent_games,
        cast({{ count_where('results.margin > 0') }} as int64) as next_opponent_wins
    from games
    left join results
        on
            games.next_opponent_team_abbr = results.team_abbr
            and games.season_year = results.season_year
            and games.game_date > results.game_date
    group by games.game_id, games.team_abbr
),

final as (
    select
        rosters.player_lookup,
        players.universal_player_id,
        rosters.game_id,
        rosters.game_date,
        rosters.team_abbr,
        games.opponent_team_abbr,
        case when games_with_props.game_id is not null then props.player_lookup is not null end as has_prop_line,
        props.points_line_source as current_points_line_source,
        props.opening_line_source as opening_points_line_source,
        lines.home_spread_source as game_spread_source,
        cast(null as int64) as spread_public_betting_pct,
        lines.total_source as game_total_source,
        cast(null as int64) as total_public_betting_pct,
        games.tipoff_local_time as game_start_time_local,
        games.is_home as home_game,
        games.season_phase,
        form.days_rest,
        coalesce(form.days_rest = 0, false) as back_to_back,
        form.days_rest_before_last_game,
        form.days_since_2_plus_days_rest,
        coalesce(form.games_7d, 0) as games_in_last_7_days,
        coalesce(form.games_14d, 0) as games_in_last_14_days,
        coalesce(form.back_to_backs_14d, 0) as back_to_backs_last_14_days,
        games.travel_miles,
        games.time_zone_changes,
        games.consecutive_road_games,
        games.miles_in_last_14_days as miles_traveled_last_14_days,
        games.time_zones_in_last_14_days as time_zones_crossed_last_14_days,
        {{ age_on('games.game_date', 'players.birth_date') }} as player_age,
        case when props.player_lookup is not null then coalesce(form.prop_over_streak, 0) end as prop_over_streak,
        case when props.player_lookup is not null then coalesce(form.prop_under_streak, 0) end as prop_under_streak,
        case
            when team_availability.has_report
                then coalesce(team_absences.stars_out, 0) - case when own.is_star_out then 1 else 0 end
        end as star_teammates_out,
        games.next_game_days_rest,
        games.games_in_next_7_days,
        cast(null as bool) as next_game_is_primetime,
        opponents.days_rest as opponent_days_rest,
        opponents.games_in_next_7_days as opponent_games_in_next_7_days,
        opponents.next_game_days_rest as opponent_next_game_days_rest,
        listed.injury_status as player_status,
        listed.injury_reason as injury_report,
        case
            when team_availability.has_grades
                then coalesce(team_absences.questionable, 0) - case when own.is_questionable then 1 else 0 end
        end as questionable_teammates,
        case
            when team_availability.has_grades
                then coalesce(team_absences.probable, 0) - case when own.is_probable then 1 else 0 end
        end as probable_teammates,
        1 as context_version,
        form.boxes_updated_at as source_boxscore_last_updated,
        coalesce(form.games_played, 0) as source_boxscore_rows_found,
        completeness.l30d_completeness_pct as source_boxscore_completeness_pct,
        cast(null as string) as source_boxscore_hash,
        games.schedule_loaded_at as source_schedule_last_updated,
        1 as source_schedule_rows_found,
        100 as source_schedule_completeness_pct,
        cast(null as string) as source_schedule_hash,
        games_with_props.processed_at as source_props_last_updated,
        coalesce(games_with_props.prop_rows, 0) as source_props_rows_found,
        cast(null as int64) as source_props_completeness_pct,
        cast(null as string) as source_props_hash,
        lines.processed_at as source_game_lines_last_updated,
        coalesce(lines.line_count, 0) as source_game_lines_rows_found,
        cast(null as string) as source_game_lines_hash,
        rosters.roster_source as primary_source_used,
        {{ readiness_columns('l30d', ['l5', 'l10', 'l7d', 'l14d', 'l30d']) }},
        -- inputs of the processor
        case when games.is_home then 1 else -1 end as side,
        lines.home_spread_200ths,
        lines.opening_home_spread_200ths,
        lines.total_200ths,
        lines.opening_total_200ths,
        coalesce(lines.home_spread_was_seen_twice, false) as spread_was_seen_twice,
        coalesce(lines.total_was_seen_twice, false) as total_was_seen_twice,
        coalesce(lines.market_count, 0) as market_count,
        2 as markets,
        {{ in_parts('props.points_line', 10) }} as points_line_tenths,
        {{ in_parts('props.opening_line', 10) }} as opening_line_tenths,
        coalesce(props.was_seen_twice, false) as line_was_seen_twice,
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
        own_team.pace_tenths as own_pace_tenths,
        own_team.pace_games as own_pace_games,
        opposing_team.pace_tenths as opponent_pace_tenths,
        opposing_team.pace_games as opponent_pace_games,
        opposing_team.defensive_rating_hundredths as opponent_defensive_rating_hundredths,
        opposing_team.defensive_rating_games as opponent_defensive_rating_games,
        opposing_team.opp_ft_attempts as opponent_ft_attempts_allowed,
        opposing_team.opp_fg_attempts as opponent_fg_attempts_allowed,
        next_opponents.next_opponent_games,
        next_opponents.next_opponent_wins,
        games_with_props.game_id is not null as has_props,
        team_availability.has_report,
        team_availability.has_grades,
        games.venue is not null as has_venue,
        players.birth_date is not null as has_birth_date
    from rosters
    inner join games on rosters.game_id = games.game_id and rosters.team_abbr = games.team_abbr
    left join {{ ref('dim_players') }} as players on rosters.player_lookup = players.player_lookup
    left join games as opponents
        on games.game_id = opponents.game_id and games.opponent_team_abbr = opponents.team_abbr
    left join lines on rosters.game_id = lines.game_id
    left join props on rosters.game_id = props.game_id and rosters.player_lookup = props.player_lookup
    left join games_with_props on rosters.game_id = games_with_props.game_id
    left join form on rosters.game_date = form.game_date and rosters.player_lookup = form.player_lookup
    left join team_form as own_team
        on rosters.game_id = own_team.game_id and rosters.team_abbr = own_team.team_abbr
    left join team_form as opposing_team
        on rosters.game_id = opposing_team.game_id and games.opponent_team_abbr = opposing_team.team_abbr
    left join team_availability
        on rosters.game_id = team_availability.game_id and rosters.team_abbr = team_availability.team_abbr
    left join team_absences
        on rosters.game_id = team_absences.game_id and rosters.team_abbr = team_absences.team_abbr
    left join absences as own
        on
            rosters.game_id = own.game_id
            and rosters.team_abbr = own.team_abbr
            and rosters.player_lookup = own.player_lookup
    left join availability as listed
        on
            rosters.game_id = listed.game_id
            and rosters.team_abbr = listed.team_abbr
            and rosters.player_lookup = listed.player_lookup
    left join next_opponents on rosters.game_id = next_opponents.game_id and rosters.team_abbr = next_opponents.team_abbr
    left join completeness on rosters.game_date = completeness.game_date and rosters.player_lookup = completeness.entity
    left join failures on rosters.game_date = failures.analysis_date and rosters.player_lookup = failures.entity_id
)

select * from final
