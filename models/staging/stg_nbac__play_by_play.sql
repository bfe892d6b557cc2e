-- One row per event of a game in nba.com's own play-by-play, in BigDataBall's words. `quarantine_reason` is set on a row that
-- must not be used.
--
-- As the feed is loaded `shot_made` is false throughout, and distances and places of shots are no feet: none of these is read.
-- Whether a shot went in says the text (`MISS `, or points in brackets), else the score; its feet are those of the text.
-- Layups and dunks may have none there, so nobody knows their zone, nor is that guessed.
--
-- A block and a steal are events of their own here: they are the second player's part of the shot or the turnover before. Whether
-- a shot was assisted says the text; without one a second player of the same team can only have passed.
-- Who is on court is not in the feed.
{{ config(**replace_window()) }}

{%- set grain = [
    'coalesce(canonical_game_id, source_game_id, cast(game_date as string))', 'event_number'
] %}
{%- set number_of_throw = replace_all('detail', ' *of *', '/') %}

with

events as (
    select
        * {{ star_except(['player_1_lookup', 'player_2_lookup']) }},
        coalesce(game_id, nba_game_id) as source_game_id,
        coalesce(regexp_extract(event_id, '[^_]*$'), cast(event_sequence as string)) as event_number,
        lower(trim(event_type)) as action,
        lower(trim(event_action_type)) as detail,
        lower(trim(event_description)) as said,
        case when coalesce(player_1_id, 1) <> 0 then nullif(trim(player_1_lookup), '') end as player_1_lookup,
        case when coalesce(player_2_id, 1) <> 0 then nullif(trim(player_2_lookup), '') end as player_2_lookup
    from {{ raw_rows('nba_raw', 'nbac_play_by_play') }} as raw_rows
),

identified as (
    select
        events.*,
        game_ids.game_id as canonical_game_id,
        game_ids.season_year,
        game_ids.home_team_abbr as home_team,
        game_ids.away_team_abbr as away_team,
        game_ids.home_points,
        game_ids.away_points,
        {{ game_problem('events.game_date') }} as game_problem,
        {{ found_player_key('first') }} as found_player_1_lookup,
        {{ found_player_key('second') }} as found_player_2_lookup,
        coalesce(first.is_ambiguous, false) as is_ambiguous_player_1,
        coalesce(second.is_ambiguous, false) as is_ambiguous_player_2
    from events
    {{ join_game('events.source_game_id') }}
    {{ join_player_key('first', 'events.player_1_lookup', ['events.player_1_team_abbr'], 'game_ids.season_year') }}
    {{ join_player_key('second', 'events.player_2_lookup', ['events.player_2_team_abbr'], 'game_ids.season_year') }}
    where {{ is_not_out_of_scope('events.source_game_id') }}
),

newest as (
    select *, {{ copies(grain) }} as raw_copies
    from identified
    qualify {{ newest_first('nba_raw', 'nbac_play_by_play', grain) }}
),

-- What nba.com says of a shot, else what the score does.
told as (
    select
        *,
        case
            when action not in ('2pt', '3pt', 'freethrow') then null
            when said like 'miss %' then false
            when said like '% pts)%' then true
            when player_1_team_abbr = home_team then score_home > coalesce(max(score_home) over before_it, 0)
            when player_1_team_abbr = away_team then score_away > coalesce(max(score_away) over before_it, 0)
        end as is_made,
        sum(case when action in ('2pt', '3pt', 'turnover') then 1 else 0 end) over (
            partition by canonical_game_id order by event_sequence, event_number
            rows between unbounded preceding and current row
        ) as deed
    from newest
    window before_it as (
        partition by canonical_game_id order by event_sequence, event_number
        rows between unbounded preceding and 1 preceding
    )
),

with_second_players as (
    select
        *,
        max(case when action = 'block' then coalesce(found_player_1_lookup, player_1_lookup) end) over of_deed as blocker,
        max(case when action = 'block' then player_1_team_abbr end) over of_deed as team_of_blocker,
        max(case when action = 'steal' then coalesce(found_player_1_lookup, player_1_lookup) end) over of_deed as stealer,
        max(case when action = 'steal' then player_1_team_abbr end) over of_deed as team_of_stealer,
        coalesce(action in ('2pt', '3pt') and not is_made, false) as may_be_blocked,
        action in ('2pt', '3pt') and is_made
        and coalesce(
            said like '% ast)%', player_2_lookup is not null and player_2_team_abbr = player_1_team_abbr
        ) as is_assisted
    from told
    window of_deed as (partition by canonical_game_id, deed)
),

