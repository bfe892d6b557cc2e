{#-
  Finds each row whose fingerprint is not that of what is read of the entity's last rows of the season strictly before
  the row's date: a window that holds its own date, or a later one, or misses a game. How many rows back says the
  contract's read of the upstream: so many games, or all of the season.
-#}
{% macro check_window_ends_before_its_date(model, node, upstream, entity, fingerprint) -%}
    {%- if not node -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set relation, dates = relation_of(upstream), relation_of('dim_game_dates') -%}
    {%- set partition = node.config.meta.partition_by -%}
    {%- set key = node.config.meta.key | reject('equalto', partition) | first -%}
    {{ return([{
        'subject': upstream,
        'query': windows_of_other_rows(
            "(select " ~ key ~ " as entity, " ~ partition ~ " as as_of, " ~ fingerprint ~ " as fingerprint from "
            ~ window_rows(model) ~ ")",
            "(select " ~ entity ~ " as entity, season_year, game_date, game_id, "
            ~ hash_of_read(node.name, upstream, 'boxes') ~ " as read_hash from " ~ relation
            ~ " as boxes where " ~ in_season_so_far()
            ~ (" and " ~ took_part('boxes') if upstream == 'player_game_summary' else '') ~ ")",
            "(select game_date, season_year from " ~ dates ~ ")",
            games_read(node, upstream)
        ),
        'told': columns_by_name(['fingerprint', 'fingerprint_before_the_date']),
        'found_in': {partition: 'as_of', key: 'entity'},
    }]) }}
{%- endmacro %}

{#- Over how many games a table reads another by player or team; none where it reads all of the season. -#}
{% macro games_read(node, upstream) -%}
    {%- set read = node.config.meta.reads | selectattr('from', 'equalto', upstream) | selectattr('by', 'defined') | first -%}
    {%- set size = read.get('size') if read.window == 'games' else none -%}
    {{ return(window_size(node.name, size) if size is string else size) }}
{%- endmacro %}

{#- Games are numbered once, and not anew for every date: a season's dates times its boxes are millions of rows. -#}
{% macro windows_of_other_rows(rows, upstream, dates, games) -%}
with asked as (
    select here.as_of, here.entity, here.fingerprint, dates.season_year
    from {{ rows }} as here
    left join {{ dates }} as dates on here.as_of = dates.game_date
),

numbered as (
    select
        entity,
        season_year,
        game_date,
        read_hash,
        row_number() over (partition by entity, season_year order by game_date asc, game_id desc) as game_number
    from {{ upstream }} as boxes
),

ends as (
    select asked.as_of, asked.entity, asked.season_year, max(numbered.game_number) as last_game
    from asked
    inner join numbered
        on
            asked.entity = numbered.entity
            and asked.season_year = numbered.season_year
            and asked.as_of > numbered.game_date
    group by asked.as_of, asked.entity, asked.season_year
),

recomputed as (
    select ends.as_of, ends.entity, {{ partition_fingerprint('numbered.read_hash') }} as fingerprint
    from ends
    inner join numbered
        on
            ends.entity = numbered.entity
            and ends.season_year = numbered.season_year
            and ends.last_game >= numbered.game_number
            {{ "and ends.last_game - " ~ games ~ " < numbered.game_number" if games }}
    group by ends.as_of, ends.entity
)

select asked.as_of, asked.entity, asked.fingerprint, recomputed.fingerprint as fingerprint_before_the_date
from asked
left join recomputed on asked.as_of = recomputed.as_of and asked.entity = recomputed.entity
where recomputed.fingerprint is null or asked.fingerprint is null or asked.fingerprint <> recomputed.fingerprint
{%- endmacro %}
