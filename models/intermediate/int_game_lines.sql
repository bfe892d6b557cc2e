-- One row per game with lines published before tip-off: spread (from the home side) and total of the
-- newest snapshot and of the oldest, each the median over bookmakers.
--
-- Numbers are 200ths of a point, whole: lines come in hundredths at most, and the median of an even
-- number of bookmakers lies half-way between two.
{{ config(**replace_window()) }}

with

lines as (
    select
        lines.game_id,
        lines.game_date,
        lines.market_key,
        lines.bookmaker_key,
        lines.snapshot_at,
        lines.processed_at,
        {{ in_parts('lines.point', 100) }}
        * case when lines.market_key = 'spreads' and lines.outcome = games.away_team_abbr then -1 else 1 end as hundredths
    from {{ ref('stg_odds_api__game_lines') }} as lines
    inner join {{ ref('dim_games') }} as games on lines.game_id = games.game_id
    where
        {{ in_window('lines.game_date') }}
        and lines.quarantine_reason is null
        and {{ was_before_tipoff('lines.snapshot_at') }}
),

{%- set ends = {'newest': 'max', 'oldest': 'min'} %}

snapshots as (
    {%- for which, extreme in ends.items() %}
    select *, '{{ which }}' as which
    from (
        select *, {{ extreme }}(snapshot_at) over (partition by game_id, market_key) as wanted_at from lines
    ) as dated
    where snapshot_at = wanted_at
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

ranked as (
    select
        *,
        row_number() over (
            partition by game_id, market_key, which order by hundredths, bookmaker_key
        ) as position,
        count(*) over (partition by game_id, market_key, which) as line_count
    from snapshots
),

-- The middle number, or the two in the middle.
medians as (
    select
        game_id,
        game_date,
        market_key,
        which,
        cast(
            sum(case when {{ is_in_the_middle('position', 'line_count') }} then hundredths end)
            * (3 - {{ count_where(is_in_the_middle('position', 'line_count')) }})
            as int64
        ) as median,
        string_agg(distinct bookmaker_key, ',' order by bookmaker_key) as bookmakers,
        max(snapshot_at) as snapshot_at,
        max(processed_at) as processed_at,
        count(*) as row_count
    from ranked
    group by game_id, game_date, market_key, which
),

final as (
    select
        game_id,
        game_date,
        {%- for market, name in [('spreads', 'home_spread'), ('totals', 'total')] %}
        {%- for which, prefix in [('newest', ''), ('oldest', 'opening_')] %}
        max(case when market_key = '{{ market }}' and which = '{{ which }}' then median end) as {{ prefix }}{{ name }}_200ths,
        {%- endfor %}
        max(case when market_key = '{{ market }}' and which = 'newest' then bookmakers end) as {{ name }}_source,
        -- One snapshot alone says nothing of a movement.
        max(case when market_key = '{{ market }}' and which = 'newest' then snapshot_at end)
        > max(case when market_key = '{{ market }}' and which = 'oldest' then snapshot_at end) as {{ name }}_was_seen_twice,
        {%- endfor %}
        max(case when which = 'newest' then snapshot_at end) as lines_updated_at,
        max(processed_at) as processed_at,
        cast(sum(case when which = 'newest' then row_count end) as int64) as line_count,
        count(distinct market_key) as market_count
    from medians
    group by game_id, game_date
)

select * from final
