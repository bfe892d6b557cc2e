-- One row per table that looks back, date, and player or team that it looks back on: games that the
-- history should hold and does, over windows of games and of days before the date (histories()).
--
-- Expected and actual are counted over the same games, so no percentage exceeds 100. Expected of a
-- team: its final games by the schedule, home and away alike. Expected of a player: the games whose box
-- score says that he played, for whichever team; and of games without any box score those of the team
-- he was with on their date, since nothing says that he sat out. Actual: the rows in both team summaries,
-- or in player_game_summary. Histories start with the season.
{{ config(**replace_window()) }}

{%- set windows = completeness_windows() %}

with

results as (
    select * from {{ ref('dim_team_games') }}
    where is_result
),

boxes as (
    select * from {{ ref('expected_boxes') }}
    where {{ in_season_so_far() }} and table_name = 'player_game_summary'
),

players as (
    select game_id, game_date, season_year, player_lookup, team_abbr, {{ took_part('boxes') }} as took_part
    from {{ ref('player_game_summary') }} as boxes
    where {{ in_season_so_far() }}
),

teams as (
    select offense.game_id, offense.team_abbr
    from {{ ref('team_offense_game_summary') }} as offense
    inner join {{ ref('team_defense_game_summary') }} as defense
        on offense.game_id = defense.game_id and offense.team_abbr = defense.defending_team_abbr
    where {{ in_season_so_far('offense.game_date') }} and {{ in_season_so_far('defense.game_date') }}
),

dates as (
    select * from {{ ref('dim_game_dates') }}
    where {{ in_window() }} and is_analysis_date
),

rosters as (
    select * from {{ ref('int_upcoming_rosters') }}
    where {{ in_window() }}
),

-- Of each final game, whether any box score tells who played, and whether raw has one at all.
games as (
    select
        results.game_id,
        min(results.game_date) as game_date,
        min(results.season_year) as season_year,
        count(boxes.game_id) > 0 as was_built,
        coalesce(max(case when boxes.has_source then 1 else 0 end), 0) = 1 as has_box
    from results
    left join boxes on results.game_id = boxes.game_id
    group by results.game_id
),

-- Which team a player was with, from his appearances and the rosters of the window.
sightings as (
    select season_year, player_lookup, game_date, team_abbr from players
    union distinct
    select season_year, player_lookup, game_date, team_abbr from rosters
),

stays as (
    select
        season_year,
        player_lookup,
        team_abbr,
        -- Before he was first seen he is taken to have been with the same team.
        case when lag(game_date) over by_date is null then date '1900-01-01' else game_date end as first_date,
        coalesce({{ days_before('lead(game_date) over by_date', 1) }}, date '9999-12-31') as last_date
    from sightings
    window by_date as (partition by season_year, player_lookup order by game_date, team_abbr)
),

expected as (
    select
        'team' as entity_type,
        results.team_abbr as entity,
        results.season_year,
        results.game_date,
        results.game_id,
        teams.game_id is not null as is_there,
        games.has_box or not games.was_built as can_come
    from results
    inner join games on results.game_id = games.game_id
    left join teams on results.game_id = teams.game_id and results.team_abbr = teams.team_abbr
    union all
    select
        'player', boxes.entity, games.season_year, games.game_date, games.game_id,
        players.game_id is not null, boxes.quarantine_reason is null
    from boxes
    inner join games on boxes.game_id = games.game_id
    left join players on boxes.game_id = players.game_id and boxes.entity = players.player_lookup
    where boxes.has_source and coalesce(players.took_part, true)
    union all
    select
        'player', stays.player_lookup, results.season_year, results.game_date, results.game_id,
        false, not games.was_built
    from results
    inner join games on results.game_id = games.game_id
    inner join stays
        on
            results.season_year = stays.season_year
            and results.team_abbr = stays.team_abbr
            and results.game_date between stays.first_date and stays.last_date
    where not games.has_box
),

targets as (
    select 'upcoming_player_game_context' as table_name, game_date, season_year, player_lookup as entity from rosters
    union all
    select 'upcoming_team_game_context', game_date, season_year, team_abbr
    from {{ ref('dim_team_games') }}
    where {{ in_window() }} and is_in_scope
    union all
    select 'player_daily_cache', rosters.game_date, rosters.season_year, rosters.player_lookup
    from rosters
    inner join dates on rosters.game_date = dates.game_date
    -- Zones are analysed of everybody who played this season, whether he plays on the date or not.
    union all
    select 'player_shot_zone_analysis', dates.game_date, dates.season_year, seen.entity
    from dates
    inner join (
        select season_year, entity, min(game_date) as first_date from expected
        where entity_type = 'player'
        group by season_year, entity
    ) as seen
        on dates.season_year = seen.season_year and dates.game_date > seen.first_date
    union all
    select 'team_defense_zone_analysis', dates.game_date, dates.season_year, teams_of_season.team_abbr
    from dates
    inner join (
        select distinct season_year, team_abbr from {{ ref('dim_team_games') }}
        where is_in_scope
    ) as teams_of_season
        on dates.season_year = teams_of_season.season_year
),

