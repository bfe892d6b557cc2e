-- One row per date, player or team that a table looks back on, and game of the season before the date that its history
-- should hold: how many games, and days, ago that was.
{{ config(materialized='ephemeral') }}

with

expected as (
    select * from {{ ref('history_games') }}
),

-- Several tables look back on the same history: it is counted once.
entities as (
    select distinct kinds.entity_type, targets.game_date, targets.season_year, targets.entity
    from {{ ref('history_targets') }} as targets
    inner join {{ ref('history_tables') }} as kinds on targets.table_name = kinds.table_name
),

-- Whose history depends on the date that looks back: few, as few games are lost.
of_each_date as (
    select distinct entity_type, entity, season_year from expected
    where known_since <> game_date
),

-- Games of all others are numbered once and counted per date: their distance is then a difference, and nothing is sorted
-- for each date anew.
numbered as (
    select
        expected.*,
        row_number() over (
            partition by expected.entity_type, expected.entity, expected.season_year
            order by expected.game_date, expected.game_id
        ) as game_number
    from expected
    left join of_each_date
        on
            expected.entity_type = of_each_date.entity_type
            and expected.entity = of_each_date.entity
            and expected.season_year = of_each_date.season_year
    where of_each_date.entity is null
),

reached as (
    select entities.entity_type, entities.game_date, entities.season_year, entities.entity, count(*) as games_before
    from entities
    inner join numbered
        on
            entities.entity_type = numbered.entity_type
            and entities.entity = numbered.entity
            and entities.season_year = numbered.season_year
            and entities.game_date > numbered.game_date
    group by entities.entity_type, entities.game_date, entities.season_year, entities.entity
),

final as (
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
    union all
    select
        entities.entity_type,
        entities.game_date,
        entities.entity,
        expected.game_id,
        expected.is_there,
        expected.can_come,
        {{ days_between('expected.game_date', 'entities.game_date') }},
        row_number() over (
            partition by entities.entity_type, entities.entity, entities.game_date
            order by expected.game_date desc, expected.game_id desc
        )
    from entities
    inner join of_each_date
        on
            entities.entity_type = of_each_date.entity_type
            and entities.entity = of_each_date.entity
            and entities.season_year = of_each_date.season_year
    inner join expected
        on
            entities.entity_type = expected.entity_type
            and entities.entity = expected.entity
            and entities.season_year = expected.season_year
            and entities.game_date > expected.known_since
            and entities.game_date <= expected.known_until
)

select * from final
