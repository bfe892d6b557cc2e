-- One row per game, snapshot, bookmaker, market and outcome. `quarantine_reason` is set on a row
-- that must not be used. The feed's own event id says nothing: the teams and the commence time name the
-- game, or the date where there is no such time. The feed's date may be the one in UTC, a day after the game's.
-- An outcome is the full name of a team, or its code in any spelling.
{{ config(**replace_window()) }}

{%- set grain = [
    'game_date', 'game_id', 'snapshot_timestamp', 'bookmaker_key', 'market_key', 'coalesce(outcome, outcome_name)'
] %}

with

lines as (
    select * from {{ raw_rows('nba_raw', 'odds_api_game_lines') }} as raw_rows
),

{{ games_by_tipoff('lines', 'commence_time') }},

identified as (
    select
        lines.* {{ star_except(['game_date', 'market_key']) }},
        lower(trim(lines.market_key)) as market_key,
        case
            when lower(trim(lines.outcome_name)) = lower(trim(lines.home_team)) then lines.home_team_abbr
            when lower(trim(lines.outcome_name)) = lower(trim(lines.away_team)) then lines.away_team_abbr
            when lower(trim(lines.outcome_name)) = 'over' then 'Over'
            when lower(trim(lines.outcome_name)) = 'under' then 'Under'
            when
                coalesce(spelled_outcome.team_abbr, {{ team_code('lines.outcome_name') }})
                in (lines.home_team_abbr, lines.away_team_abbr)
                then coalesce(spelled_outcome.team_abbr, {{ team_code('lines.outcome_name') }})
        end as outcome,
        {{ date_of_odds('lines', 'odds_api_game_lines') }} as game_date,
        game_ids.game_id as canonical_game_id,
        game_ids.season_year,
        {{ snapshot_problem('lines.snapshot_timestamp', 'game_ids.tipoff_at') }} as time_problem,
        {{ odds_problem('lines', 'commence_time', 'odds_api_game_lines') }} as game_problem
    from lines
    left join {{ ref('team_spellings') }} as spelled_outcome
        on {{ team_code('lines.outcome_name') }} = spelled_outcome.spelling
    {{ join_game_of_odds(
        'lines', 'commence_time',
        canonical_game_id('lines.game_date', 'lines.away_team_abbr', 'lines.home_team_abbr')
    ) }}
    where game_ids.game_type is null or {{ is_in_scope('game_ids.game_type') }}
),

deduplicated as (
    select *, {{ copies(grain) }} as raw_copies
    from identified
    where {{ in_window() }}
    qualify {{ newest_first('nba_raw', 'odds_api_game_lines', grain) }}
),

judged as (
    select
        canonical_game_id as game_id,
        game_id as odds_event_id,
        game_date,
        season_year,
        snapshot_timestamp as snapshot_at,
        bookmaker_key,
        market_key,
        outcome,
        case
            when outcome in (home_team_abbr, 'Over') then 'first'
            when outcome in (away_team_abbr, 'Under') then 'second'
        end as side,
        {{ nan_to_null('outcome_price') }} as decimal_price,
        {{ nan_to_null('outcome_point') }} as point,
        home_team_abbr,
        away_team_abbr,
        commence_time as commences_at,
        raw_copies,
        source_file_path,
        processed_at,
        case
            when game_problem is not null then game_problem
            when market_key not in ('spreads', 'totals') then 'unknown market'
            when outcome is null then 'unknown outcome'
            when time_problem is not null then time_problem
            when {{ nan_to_null('outcome_point') }} is null then 'no number'
            when
                market_key = 'totals'
                and outcome_point not between {{ var('min_possible_total') }} and {{ var('max_possible_total') }}
                then 'impossible total'
            when market_key = 'spreads' and abs(outcome_point) > {{ var('max_possible_spread') }}
                then 'impossible spread'
        end as problem
    from deduplicated
),

-- What the other lines say of a line: the other side of the bookmaker's own, and the totals of all bookmakers and times.
-- Spreads are not held against those of others: they move by 20 points with who plays (2022-11-07).
compared as (
    select
        *,
        max(case when problem is null and side = 'first' then point end) over of_bookmaker as first_point,
        max(case when problem is null and side = 'second' then point end) over of_bookmaker as second_point,
        count(*) over (partition by game_id, market_key, side, problem) as lines_of_game,
        count(*) over (
            partition by game_id, market_key, side, problem
            order by point
            range between {{ var('max_total_line_difference') }} preceding and {{ var('max_total_line_difference') }} following
        ) as lines_alike
    from judged
    window of_bookmaker as (partition by game_id, market_key, bookmaker_key, snapshot_at)
),

final as (
    select
        game_id,
        odds_event_id,
        game_date,
        season_year,
        snapshot_at,
        bookmaker_key,
        market_key,
        outcome,
        decimal_price,
        point,
        home_team_abbr,
        away_team_abbr,
        commences_at,
        raw_copies,
        source_file_path,
        processed_at,
        case
            when problem is not null then problem
            when market_key = 'spreads' and first_point + second_point <> 0 then 'spreads of the two sides contradict'
            when market_key = 'totals' and first_point <> second_point then 'totals of the two sides contradict'
            when market_key = 'totals' and lines_of_game - lines_alike > lines_alike - 1
                then 'other total than most lines of the game'
        end as quarantine_reason
    from compared
)

select * from final
