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

{{ judged_play_by_play('deduplicated') }},

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
