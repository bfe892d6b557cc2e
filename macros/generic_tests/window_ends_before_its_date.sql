{#-
  Fails on each row whose fingerprint is not that of what is read of the entity's last rows of the season strictly before
  the row's date: a window that holds its own date, or a later one, or misses a game. How many rows back says the
  contract's read of the upstream: so many games, or all of the season.
-#}
{% test window_ends_before_its_date(model, upstream, entity, fingerprint) %}
{%- if execute %}
{%- set node = node_of(model) %}
{%- set partition = node.config.meta.partition_by %}
{%- set key = node.config.meta.key | reject('equalto', partition) | first %}
{{ windows_of_other_rows(
    "(select " ~ key ~ " as entity, " ~ partition ~ " as as_of, " ~ fingerprint ~ " as fingerprint from "
    ~ window_rows(model) ~ ")",
    "(select " ~ entity ~ " as entity, season_year, game_date, game_id, "
    ~ hash_of_read(node.name, upstream, 'boxes') ~ " as read_hash from " ~ ref(upstream)
    ~ " as boxes where " ~ in_season_so_far()
    ~ (" and " ~ took_part('boxes') if upstream == 'player_game_summary' else '') ~ ")",
    "(select game_date, season_year from " ~ ref('dim_game_dates') ~ ")",
    games_read(node, upstream)
) }}
{%- endif %}
-- depends_on: {{ ref(upstream) }}
-- depends_on: {{ ref('dim_game_dates') }}
{% endtest %}

{#- Over how many games a table reads another by player or team; none where it reads all of the season. -#}
{% macro games_read(node, upstream) -%}
    {%- set read = node.config.meta.reads | selectattr('from', 'equalto', upstream) | selectattr('by', 'defined') | first -%}
    {%- set size = read.get('size') if read.window == 'games' else none -%}
    {{ return(window_size(node.name, size) if size is string else size) }}
{%- endmacro %}

{% macro windows_of_other_rows(rows, upstream, dates, games) -%}
with ranked as (
    select
        here.as_of,
        here.entity,
        there.read_hash,
        row_number() over (
            partition by here.as_of, here.entity order by there.game_date desc, there.game_id asc
        ) as games_ago
    from {{ rows }} as here
    inner join {{ dates }} as dates on here.as_of = dates.game_date
    inner join {{ upstream }} as there
        on
            here.entity = there.entity
            and dates.season_year = there.season_year
            and here.as_of > there.game_date
),

recomputed as (
    select as_of, entity, {{ partition_fingerprint('read_hash') }} as fingerprint
    from ranked
    {{ "where games_ago <= " ~ games if games }}
    group by as_of, entity
)

select here.as_of, here.entity, here.fingerprint, recomputed.fingerprint as fingerprint_before_the_date
from {{ rows }} as here
left join recomputed on here.as_of = recomputed.as_of and here.entity = recomputed.entity
where recomputed.fingerprint is null or here.fingerprint is null or here.fingerprint <> recomputed.fingerprint
{%- endmacro %}
