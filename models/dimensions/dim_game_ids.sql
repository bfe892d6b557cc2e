-- One row per way in which a feed can name a game, preseason included, so that a row of a game out
-- of scope is told apart from a row of no game at all.
--
-- Forms: `away_home` 20250115_LAL_PHI, `home_away` 20250115_PHI_LAL (feeds whose home flag was
-- wrong), `official` 0022400561, `official_integer` 22400561. The odds feed's event ids, the fifth
-- form, say nothing by themselves: dim_odds_event_ids resolves them by date and teams. Ids with other
-- spellings of the teams, 20250115_LAL_PHL, are of the first two forms.
with

-- The official id of a game out of scope says enough, even where the schedule has no teams of it.
named as (
    select * from {{ ref('base_nbac__schedule') }}
    where is_usable or is_out_of_scope
    qualify
        is_usable
        or row_number() over (
            partition by nba_game_id order by case when is_usable then 1 else 2 end, game_date, source_file_path
        ) = 1
),

games as (
    select * from named
    where is_usable
),

written as (
    select team_abbr, team_abbr as spelling
    from (
        select home_team_abbr as team_abbr from games
        union all
        select away_team_abbr from games
    ) as teams
    union distinct
    select team_abbr, spelling from {{ ref('team_spellings') }}
),

spelled as (
    select games.*, away.spelling as spelling_of_away, home.spelling as spelling_of_home
    from games
    inner join written as away on games.away_team_abbr = away.team_abbr
    inner join written as home on games.home_team_abbr = home.team_abbr
),

forms as (
    {%- set own = star_except(['spelling_of_away', 'spelling_of_home']) %}
    select
        {{ canonical_game_id('game_date', 'spelling_of_away', 'spelling_of_home') }} as source_game_id,
        'away_home' as form,
        spelled.* {{ own }}
    from spelled
    union all
    select {{ canonical_game_id('game_date', 'spelling_of_home', 'spelling_of_away') }}, 'home_away', spelled.* {{ own }}
    from spelled
    union all
    select nba_game_id, 'official', named.* from named
    union all
    select cast(cast(nba_game_id as int64) as string), 'official_integer', named.* from named
),

final as (
    select
        source_game_id,
        form,
        game_id,
        game_date,
        game_type,
        season_year,
        tipoff_at,
        home_team_abbr,
        away_team_abbr,
        game_status = 'final' as is_final,
        case when game_status = 'final' then home_points end as home_points,
        case when game_status = 'final' then away_points end as away_points
    from forms
)

select * from final
