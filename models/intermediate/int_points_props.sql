-- One row per game and player with a points line published before tip-off. The odds feed goes first: the newest and the
-- oldest line of one bookmaker, draftkings, fanduel, then by name. Of whom it has none, BettingPros: of each bookmaker its
-- newest active line, and the median of these over bookmakers, which is called `bettingpros`.
--
-- The median of an even number of bookmakers is half-way between the two in the middle, rounded half up to a tenth.
{{ config(**replace_window()) }}

with

odds_api as (
    select props.*
    from {{ ref('stg_odds_api__player_points_props') }} as props
    inner join {{ ref('dim_games') }} as games on props.game_id = games.game_id
    where
        {{ in_window('props.game_date') }}
        and props.quarantine_reason is null
        and {{ was_before_tipoff('props.snapshot_at') }}
),

of_one_bookmaker as (
    select *
    from odds_api
    qualify bookmaker = first_value(bookmaker) over (
            partition by game_id, player_lookup
            order by case bookmaker when 'draftkings' then 1 when 'fanduel' then 2 else 3 end, bookmaker
        )
),

newest as (
    select * from of_one_bookmaker
    qualify row_number() over (partition by game_id, player_lookup order by snapshot_at desc, points_line asc) = 1
),

oldest as (
    select * from of_one_bookmaker
    qualify row_number() over (partition by game_id, player_lookup order by snapshot_at, points_line) = 1
),

of_odds_api as (
    select
        newest.game_id,
        newest.game_date,
        newest.player_lookup,
        newest.points_line,
        newest.bookmaker as points_line_source,
        oldest.points_line as opening_line,
        oldest.bookmaker as opening_line_source,
        newest.snapshot_at > oldest.snapshot_at as was_seen_twice,
        newest.processed_at
    from newest
    inner join oldest on newest.game_id = oldest.game_id and newest.player_lookup = oldest.player_lookup
),

-- Sides may differ for a moment: of one time, the one with a price goes first, then the over.
bettingpros as (
    {%- set order_of_sides = 'case when props.odds_american is null then 2 else 1 end, props.bet_side, props.points_line' %}
    select
        props.game_id,
        props.game_date,
        props.player_lookup,
        props.bookmaker,
        props.updated_at,
        props.processed_at,
        {{ in_parts('props.points_line', 10) }} as line_tenths,
        {{ in_parts('props.opening_line', 10) }} as opening_tenths,
        row_number() over (
            partition by props.game_id, props.player_lookup, props.bookmaker
            order by props.updated_at desc, {{ order_of_sides }}
        ) as age,
        row_number() over (
            partition by props.game_id, props.player_lookup, props.bookmaker
            order by props.updated_at, {{ order_of_sides }}
        ) as rank_by_age
    from {{ ref('stg_bettingpros__player_points_props') }} as props
    inner join {{ ref('dim_games') }} as games on props.game_id = games.game_id
    where
        {{ in_window('props.game_date') }}
        and props.quarantine_reason is null
        and props.is_active
        and {{ was_before_tipoff('props.updated_at') }}
),

of_bookmakers as (
    select
        game_id,
        game_date,
        player_lookup,
        bookmaker,
        max(case when age = 1 then line_tenths end) as line_tenths,
        coalesce(
            max(case when age = 1 then opening_tenths end), max(case when rank_by_age = 1 then line_tenths end)
        ) as opening_tenths,
        max(case when age = 1 then opening_tenths end) is not null or max(updated_at) > min(updated_at) as was_seen_twice,
        max(case when age = 1 then processed_at end) as processed_at
    from bettingpros
    group by game_id, game_date, player_lookup, bookmaker
),

ranked as (
    select
        *,
        row_number() over (partition by game_id, player_lookup order by line_tenths, bookmaker) as line_position,
        row_number() over (partition by game_id, player_lookup order by opening_tenths, bookmaker) as opening_position,
        count(*) over (partition by game_id, player_lookup) as bookmakers
    from of_bookmakers
),

of_bettingpros as (
    select
        game_id,
        game_date,
        player_lookup,
        {%- for name in ['line', 'opening'] %}
        {%- set is_middle = is_in_the_middle(name ~ '_position', 'bookmakers') %}
        {{ rounded_quotient('sum(case when ' ~ is_middle ~ ' then ' ~ name ~ '_tenths end)', count_where(is_middle)) }}
            as {{ name }}_tenths,
        {%- endfor %}
        {{ count_where('was_seen_twice') }} > 0 as was_seen_twice,
        max(processed_at) as processed_at
    from ranked
    group by game_id, game_date, player_lookup
),

final as (
    select
        game_id, game_date, player_lookup, points_line, points_line_source, opening_line, opening_line_source,
        was_seen_twice, processed_at
    from of_odds_api
    union all
    select
        of_bettingpros.game_id,
        of_bettingpros.game_date,
        of_bettingpros.player_lookup,
        of_bettingpros.line_tenths / 10,
        'bettingpros',
        of_bettingpros.opening_tenths / 10,
        'bettingpros',
        of_bettingpros.was_seen_twice,
        of_bettingpros.processed_at
    from of_bettingpros
    left join of_odds_api
        on of_bettingpros.game_id = of_odds_api.game_id and of_bettingpros.player_lookup = of_odds_api.player_lookup
    where of_odds_api.player_lookup is null
)

select * from final
