-- One row per date and player of at least ten games this season, whether he plays on the date or not: from
-- where he shot in his last ten and twenty games before it. The processor makes rates of these sums.
{{ config(cluster_by=['player_lookup', 'universal_player_id', 'analysis_date']) }}

{%- set recent = window_size('player_shot_zone_analysis', 'recent_games') %}
{%- set sample = window_size('player_shot_zone_analysis', 'sample_games') %}
{%- set samples = {'recent': recent, 'sample': sample} %}
{%- set sums = [
    'paint_attempts', 'paint_makes', 'mid_range_attempts', 'mid_range_makes', 'three_pt_attempts', 'three_pt_makes',
    'assisted_fg_makes', 'unassisted_fg_makes'
] %}

with

{{ find_blocked_dates('player_shot_zone_analysis') }},

{{ unblocked_entities('player_shot_zone_analysis') }},

{{ completeness_of('player_shot_zone_analysis') }},

dates as (
    select * from {{ ref('dim_game_dates') }}
    where {{ in_window() }} and is_analysis_date
),

-- Where play-by-play is missing the box score still knows three-pointers; alone they would make every
-- shot a three, so such a game has no zones at all.
games as (
    select
        player_lookup,
        season_year,
        game_date,
        game_id,
        paint_attempts,
        {%- for column in sums if column != 'paint_attempts' %}
        case when paint_attempts is not null then {{ column }} end as {{ column }},
        {%- endfor %}
        processed_at,
        {{ hash_of_read('player_shot_zone_analysis', 'player_game_summary', 'boxes') }} as read_hash
    from {{ ref('player_game_summary') }} as boxes
    where {{ in_season_so_far() }} and {{ took_part('boxes') }}
),

-- Games are numbered once and counted per date, so that nothing is sorted for each date anew.
numbered as (
    select
        *,
        row_number() over (partition by player_lookup, season_year order by game_date, game_id) as game_number
    from games
),

reached as (
    select entities.game_date as as_of, entities.entity, dates.season_year, count(*) as games_before
    from entities
    inner join dates on entities.game_date = dates.game_date
    inner join games
        on
            entities.entity = games.player_lookup
            and dates.season_year = games.season_year
            and dates.game_date > games.game_date
    group by entities.game_date, entities.entity, dates.season_year
),

history as (
    select
        reached.as_of,
        numbered.*,
        reached.games_before - numbered.game_number + 1 as games_ago
    from reached
    inner join numbered
        on
            reached.entity = numbered.player_lookup
            and reached.season_year = numbered.season_year
            and numbered.game_number between reached.games_before - {{ sample - 1 }} and reached.games_before
),

last_games as (
    select
        as_of,
        player_lookup,
        {%- for name, games in samples.items() %}
        {{ count_where('games_ago <= ' ~ games) }} as games_{{ name }},
        {{ count_where('games_ago <= ' ~ games ~ ' and paint_attempts is not null') }} as zone_games_{{ name }},
        {%- for column in sums %}
        cast(sum(case when games_ago <= {{ games }} then {{ column }} end) as int64) as {{ column }}_{{ name }},
        {%- endfor %}
        {%- endfor %}
        max(processed_at) as updated_at,
        {{ partition_fingerprint('read_hash') }} as fingerprint
    from history
    group by as_of, player_lookup
),

final as (
    select
        entities.entity as player_lookup,
        players.universal_player_id,
        entities.game_date as analysis_date,
        players.position as player_position,
        last_games.updated_at as source_player_game_last_updated,
        last_games.games_sample as source_player_game_rows_found,
        completeness.{{ main_window('player_shot_zone_analysis') }}_completeness_pct as source_player_game_completeness_pct,
        last_games.fingerprint as source_player_game_hash,
        {{ is_history_ready() }} as is_production_ready,
        {{ precompute_run_columns('player_shot_zone_analysis') }},
        -- inputs of the processor
        {%- for name in samples %}
        last_games.games_{{ name }},
        last_games.zone_games_{{ name }},
        {%- for column in sums %}
        last_games.{{ column }}_{{ name }},
        {%- endfor %}
        {%- endfor %}
        {%- for window in declared_rows()['player_shot_zone_analysis'].history %}
        completeness.{{ window }}_is_complete,
        {%- endfor %}
        completeness.all_windows_complete
    from entities
    inner join last_games on entities.game_date = last_games.as_of and entities.entity = last_games.player_lookup
    inner join completeness on entities.game_date = completeness.game_date and entities.entity = completeness.entity
    left join {{ ref('dim_players') }} as players on entities.entity = players.player_lookup
)

select * from final
