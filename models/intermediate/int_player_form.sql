-- One row per date and player who may play or whom the injury report lists: his games of the season
-- before that date, counted and summed. Averages are the processor's work; sums here are whole numbers.
--
-- Only games in player_game_summary count, so a game that is missing there is missing here too, and
-- completeness says so. Bench nights count for nothing: a player's last five games are five he took part in.
{{ config(**replace_window()) }}

with

players as (
    select game_date, season_year, player_lookup from {{ ref('int_upcoming_rosters') }}
    where {{ in_window() }}
    union distinct
    select availability.game_date, games.season_year, availability.player_lookup
    from {{ ref('int_player_availability') }} as availability
    inner join {{ ref('dim_games') }} as games on availability.game_id = games.game_id
    where {{ in_window('availability.game_date') }}
),

lines as (
    select game_date, player_lookup, max({{ in_parts('points_line', 10) }}) as points_line_tenths
    from {{ ref('int_points_props') }}
    where {{ in_window() }}
    group by game_date, player_lookup
),

boxes as (
    select game_id, player_lookup, seconds_played from {{ ref('int_player_boxes') }}
    where {{ in_season_so_far() }}
),

quarters as (
    select * from {{ ref('int_player_quarters') }}
    where {{ in_season_so_far() }}
),

games as (
    select
        summary.player_lookup,
        summary.season_year,
        summary.game_date,
        summary.points,
        summary.points * summary.points as points_squared,
        summary.ft_makes,
        summary.processed_at,
        {{ hash_of_read('player_daily_cache', 'player_game_summary', 'summary') }} as read_hash,
        {{ in_parts('summary.ts_pct', 1000) }} as ts_thousandths,
        {{ in_parts('summary.usage_rate', 100) }} as usage_hundredths,
        boxes.seconds_played,
        case
            when boxes.seconds_played > 0
                then {{ rounded_quotient('60000000000 * summary.points', 'boxes.seconds_played') }}
        end as points_per_minute_billionths,
        quarters.fourth_quarter_seconds,
        quarters.clutch_seconds,
        quarters.fourth_quarter_points,
        quarters.early_fg_attempts,
        quarters.early_fg_makes,
        quarters.late_fg_attempts,
        quarters.late_fg_makes,
        {{ full_days_off('lag(summary.game_date) over by_date', 'summary.game_date') }} as days_rest
    from {{ ref('player_game_summary') }} as summary
    left join boxes on summary.game_id = boxes.game_id and summary.player_lookup = boxes.player_lookup
    left join quarters on summary.game_id = quarters.game_id and summary.player_lookup = quarters.player_lookup
    where {{ in_season_so_far('summary.game_date') }} and {{ took_part('summary') }}
    window by_date as (partition by summary.season_year, summary.player_lookup order by summary.game_date)
),

history as (
    select
        players.game_date as as_of,
        games.*,
        lines.points_line_tenths,
        {{ days_between('games.game_date', 'players.game_date') }} as days_ago,
        row_number() over (
            partition by players.game_date, players.player_lookup order by games.game_date desc
        ) as games_ago
    from players
    inner join games
        on
            players.player_lookup = games.player_lookup
            and players.season_year = games.season_year
            and players.game_date > games.game_date
    left join lines on players.game_date = lines.game_date and players.player_lookup = lines.player_lookup
),

-- How many games back a run over, or under, tonight's line ends. Landing on the line ends neither.
with_streaks as (
    select
        *,
        min(case when 10 * points < points_line_tenths then games_ago end) over of_player as last_under,
        min(case when 10 * points > points_line_tenths then games_ago end) over of_player as last_over
    from history
    window of_player as (partition by as_of, player_lookup)
),

{%- set sums_of_games = {
    'points_3': ('points', 3), 'points_5': ('points', 5), 'points_10': ('points', 10),
    'points_squared_10': ('points_squared', 10), 'ft_makes_10': ('ft_makes', 10), 'ts_10': ('ts_thousandths', 10),
    'seconds_10': ('seconds_played', 10), 'points_per_minute_10': ('points_per_minute_billionths', 10),
    'usage_7': ('usage_hundredths', 7), 'usage_10': ('usage_hundredths', 10),
    'fourth_quarter_seconds_7': ('fourth_quarter_seconds', 7), 'clutch_seconds_7': ('clutch_seconds', 7),
    'fourth_quarter_points_7': ('fourth_quarter_points', 7),
    'early_fg_attempts_5': ('early_fg_attempts', 5), 'early_fg_makes_5': ('early_fg_makes', 5),
    'late_fg_attempts_5': ('late_fg_attempts', 5), 'late_fg_makes_5': ('late_fg_makes', 5),
} %}

final as (
    select
        as_of as game_date,
        player_lookup,
        count(*) as games_played,
        {{ full_days_off('max(game_date)', 'as_of') }} as days_rest,
        max(case when games_ago = 1 then days_rest end) as days_rest_before_last_game,
        min(case when days_rest >= 2 then days_ago end) as days_since_2_plus_days_rest,
        {%- for days in [7, 14] %}
        {{ count_where('days_ago <= ' ~ days) }} as games_{{ days }}d,
        cast(sum(case when days_ago <= {{ days }} then seconds_played end) as int64) as seconds_{{ days }}d,
        {{ count_where('days_ago <= ' ~ days ~ ' and seconds_played is not null') }} as timed_games_{{ days }}d,
        {%- endfor %}
        -- Both nights lie in the fourteen days.
        {{ count_where('days_ago <= 13 and days_rest = 0') }} as back_to_backs_14d,
        {%- for games in [5, 7] %}
        {{ count_where('games_ago <= ' ~ games) }} as games_of_last_{{ games }},
        {%- endfor %}
        {%- for name, (column, games) in sums_of_games.items() %}
        cast(sum(case when games_ago <= {{ games }} then {{ column }} end) as int64) as {{ name }},
        {{ count_where('games_ago <= ' ~ games ~ ' and ' ~ column ~ ' is not null') }} as {{ name }}_games,
        {%- endfor %}
        {%- for name, column in [('usage', 'usage_hundredths'), ('points', 'points'), ('seconds', 'seconds_played')] %}
        cast(sum({{ column }}) as int64) as {{ name }}_season,
        count({{ column }}) as {{ name }}_season_games,
        {%- endfor %}
        -- Zero without a line, too: whether there is one is the context's to say.
        {{ count_where('10 * points > points_line_tenths and games_ago < coalesce(last_under, games_ago + 1)') }}
            as prop_over_streak,
        {{ count_where('10 * points < points_line_tenths and games_ago < coalesce(last_over, games_ago + 1)') }}
            as prop_under_streak,
        max(processed_at) as boxes_updated_at,
        {{ partition_fingerprint('read_hash') }} as boxes_fingerprint
    from with_streaks
    group by as_of, player_lookup
)

select * from final
