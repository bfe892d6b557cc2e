-- One row per row that the tables of played games must hold, by the schedule and the evidence: two teams of each final
-- game, and each player whom the feed that was chosen for his team calls active. A game without any box score expects
-- its two teams' players as one row each, with no name: their number is unknown, that they are missing is not.
--
-- `quarantine_reason` explains a row that was held back, or that lacks: where no feed agrees with the final score, the
-- team has one row more, with the reason, and so has each player whose line others contradict, or who played and has no
-- row (int_line_evidence): under a name of his own, or by a row of the team that is held back, unless that is excused.
-- `has_source` is false when nothing tells who it is. Raw rows alone decide:
-- nothing here waits for a hashed table.
{{ config(**replace_window()) }}

with

games as (
    select * from {{ ref('int_team_games') }}
    where {{ in_window() }}
),

choices as (
    select * from {{ ref('int_box_choices') }}
    where {{ in_window() }}
),

lines as (
    select * from {{ ref('int_line_evidence') }}
    where {{ in_window() }}
),

team_boxes as (
    select game_id, team_abbr, box_source from {{ ref('int_team_boxes') }}
    where {{ in_window() }}
),

player_rows as (
    select
        'nbac_gamebook_player_stats' as feed,
        game_id,
        game_date,
        team_abbr,
        coalesce(player_lookup, player_full_name, '?') as player_lookup,
        quarantine_reason
    from {{ ref('stg_nbac__gamebook_player_stats') }}
    where {{ in_window() }} and player_status = 'active' and points is not null
    union all
    select
        'bdl_player_boxscores',
        game_id,
        game_date,
        team_abbr,
        coalesce(player_lookup, player_full_name, '?'),
        quarantine_reason
    from {{ ref('stg_bdl__player_boxscores') }}
    where {{ in_window() }}
),

-- Rows of the feed that was chosen that are held back, as expected rows of each table: those that lines name, and others.
held_rows as (
    select
        player_rows.game_id, player_rows.team_abbr, player_rows.feed, player_rows.game_date, player_rows.quarantine_reason,
        player_rows.player_lookup as entity, tables.table_name
    from player_rows
    inner join choices
        on
            player_rows.game_id = choices.game_id
            and player_rows.team_abbr = choices.team_abbr
            and player_rows.feed = choices.feed
    cross join ({{ names_as_rows(tables_of(['players_who_played'])) }}) as tables
    where player_rows.quarantine_reason is not null
),

named_rows as (
    select distinct held_rows.* from held_rows
    inner join {{ ref('completeness_exceptions') }} as exceptions
        on {{ line_names_row('exceptions', 'held_rows') }}
),

not_named as (
    select held_rows.* from held_rows
    left join named_rows
        on
            held_rows.table_name = named_rows.table_name
            and held_rows.game_id = named_rows.game_id
            and held_rows.entity = named_rows.entity
            and held_rows.quarantine_reason = named_rows.quarantine_reason
    where named_rows.game_id is null
),

lines_of_dates as (
    {{ lines_by_number('not_named') }}
),

excused_dates as (
    {{ dates_excused_by_number('not_named', 'lines_of_dates') }}
),

-- As many as a line for their own reason counts: of more of them nobody can say which ones it means.
excused_reasons as (
    select held.table_name, held.game_date, held.quarantine_reason
    from (
        select table_name, game_date, quarantine_reason, count(*) as row_count from not_named
        group by table_name, game_date, quarantine_reason
    ) as held
    inner join lines_of_dates as lines
        on
            held.table_name = lines.table_name
            and held.game_date = lines.game_date
            and held.quarantine_reason = lines.quarantine_reason
    where held.row_count <= lines.row_count
),

-- Teams with a row that is held back and excused: such a row stands for nobody who played and has no row.
teams_with_excused_rows as (
    select game_id, team_abbr, feed from named_rows
    union distinct
    select not_named.game_id, not_named.team_abbr, not_named.feed
    from not_named
    left join excused_dates
        on not_named.table_name = excused_dates.table_name and not_named.game_date = excused_dates.game_date
    left join excused_reasons
        on
            not_named.table_name = excused_reasons.table_name
            and not_named.game_date = excused_reasons.game_date
            and not_named.quarantine_reason = excused_reasons.quarantine_reason
    where excused_dates.game_date is not null or excused_reasons.game_date is not null
),

-- The play-by-play has another final score: it is of another game, is cut off, or the schedule is wrong. Or its events are
-- out of order, lack a period, or have shots from where none can be.
other_scores as (
    select game_date, game_id, team_abbr, concat(feed, ' has ', verdict, ' of ', team_abbr) as reason
    from {{ ref('int_team_evidence') }}
    where {{ in_window() }} and {{ is_play_by_play('feed') }} and is_final and not agrees
),

boxes_off as (
    select game_date, game_id, team_abbr, feed, verdict from {{ ref('int_team_evidence') }}
    where {{ in_window() }} and feed = 'nbac_team_boxscore' and is_final and not agrees
),

