-- One row per event of a game. `quarantine_reason` is set on a row that must not be used.
--
-- The feed repeats some events word for word, so the event's number within its game is the grain.
-- The ten players on court keep the feed's spelling: dim_player_lookups resolves them where needed.
{{ config(**replace_window()) }}

{%- set grain = [
    'coalesce(canonical_game_id, game_id)', 'event_number'
] %}

with

events as (
    select
        *,
        coalesce(regexp_extract(event_id, '[^_]*$'), cast(event_sequence as string)) as event_number
    from {{ raw_rows('nba_raw', 'bigdataball_play_by_play') }} as raw_rows
),

identified as (
    select
        events.* {{ star_except(['shot_distance']) }},
        case when events.shot_distance >= 0 then {{ nan_to_null('events.shot_distance') }} end as shot_distance,
        game_ids.game_id as canonical_game_id,
        game_ids.season_year,
        game_ids.home_team_abbr as home_team,
        game_ids.away_team_abbr as away_team,
        game_ids.home_points,
        game_ids.away_points,
        {{ game_problem('events.game_date') }} as game_problem,
        {{ found_player('first') }} as found_player_1_lookup,
        {{ found_player('second') }} as found_player_2_lookup,
        {{ is_ambiguous_player('first') }} as is_ambiguous_player_1,
        {{ is_ambiguous_player('second') }} as is_ambiguous_player_2
    from events
    {{ join_game('coalesce(events.game_id, cast(events.bdb_game_id as string))') }}
    {{ join_player('first', 'events.player_1_name', 'events.player_1_lookup', ['events.player_1_team_abbr']) }}
    {{ join_player('second', 'events.player_2_name', 'events.player_2_lookup', ['events.player_2_team_abbr']) }}
    where {{ is_not_out_of_scope('coalesce(events.game_id, cast(events.bdb_game_id as string))') }}
),

deduplicated as (
    select *, {{ copies(grain) }} as raw_copies
    from identified
    qualify {{ newest_first('nba_raw', 'bigdataball_play_by_play', grain) }}
),

-- What is judged of a game is a row of a game: windows over all columns of each event would cost more than the rest.
judged_events as (
    select
        canonical_game_id,
        period,
        score_home,
        score_away,
        home_points,
        away_points,
        case when player_1_team_abbr = home_team then points_scored end as scored_home,
        case when player_1_team_abbr = away_team then points_scored end as scored_away,
        coalesce(
            period < max(period) over before_it
            or score_home < max(score_home) over before_it
            or score_away < max(score_away) over before_it
            or (period = lag(period) over in_order and game_clock_seconds > lag(game_clock_seconds) over in_order), false
        ) as is_out_of_order,
        coalesce(period > 1 + max(period) over before_it, false) as skips_a_period,
        event_type = 'shot' and {{ is_impossible_shot('shot_type', 'shot_distance') }} as is_impossible_shot,
        event_type = 'shot' and {{ is_of_another_zone('shot_zone_basic', 'shot_distance') }} as is_of_another_zone
    from deduplicated
    where canonical_game_id is not null
    window
        in_order as (partition by canonical_game_id order by event_sequence, event_number),
        before_it as (
            partition by canonical_game_id order by event_sequence, event_number
            rows between unbounded preceding and 1 preceding
        )
),

-- Events that score, by side: what is lost or wrong between the first score and the last shows here.
games as (
    select
        canonical_game_id,
        max(home_points) as home_points,
        max(away_points) as away_points,
        max(score_home) as last_score_home,
        max(score_away) as last_score_away,
        coalesce(sum(scored_home), 0) as scored_home,
        coalesce(sum(scored_away), 0) as scored_away,
        min(coalesce(period, 0)) as first_period,
        max(coalesce(period, 0)) as last_period,
        {{ count_where('is_out_of_order') }} as events_out_of_order,
        {{ count_where('skips_a_period') }} as skipped_periods,
        {{ count_where('is_impossible_shot') }} as impossible_shots,
        {{ count_where('is_of_another_zone') }} as shots_of_another_zone
    from judged_events
    group by canonical_game_id
),

problems as (
    select
        canonical_game_id,
        case
            {%- for reason, condition in play_by_play_problems().items() %}
            when {{ condition }} then '{{ reason }}'
            {%- endfor %}
        end as problem
    from games
),

final as (
    select
        coalesce(deduplicated.canonical_game_id, deduplicated.game_id) as game_id,
        game_date,
        season_year,
        event_number,
        event_sequence,
        period,
        game_clock_seconds,
        event_type,
        event_subtype,
        score_home,
        score_away,
        coalesce(found_player_1_lookup, player_1_lookup) as player_1_lookup,
        player_1_team_abbr,
        coalesce(found_player_2_lookup, player_2_lookup) as player_2_lookup,
        player_2_team_abbr,
        player_2_role,
        shot_made,
        shot_type,
        shot_distance,
        shot_zone_basic,
        points_scored,
        {%- for side in ['away', 'home'] %}
        {%- for number in range(1, 6) %}
        {{ side }}_player_{{ number }}_lookup,
        {%- endfor %}
        {%- endfor %}
        raw_copies,
        source_file_path,
        processed_at,
        case
            when game_problem is not null then game_problem
            when problems.problem is not null then problems.problem
            when player_1_lookup is not null and found_player_1_lookup is null
                then {{ player_problem('is_ambiguous_player_1') }}
            when player_2_lookup is not null and found_player_2_lookup is null
                then {{ player_problem('is_ambiguous_player_2', second=true) }}
            when event_type = 'shot' and shot_type not in ('2PT', '3PT') then 'unknown kind of shot'
        end as quarantine_reason
    from deduplicated
    left join problems on deduplicated.canonical_game_id = problems.canonical_game_id
)

select * from final
