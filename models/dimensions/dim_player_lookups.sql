-- One row per key under which a feed may name a player, and the player it means.
--
-- The registry's own key wins, then an alias kept by hand, then what the feeds' three name rules
-- make of the registered name. A made key that would mean two players means none.
with

registry as (
    select distinct universal_player_id, player_lookup, player_name
    from {{ ref('stg_nba__players_registry') }}
),

aliases as (
    select
        aliases.alias_lookup,
        registry.player_lookup,
        registry.universal_player_id
    from {{ ref('stg_nba__player_aliases') }} as aliases
    inner join registry on aliases.player_lookup = registry.player_lookup
),

candidates as (
    select player_lookup as source_player_lookup, 'registry' as rule, 1 as preference, player_lookup, universal_player_id
    from registry
    union distinct
    select alias_lookup, 'alias', 2, player_lookup, universal_player_id from aliases
    {%- for rule in ['player_key', 'player_key_ascii_only', 'player_key_injury_report', 'player_key_without_suffix'] %}
    union distinct
    select {{ context[rule]('player_name') }}, '{{ rule }}', 3, player_lookup, universal_player_id from registry
    {%- endfor %}
),

preferred as (
    select *
    from candidates
    where source_player_lookup <> ''
    qualify preference = min(preference) over (partition by source_player_lookup)
),

unambiguous as (
    select *
    from preferred
    qualify min(universal_player_id) over (partition by source_player_lookup)
        = max(universal_player_id) over (partition by source_player_lookup)
),

final as (
    select source_player_lookup, min(rule) as rule, player_lookup, universal_player_id
    from unambiguous
    group by source_player_lookup, player_lookup, universal_player_id
)

select * from final