-- A team box or a play-by-play that has other totals than the team's players. A box that is known to be wrong is not used;
-- one that is known to be right leaves the teams' own rows as they are.
other_totals as (
    select
        game_date,
        game_id,
        case feed
            when 'nbac_team_boxscore' then {{ expected_as('team_abbr', 'team box') }}
            else {{ expected_as('team_abbr', 'play-by-play') }}
        end as entity,
        coalesce(feed = 'nbac_team_boxscore' and right_one = 'totals', false) as are_right,
        concat(feed, ' of ', team_abbr, ': ', said) as reason
    from {{ ref('int_total_evidence') }}
    where {{ in_window() }} and not coalesce(feed = 'nbac_team_boxscore' and right_one = 'players', false)
),

-- Rows of a game of another date: its own date lacks them, and nothing reads them there. No row of 2021-23 is one.
misdated as (
    select game_date, game_id, 'nbac_team_boxscore' as feed
    from {{ ref('stg_nbac__team_boxscores') }}
    where {{ in_window() }} and quarantine_reason = 'not the date of its game'
    union distinct
    select game_date, game_id, feed
    from {{ ref('int_play_by_play') }}
    where {{ in_window() }} and quarantine_reason = 'not the date of its game'
),

teams_of_games as (
    select
        games.*,
        choices.feed,
        coalesce(choices.adds_up, false) as agrees,
        coalesce(choices.agrees, false) as lines_agree,
        choices.verdict,
        team_boxes.box_source
    from games
    left join choices on games.game_id = choices.game_id and games.team_abbr = choices.team_abbr
    left join team_boxes on games.game_id = team_boxes.game_id and games.team_abbr = team_boxes.team_abbr
),

-- Nobody plays two games on a date: one of the lines is another's, under his name. Nobody does in 2021-23.
played_twice as (
    select game_date, player_lookup from {{ ref('int_player_boxes') }}
    where {{ in_window() }} and not is_held_back
    group by game_date, player_lookup
    having count(distinct game_id) > 1
),

-- The feeds of the two teams have him once each: a row of one key, which neither of them is.
under_both_teams as (
    select distinct game_id, player_lookup from {{ ref('int_player_boxes') }}
    where {{ in_window() }} and is_under_both_teams
),

-- Starters by the feed that are not those by the play-by-play, where that names ten: one of the two is wrong, and nothing
-- tells which. They are the same in all 2,460 games of 2021-23 that have both.
other_starters as (
    select
        boxes.game_date,
        boxes.game_id,
        boxes.team_abbr,
        concat(
            'starters ', string_agg(boxes.player_lookup, ', ' order by boxes.player_lookup),
            ', whom the play-by-play has on the bench'
        ) as problem
    from {{ ref('int_player_boxes') }} as boxes
    inner join (
        select game_id from {{ ref('int_starting_fives') }}
        where {{ in_window() }}
        group by game_id
        having count(*) = 10
    ) as lineups
        on boxes.game_id = lineups.game_id
    left join {{ ref('int_starting_fives') }} as starting_fives
        on
            boxes.game_id = starting_fives.game_id
            and boxes.player_lookup = starting_fives.player_lookup
            and {{ in_window('starting_fives.game_date') }}
    where
        {{ in_window('boxes.game_date') }}
        and boxes.is_starter
        and not boxes.is_held_back
        and starting_fives.player_lookup is null
    group by boxes.game_date, boxes.game_id, boxes.team_abbr
),

