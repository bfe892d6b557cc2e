-- One row per raw row with a date that must not be used, or not as it stands, with the reason; and one per team of a
-- final game whose players no feed has as the final score has them, per player whose line others contradict, and per team
-- whose box or play-by-play has other totals than its players; and one per final game without a play-by-play.
-- quarantine has rows without a date, too.
{{ config(**replace_window()) }}

with

final as (
    {%- for feed in feeds() %}
    select
        '{{ feed.table }}' as table_name,
        {{ feed.date or 'game_date' }} as game_date,
        {{ 'cast(null as string)' if feed.date else 'game_id' }} as game_id,
        {{ feed.key }} as row_key,
        quarantine_reason as reason,
        source_file_path
    from {{ ref(feed.model) }}
    where {{ in_window(feed.date or 'game_date') }} and quarantine_reason is not null
    union all
    {%- endfor %}
    select 'nbac_schedule', game_date, game_id, nba_game_id, reason, source_file_path
    from {{ ref('schedule_faults') }}
    where {{ in_window() }} and is_dated
    union all
    select feed, game_date, game_id, team_abbr, concat('no feed agrees with the final score: ', verdict), cast(null as string)
    from {{ ref('int_box_choices') }}
    where {{ in_window() }} and not adds_up
    union all
    select
        lines.feed,
        lines.game_date,
        lines.game_id,
        lines.player_lookup,
        case when lines.has_row then 'other feeds contradict the line' else 'no row of a player on court' end,
        cast(null as string)
    from {{ ref('int_line_evidence') }} as lines
    inner join {{ ref('int_box_choices') }} as choices
        on
            lines.game_id = choices.game_id
            and lines.team_abbr = choices.team_abbr
            and lines.feed = choices.feed
    where {{ in_window('lines.game_date') }} and {{ in_window('choices.game_date') }} and not lines.may_be_held_back
    union all
    select feed, game_date, game_id, team_abbr, 'other totals than those of the players', cast(null as string)
    from {{ ref('int_total_evidence') }}
    where {{ in_window() }}
    union all
    select
        'bigdataball_play_by_play',
        game_date,
        game_id,
        game_id as row_key,
        'no play-by-play of the game',
        cast(null as string)
    from {{ ref('dim_games') }}
    where
        {{ in_window() }}
        and is_in_scope
        and is_final
        and game_id not in (
            select game_id from {{ ref('int_play_by_play') }}
            where {{ in_window() }} and game_id is not null
        )
)

select * from final
