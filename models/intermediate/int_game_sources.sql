-- One row per final game: what each raw source holds of it, for the source_* columns of the tables.
{{ config(**replace_window()) }}
-- noqa: disable=LT02
-- The indent after a loop that writes CTEs is miscounted by sqlfluff 4.4.

with

games as (
    select * from {{ ref('dim_games') }}
    where {{ in_window() }} and is_final and is_in_scope
),

{#- Of a play-by-play it matters whose it is: events of a game are of one feed. -#}
{%- set sources = {
    'gamebook': ('stg_nbac__gamebook_player_stats', "player_status = 'active'", 'sum(points)'),
    'bdl': ('stg_bdl__player_boxscores', 'true', 'sum(points)'),
    'team_box': ('stg_nbac__team_boxscores', 'true', 'sum(points)'),
    'play_by_play': ('int_events', 'true', count_where("event_type = 'shot'")),
    'props': ('stg_odds_api__player_points_props', 'true', 'count(distinct player_lookup)'),
} %}

{%- for source, (model, condition, measure) in sources.items() %}

{{ source }} as (
    select
        game_id,
        count(*) as row_count,
        cast({{ measure }} as int64) as measure,
        {%- if source == 'play_by_play' %}
        max(feed) as feed,
        {%- endif %}
        max(processed_at) as last_updated_at
    from {{ ref(model) }} as rows_of_source
    where {{ in_window() }} and {{ usable_for_teams('rows_of_source') }} and {{ condition }}
    group by game_id
),
{%- endfor %}

final as (
    select
        games.game_id,
        games.game_date,
        {%- for source in sources %}
        coalesce({{ source }}.row_count, 0) as {{ source }}_rows,
        {{ source }}.measure as {{ source }}_measure,
        {{ source }}.last_updated_at as {{ source }}_last_updated_at,
        {%- endfor %}
        play_by_play.feed as play_by_play_source,
        games.home_points + games.away_points as scheduled_points
    from games
    {%- for source in sources %}
    left join {{ source }} on games.game_id = {{ source }}.game_id
    {%- endfor %}
)

select * from final
