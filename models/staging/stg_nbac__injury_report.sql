-- One row per report hour, game and player. `quarantine_reason` is set on a row that must not be
-- used. The feed's own player key deletes letters from ordinary names, so names are keyed anew.
-- A row that names no game is of the one that its team plays on the date.
{{ config(**replace_window()) }}

{%- set grain = [
    'report_date', 'report_hour', 'game_date', 'team',
    'coalesce(found_player_lookup, player_lookup, player_full_name)'
] %}

with

reports as (
    select
        * {{ star_except(['player_full_name']) }},
        {{ spoken_name('player_full_name') }} as player_full_name
    from {{ raw_rows('nba_raw', 'nbac_injury_report', where=injury_report_window()) }} as raw_rows
    where {{ in_window('game_date') }}
),

{{ games_by_team('reports') }},

teams_of_schedule as (
    select home_team_abbr as team_abbr from {{ ref('dim_game_ids') }}
    union distinct
    select away_team_abbr from {{ ref('dim_game_ids') }}
),

identified as (
    select
        reports.*,
        game_ids.game_id as canonical_game_id,
        game_ids.season_year,
        case
            when teams_of_schedule.team_abbr is null then 'unknown team'
            when by_team.has_several_games then 'several games of the team on the date'
            else {{ game_problem('reports.game_date') }}
        end as game_problem,
        reports.team in (game_ids.home_team_abbr, game_ids.away_team_abbr) as is_team_of_game,
        {{ found_player('player') }} as found_player_lookup,
        {{ is_ambiguous_player('player') }} as is_ambiguous_player
    from reports
    {{ join_game_or_that_of_team('reports', 'reports.game_id', 'reports.team') }}
    left join teams_of_schedule on reports.team = teams_of_schedule.team_abbr
    {{ join_player('player', 'reports.player_full_name', 'reports.player_lookup', ['reports.team']) }}
    where {{ is_not_out_of_scope('reports.game_id') }}
),

deduplicated as (
    select *, {{ copies(grain) }} as raw_copies
    from identified
    qualify {{ newest_first('nba_raw', 'nbac_injury_report', grain) }}
),

final as (
    select
        coalesce(canonical_game_id, game_id) as game_id,
        game_date,
        season_year,
        report_date,
        report_hour,
        team as team_abbr,
        coalesce(found_player_lookup, player_lookup) as player_lookup,
        player_full_name,
        lower(trim(injury_status)) as injury_status,
        reason,
        reason_category,
        {{ nan_to_null('confidence_score') }} as confidence_score,
        raw_copies,
        source_file_path,
        processed_at,
        case
            when game_problem is not null then game_problem
            when not coalesce(is_team_of_game, false) then 'team does not play in the game'
            when found_player_lookup is null then {{ player_problem('is_ambiguous_player') }}
            when lower(trim(injury_status)) not in ({{ quoted_names(injury_statuses()) }}) then 'unknown injury status'
            when report_hour is null then 'no report hour'
            when report_hour not between 0 and 23 then 'impossible report hour'
        end as quarantine_reason
    from deduplicated
)

select * from final