deduplicated as (
    select
        * {{ star_except(['event_type', 'blocker', 'stealer']) }},
        case when may_be_blocked then blocker end as block_lookup,
        case when action = 'turnover' then stealer end as steal_lookup,
        case action
            when '2pt' then 'shot'
            when '3pt' then 'shot'
            when 'freethrow' then 'free throw'
            when 'jumpball' then 'jump ball'
            else action
        end as event_type,
        case
            when action = 'freethrow' and said like '%technical%' then 'free throw technical'
            when action = 'freethrow' and said like '%flagrant%' then concat('free throw flagrant ', {{ number_of_throw }})
            when action = 'freethrow' then concat('free throw ', {{ number_of_throw }})
            when action = 'rebound' and player_1_lookup is null then 'team rebound'
            when action = 'rebound' then concat('rebound ', detail)
            when action = 'foul' and (said like '%technical%' or detail like '%technical%') then 'technical'
            when action = 'foul' and (said like '%flagrant%' or detail like '%flagrant%') then 'flagrant type 1'
            when action = 'foul' and detail = 'personal' and said like '%shooting%' then 'shooting'
            else detail
        end as event_subtype,
        case action when '2pt' then '2PT' when '3pt' then '3PT' end as shot_type,
        case
            when action in ('2pt', '3pt')
                then {{ try_to('FLOAT64', replace_all("regexp_extract(said, '[0-9]+[^0-9a-z ().]')", '[^0-9]', '')) }}
        end as shot_distance,
        cast(null as string) as shot_zone_basic,
        case when is_made then case action when '2pt' then 2 when '3pt' then 3 else 1 end when not is_made then 0 end
            as points_scored
    from with_second_players
),

{{ judged_play_by_play('deduplicated') }},

-- Keys of surnames alone, or of another kind, name nobody, and so do none at all: then what its players did is no evidence
-- against anybody, and nobody's zeros are known.
strangers as (
    select
        canonical_game_id,
        count(player_1_lookup) = 0
        or 2 * count(distinct case when found_player_1_lookup is null then player_1_lookup end)
        > count(distinct player_1_lookup) as are_strangers
    from deduplicated
    group by canonical_game_id
),

final as (
    select
        coalesce(deduplicated.canonical_game_id, deduplicated.source_game_id) as game_id,
        game_date,
        season_year,
        event_number,
        event_sequence,
        period,
        game_clock_seconds,
        event_type,
        event_subtype,
        score_home,
        score_away,
        coalesce(found_player_1_lookup, player_1_lookup) as player_1_lookup,
        player_1_team_abbr,
        case
            when block_lookup is not null then block_lookup
            when steal_lookup is not null then steal_lookup
            when is_assisted then coalesce(found_player_2_lookup, player_2_lookup)
            when action = 'substitution' and detail = 'in' then coalesce(found_player_1_lookup, player_1_lookup)
        end as player_2_lookup,
        case
            when block_lookup is not null then team_of_blocker
            when steal_lookup is not null then team_of_stealer
            when is_assisted or (action = 'substitution' and detail = 'in') then player_1_team_abbr
        end as player_2_team_abbr,
        case
            when block_lookup is not null then 'block'
            when steal_lookup is not null then 'steal'
            when is_assisted then 'assist'
            when action = 'substitution' and detail = 'in' then 'substitution_in'
        end as player_2_role,
        case when event_type = 'shot' then is_made end as shot_made,
        shot_type,
        shot_distance,
        shot_zone_basic,
        points_scored,
        {%- for side in ['away', 'home'] %}
        {%- for number in range(1, 6) %}
        cast(null as string) as {{ side }}_player_{{ number }}_lookup,
        {%- endfor %}
        {%- endfor %}
        raw_copies,
        source_file_path,
        processed_at,
        case
            when game_problem is not null then game_problem
            when problems.problem is not null then problems.problem
            when strangers.are_strangers then 'most of its players are unknown'
            when player_1_lookup is not null and found_player_1_lookup is null
                then {{ player_problem('is_ambiguous_player_1') }}
            when is_assisted and player_2_lookup is not null and found_player_2_lookup is null
                then {{ player_problem('is_ambiguous_player_2', second=true) }}
            when action in ('2pt', '3pt', 'freethrow') and is_made is null then 'nothing tells whether it went in'
        end as quarantine_reason
    from deduplicated
    left join problems on deduplicated.canonical_game_id = problems.canonical_game_id
    left join strangers on deduplicated.canonical_game_id = strangers.canonical_game_id
)

select * from final
