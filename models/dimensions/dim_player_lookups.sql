-- One row per key under which a feed may name a player, and the player it means; of a key that means
-- several, also one row per team and season of which only one of them is.
--
-- The registry's own key wins, then an alias kept by hand, then what the feeds' three name rules
-- make of the registered name. A key that is one player's own and another one's name means both. A key of a player who has
-- another one's identity in the registry means nobody in particular, and is nobody else's.
with

registry as (
    select distinct universal_player_id, player_lookup, registered_lookup, player_name
    from {{ ref('stg_nba__players_registry') }}
    where universal_player_id is not null
),

-- Identities that the registry gives to several players.
shared as (
    select distinct universal_player_id from {{ ref('stg_nba__players_registry') }}
    where not is_usable
),

aliases as (
    select
        aliases.alias_lookup,
        registry.player_lookup,
        registry.universal_player_id
    from {{ ref('stg_nba__player_aliases') }} as aliases
    inner join registry on aliases.player_lookup in (registry.registered_lookup, registry.player_lookup)
),

candidates as (
    select
        registered_lookup as source_player_lookup,
        'registry' as rule,
        1 as preference,
        player_lookup,
        universal_player_id
    from registry
    union distinct
    select
        registry.player_lookup as source_player_lookup,
        'registry' as rule,
        1 as preference,
        namesakes.player_lookup,
        namesakes.universal_player_id
    from registry
    inner join registry as namesakes on registry.player_lookup = namesakes.player_lookup
    union distinct
    select namesakes.registered_lookup, 'player_key', 1, registry.player_lookup, registry.universal_player_id
    from registry
    inner join registry as namesakes on {{ player_key('registry.player_name') }} = namesakes.registered_lookup
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

keys as (
    select
        preferred.source_player_lookup,
        max(preferred.rule) as rule,
        min(preferred.player_lookup) as player_lookup,
        min(preferred.universal_player_id) as universal_player_id,
        min(preferred.universal_player_id) <> max(preferred.universal_player_id)
        or count(shared.universal_player_id) > 0 as is_ambiguous
    from preferred
    left join shared on preferred.universal_player_id = shared.universal_player_id
    group by preferred.source_player_lookup
),

of_teams as (
    select
        keys.source_player_lookup,
        keys.rule,
        registry.team_abbr,
        {{ try_to('INT64', 'left(registry.season, 4)') }} as season_year,
        min(registry.player_lookup) as player_lookup,
        min(registry.universal_player_id) as universal_player_id
    from keys
    inner join preferred on keys.source_player_lookup = preferred.source_player_lookup
    inner join {{ ref('stg_nba__players_registry') }} as registry
        on preferred.universal_player_id = registry.universal_player_id
    where keys.is_ambiguous and registry.is_usable
    group by keys.source_player_lookup, keys.rule, registry.team_abbr, registry.season
    having min(registry.universal_player_id) = max(registry.universal_player_id)
),

final as (
    select
        source_player_lookup,
        cast(null as string) as team_abbr,
        cast(null as int64) as season_year,
        rule,
        case when not is_ambiguous then player_lookup end as player_lookup,
        case when not is_ambiguous then universal_player_id end as universal_player_id,
        is_ambiguous
    from keys
    union all
    select source_player_lookup, team_abbr, season_year, rule, player_lookup, universal_player_id, false
    from of_teams
)

select * from final