-- Each table's kind of history and the windows that it reads.
kinds as (
    {%- for table_name, history in histories().items() %}
    select
        '{{ table_name }}' as table_name,
        {%- for name in windows %}
        {{ 'true' if name in history.windows else 'false' }} as reads_{{ name }},
        {%- endfor %}
        '{{ history.entity_type }}' as entity_type
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- Several tables look back on the same history: it is counted once.
entities as (
    select distinct kinds.entity_type, targets.game_date, targets.season_year, targets.entity
    from targets
    inner join kinds on targets.table_name = kinds.table_name
),

-- Games are numbered once and counted per date: their distance is then a difference, and nothing is sorted
-- for each date anew.
numbered as (
    select
        *,
        row_number() over (
            partition by entity_type, entity, season_year order by game_date, game_id
        ) as game_number
    from expected
),

reached as (
    select entities.entity_type, entities.game_date, entities.season_year, entities.entity, count(*) as games_before
    from entities
    inner join expected
        on
            entities.entity_type = expected.entity_type
            and entities.entity = expected.entity
            and entities.season_year = expected.season_year
            and entities.game_date > expected.game_date
    group by entities.entity_type, entities.game_date, entities.season_year, entities.entity
),

history as (
    select
        reached.entity_type,
        reached.game_date,
        reached.entity,
        numbered.game_id,
        numbered.is_there,
        numbered.can_come,
        {{ days_between('numbered.game_date', 'reached.game_date') }} as days_ago,
        reached.games_before - numbered.game_number + 1 as games_ago
    from reached
    inner join numbered
        on
            reached.entity_type = numbered.entity_type
            and reached.entity = numbered.entity
            and reached.season_year = numbered.season_year
            and reached.game_date > numbered.game_date
),

sums as (
    select
        entity_type,
        game_date,
        entity,
        {%- for name, condition in windows.items() %}
        {{ count_where(condition) }} as {{ name }}_expected,
        {{ count_where(condition ~ ' and is_there') }} as {{ name }}_actual,
        {%- endfor %}
        count(*) as games_before
    from history
    group by entity_type, game_date, entity
),

-- Of the games that are not there, those in a window that the table reads.
missing as (
    select
        kinds.table_name,
        history.game_date,
        history.entity,
        string_agg(history.game_id, ',' order by history.game_id) as missing_game_ids,
        max(case when history.can_come then 1 else 0 end) = 1 as retry_can_help
    from history
    inner join kinds on history.entity_type = kinds.entity_type
    where
        not history.is_there
        and (
            {%- for name, condition in windows.items() %}
            (kinds.reads_{{ name }} and {{ condition }}){{ ' or' if not loop.last }}
            {%- endfor %}
        )
    group by kinds.table_name, history.game_date, history.entity
),

counted as (
    select
        targets.*,
        {%- for name in windows %}
        cast(coalesce(sums.{{ name }}_expected, 0) as int64) as {{ name }}_expected,
        cast(coalesce(sums.{{ name }}_actual, 0) as int64) as {{ name }}_actual,
        {%- endfor %}
        missing.missing_game_ids,
        coalesce(missing.retry_can_help, false) as retry_can_help
    from targets
    inner join kinds on targets.table_name = kinds.table_name
    left join sums
        on
            kinds.entity_type = sums.entity_type
            and targets.game_date = sums.game_date
            and targets.entity = sums.entity
    left join missing
        on
            targets.table_name = missing.table_name
            and targets.game_date = missing.game_date
            and targets.entity = missing.entity
),

seasons as (
    select season_year, min(season_start_date) as season_start_date, min(regular_season_end_date) as regular_season_end_date
    from {{ ref('dim_games') }}
    group by season_year
),

final as (
    select
        counted.table_name,
        counted.game_date,
        counted.entity,
        {%- for name in windows %}
        counted.{{ name }}_expected,
        counted.{{ name }}_actual,
        cast(case
            when counted.{{ name }}_expected = 0 then 100.0
            else round(10000.0 * counted.{{ name }}_actual / counted.{{ name }}_expected) / 100.0
        end as numeric) as {{ name }}_completeness_pct,
        {{ is_window_complete(name) }} as {{ name }}_is_complete,
        {%- endfor %}
        {%- for name in windows %}
        (not kinds.reads_{{ name }} or {{ is_window_complete(name) }}){{ ' and' if not loop.last }}
        {%- endfor %} as all_windows_complete,
        {{ days_between('seasons.season_start_date', 'counted.game_date') }} < {{ var('bootstrap_days') }}
            as backfill_bootstrap_mode,
        {{ days_between('seasons.season_start_date', 'counted.game_date') }} < {{ var('bootstrap_days') }}
        or counted.game_date > seasons.regular_season_end_date as season_boundary_detected,
        counted.missing_game_ids,
        counted.retry_can_help
    from counted
    inner join kinds on counted.table_name = kinds.table_name
    inner join seasons on counted.season_year = seasons.season_year
)

select * from final