players_of_games as (
    select
        player_rows.game_date, player_rows.game_id, player_rows.player_lookup as entity, true as has_source,
        player_rows.quarantine_reason
    from player_rows
    inner join teams_of_games
        on
            player_rows.game_id = teams_of_games.game_id
            and player_rows.team_abbr = teams_of_games.team_abbr
            and player_rows.feed = teams_of_games.feed
    left join under_both_teams
        on player_rows.game_id = under_both_teams.game_id and player_rows.player_lookup = under_both_teams.player_lookup
    where under_both_teams.game_id is null
    union all
    select
        player_rows.game_date, player_rows.game_id, player_rows.player_lookup, true, 'player is under both teams'
    from player_rows
    inner join under_both_teams
        on player_rows.game_id = under_both_teams.game_id and player_rows.player_lookup = under_both_teams.player_lookup
    group by player_rows.game_date, player_rows.game_id, player_rows.player_lookup
    union all
    -- Of a game that nobody scheduled, or not for the date, or of a team that does not play in it.
    select
        game_date, game_id, player_lookup, false,
        concat(min(quarantine_reason), ' (', coalesce(min(team_abbr), 'no team'), ', ', min(feed), ')')
    from player_rows
    where quarantine_reason in ('no scheduled game', 'not the date of its game', 'team does not play in the game')
    group by game_date, game_id, player_lookup
    union all
    select
        game_date, game_id, {{ expected_as('team_abbr', 'players') }}, false,
        case when feed is not null then concat(feed, ' has ', verdict, ' of ', team_abbr) end
    from teams_of_games
    where not agrees
    union all
    select
        lines.game_date,
        lines.game_id,
        case when lines.has_row then {{ expected_as('lines.player_lookup', 'line') }} else lines.player_lookup end,
        false,
        concat(lines.feed, ' of ', lines.team_abbr, ': ', lines.problem)
    from lines
    inner join teams_of_games
        on
            lines.game_id = teams_of_games.game_id
            and lines.team_abbr = teams_of_games.team_abbr
            and lines.feed = teams_of_games.feed
    left join teams_with_excused_rows as excused
        on lines.game_id = excused.game_id and lines.team_abbr = excused.team_abbr and lines.feed = excused.feed
    where not lines.may_be_held_back or excused.game_id is not null
    union all
    select game_date, game_id, {{ expected_as('team_abbr', 'play-by-play') }}, false, reason
    from other_scores
    union all
    select
        lines_of_him.game_date,
        lines_of_him.game_id,
        {{ expected_as('lines_of_him.player_lookup', 'twice') }},
        false,
        concat(teams_of_games.feed, ' of ', lines_of_him.team_abbr, ': he has a line of another game of the date')
    from {{ ref('int_player_boxes') }} as lines_of_him
    inner join played_twice
        on lines_of_him.game_date = played_twice.game_date and lines_of_him.player_lookup = played_twice.player_lookup
    inner join teams_of_games
        on lines_of_him.game_id = teams_of_games.game_id and lines_of_him.team_abbr = teams_of_games.team_abbr
    where {{ in_window('lines_of_him.game_date') }}
    union all
    select
        other_starters.game_date,
        other_starters.game_id,
        {{ expected_as('other_starters.team_abbr', 'starters') }},
        false,
        concat(teams_of_games.feed, ' of ', other_starters.team_abbr, ': ', other_starters.problem)
    from other_starters
    inner join teams_of_games
        on other_starters.game_id = teams_of_games.game_id and other_starters.team_abbr = teams_of_games.team_abbr
    union all
    select game_date, game_id, entity, false, reason
    from other_totals
    union all
    select game_date, game_id, concat('game of ', feed), false, concat(feed, ' of ', game_id, ': not the date of its game')
    from misdated
    where {{ is_play_by_play('feed') }}
),

final as (
    select
        tables.table_name,
        teams_of_games.game_date,
        teams_of_games.game_id,
        teams_of_games.team_abbr as entity,
        teams_of_games.box_source is not null as has_source,
        case
            when teams_of_games.box_source is null and teams_of_games.feed is not null
                then 'no official team box of both teams, and too few players to make one of'
        end as quarantine_reason
    from teams_of_games
    cross join ({{ names_as_rows(tables_of(['teams_that_played'])) }}) as tables
    union all
    -- A team's row that was made of players who do not add up to the score, or whose lines others contradict.
    select
        tables.table_name,
        teams_of_games.game_date,
        teams_of_games.game_id,
        {{ expected_as('teams_of_games.team_abbr', 'team box') }},
        false,
        concat(
            'no official team box, and ', teams_of_games.feed, ' has ', teams_of_games.verdict, ' of ', teams_of_games.team_abbr
        )
    from teams_of_games
    cross join ({{ names_as_rows(tables_of(['teams_that_played'])) }}) as tables
    where teams_of_games.box_source <> 'nbac_team_boxscore' and not teams_of_games.lines_agree
    union all
    -- An official box of another length of the game, where no players agree whose totals it could be held against.
    select
        tables.table_name,
        boxes_off.game_date,
        boxes_off.game_id,
        {{ expected_as('boxes_off.team_abbr', 'team box') }},
        false,
        concat(boxes_off.feed, ' has ', boxes_off.verdict, ' of ', boxes_off.team_abbr)
    from boxes_off
    inner join teams_of_games on boxes_off.game_id = teams_of_games.game_id and boxes_off.team_abbr = teams_of_games.team_abbr
    cross join ({{ names_as_rows(tables_of(['teams_that_played'])) }}) as tables
    where teams_of_games.box_source = 'nbac_team_boxscore' and not teams_of_games.lines_agree
    union all
    select
        tables.table_name,
        other_scores.game_date,
        other_scores.game_id,
        {{ expected_as('other_scores.team_abbr', 'play-by-play') }},
        false,
        other_scores.reason
    from other_scores
    cross join ({{ names_as_rows(tables_of(['teams_that_played'])) }}) as tables
    union all
    select
        tables.table_name, other_totals.game_date, other_totals.game_id, other_totals.entity, false, other_totals.reason
    from other_totals
    cross join ({{ names_as_rows(tables_of(['teams_that_played'])) }}) as tables
    where not other_totals.are_right
    union all
    select
        tables.table_name, misdated.game_date, misdated.game_id, concat('game of ', misdated.feed), false,
        concat(misdated.feed, ' of ', misdated.game_id, ': not the date of its game')
    from misdated
    cross join ({{ names_as_rows(tables_of(['teams_that_played'])) }}) as tables
    union all
    select
        tables.table_name,
        players_of_games.game_date,
        players_of_games.game_id,
        players_of_games.entity,
        players_of_games.has_source,
        players_of_games.quarantine_reason
    from players_of_games
    cross join ({{ names_as_rows(tables_of(['players_who_played'])) }}) as tables
)

select * from final
