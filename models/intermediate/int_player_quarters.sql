-- One row per final game and player who played: his fourth quarter and clutch time, and his shooting
-- before and after the fourth quarter began. Null where the play-by-play, or its line-ups, are missing.
--
-- Time on court: between two events of a period the ten of the later one played, or of the nearest one
-- within the same stint that names ten. Over the two archived seasons a player's sum differs from his
-- box score by 0.6 s a game on average. Clutch is the league's definition: the last five minutes of the
-- fourth quarter and overtime, while the score is within five points.
{{ config(**replace_window()) }}

with

boxes as (
    select game_id, game_date, player_lookup from {{ ref('int_player_boxes') }}
    where {{ in_window() }}
),

events as (
    select * from {{ ref('int_events') }}
    where period >= 4
),

{%- set order = 'order by event_sequence, event_number' %}

intervals as (
    select
        *,
        lag(game_clock_seconds) over of_period as clock_before,
        abs(lag(score_home) over of_period - lag(score_away) over of_period) as margin_before,
        coalesce(sum(case when event_type = 'substitution' then 1 else 0 end) over (
            partition by game_id, period {{ order }} rows between unbounded preceding and 1 preceding
        ), 0) as stint,
        case
            when away_player_1_lookup is not null and home_player_5_lookup is not null then event_sequence
        end as named_at
    from events
    window of_period as (partition by game_id, period {{ order }})
),

with_lineup as (
    select
        *,
        coalesce(
            min(named_at) over (
                partition by game_id, period, stint {{ order }} rows between current row and unbounded following
            ),
            max(named_at) over (
                partition by game_id, period, stint {{ order }} rows between unbounded preceding and current row
            )
        ) as lineup_at
    from intervals
),

lineups as (
    select
        game_id,
        lineup_at,
        sum(case when period = 4 then clock_before - game_clock_seconds else 0 end) as fourth_quarter_seconds,
        sum(
            case when margin_before <= 5 then least(clock_before, 300) - least(game_clock_seconds, 300) else 0 end
        ) as clutch_seconds
    from with_lineup
    where clock_before > game_clock_seconds
    group by game_id, lineup_at
),

on_court as (
    {%- for side in ['away', 'home'] %}
    {%- for number in range(1, 6) %}
    select
        lineups.game_id, events.season_year, games.{{ side }}_team_abbr as team_abbr,
        events.{{ side }}_player_{{ number }}_lookup as source_player_lookup,
        lineups.fourth_quarter_seconds, lineups.clutch_seconds
    from lineups
    inner join events on lineups.game_id = events.game_id and lineups.lineup_at = events.event_sequence
    inner join {{ ref('dim_games') }} as games on lineups.game_id = games.game_id
    {{ 'union all' if not (side == 'home' and number == 5) }}
    {%- endfor %}
    {%- endfor %}
),

identified as (
    select
        on_court.game_id,
        {{ found_player_key('lookups') }} as player_lookup,
        on_court.fourth_quarter_seconds,
        on_court.clutch_seconds
    from on_court
    {{ join_player_key(
        'lookups', replace_all('on_court.source_player_lookup', '^[0-9]+', ''), ['on_court.team_abbr'],
        'on_court.season_year'
    ) }}
),

playing_time as (
    select
        game_id,
        player_lookup,
        sum(fourth_quarter_seconds) as fourth_quarter_seconds,
        sum(clutch_seconds) as clutch_seconds
    from identified
    where player_lookup is not null
    group by game_id, player_lookup
),

games_with_lineups as (
    select distinct game_id from on_court
),

points as (
    select
        game_id,
        player_1_lookup as player_lookup,
        sum(points_scored) as fourth_quarter_points
    from events
    where period = 4 and points_scored > 0
    group by game_id, player_1_lookup
),

shots as (
    select
        game_id,
        shooter_lookup as player_lookup,
        {{ count_where('period < 4') }} as early_fg_attempts,
        {{ count_where('period < 4 and is_made') }} as early_fg_makes,
        {{ count_where('period >= 4') }} as late_fg_attempts,
        {{ count_where('period >= 4 and is_made') }} as late_fg_makes
    from {{ ref('int_shots') }}
    where {{ in_window() }}
    group by game_id, shooter_lookup
),

games_with_events as (
    select distinct game_id from events
),

final as (
    select
        boxes.game_id,
        boxes.game_date,
        boxes.player_lookup,
        {%- for column in ['fourth_quarter_seconds', 'clutch_seconds'] %}
        case
            when games_with_lineups.game_id is not null then cast(coalesce(playing_time.{{ column }}, 0) as int64)
        end as {{ column }},
        {%- endfor %}
        {%- for column in ['early_fg_attempts', 'early_fg_makes', 'late_fg_attempts', 'late_fg_makes'] %}
        case
            when games_with_events.game_id is not null then cast(coalesce(shots.{{ column }}, 0) as int64)
        end as {{ column }},
        {%- endfor %}
        case
            when games_with_events.game_id is not null then cast(coalesce(points.fourth_quarter_points, 0) as int64)
        end as fourth_quarter_points
    from boxes
    left join games_with_events on boxes.game_id = games_with_events.game_id
    left join games_with_lineups on boxes.game_id = games_with_lineups.game_id
    left join playing_time on boxes.game_id = playing_time.game_id and boxes.player_lookup = playing_time.player_lookup
    left join points on boxes.game_id = points.game_id and boxes.player_lookup = points.player_lookup
    left join shots on boxes.game_id = shots.game_id and boxes.player_lookup = shots.player_lookup
)

select * from final
