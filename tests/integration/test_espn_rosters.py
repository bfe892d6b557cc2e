"""ESPN's rosters: who is on a team on the morning of a game, and when players were born."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest

from python_processors.orchestration.backfill import backfill, plan_of
from python_processors.raw_contract import raw_tables
from tests.integration.conftest import FIRST_MONTH, Rewrite, at_work, copied, request, rewrite_file
from tests.warehouse import Warehouse

FEED, GAMEBOOK, REGISTRY = "espn_team_rosters", "nbac_gamebook_player_stats", "nba_players_registry"
DAY = date(2021, 10, 19)  # the first of the season: no team has a game to take a roster from
BORN = date(1995, 5, 5)
Player = tuple[str, str]  # key and name


class Pages:
    """Roster pages to be written."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.ids: dict[str, int] = {}

    def page(self, team: str, day: date | None, players: Iterable[Player], hour: int | None = 9, **others: Any) -> None:
        """A page of a team. ESPN's ids go by name."""
        self.rows += [
            {
                "roster_date": day, "scrape_hour": hour, "season_year": 2022, "team_abbr": team,
                "espn_player_id": self.ids.setdefault(name, 1000 + len(self.ids)), "player_full_name": name,
                "player_lookup": key, "source_file_path": "simulated", "processed_at": datetime(2021, 10, 1, tzinfo=UTC),
            } | others
            for key, name in players
        ]  # fmt: skip

    def write(self, raw: Path) -> None:
        """A file of the same league, by its mark."""
        marks = pa_parquet.read_schema(next(raw.rglob("nbac_schedule.parquet"))).metadata
        schema = raw_tables()[FEED].schema().with_metadata(marks)
        pa_parquet.write_table(pa.Table.from_pylist(self.rows, schema=schema), raw / f"{FEED}.parquet")


def before(days: int, day: date = DAY) -> date:
    return day - timedelta(days=days)


def teams_of(built: Warehouse, day: date = DAY) -> list[str]:
    found = built.query(f"select team_abbr from nba_intermediate.dim_team_games where game_date = '{day}' order by 1")
    return [team for (team,) in found]


def players_of(built: Warehouse, team: str, day: date = DAY) -> list[Player]:
    """Of the gamebook of a day, whatever their status."""
    return built.query(
        "select player_lookup, any_value(player_name) from nba_intermediate.int_upcoming_rosters"
        f" inner join nba_intermediate.dim_players using (player_lookup) where team_abbr = '{team}'"
        f" and game_date = '{day}' group by 1 order by 1"
    )


def rosters(warehouse: Warehouse, team: str, day: date = DAY) -> dict[str, str]:
    """Source by player."""
    return dict(warehouse.query(
        "select player_lookup, roster_source from nba_intermediate.int_upcoming_rosters"
        f" where team_abbr = '{team}' and game_date = '{day}'"
    ))  # fmt: skip


def keys(players: Iterable[Player]) -> set[str]:
    return {key for key, _ in players}


def quarantined(warehouse: Warehouse) -> list[tuple[str, str]]:
    return sorted(warehouse.query(
        f"select split_part(row_key, ' ', 1), reason from nba_ops.quarantine where table_name = '{FEED}'"
    ))  # fmt: skip


class Morning:
    """The season's first day without a gamebook of three of its teams, and pages of each kind."""

    def __init__(self, built: Warehouse) -> None:
        self.newest, self.old, self.cut_off, self.official = teams_of(built)[:4]
        self.of = {team: players_of(built, team) for team in (self.newest, self.old, self.cut_off, self.official)}
        self.later = self.of[self.official][0]
        self.pages = pages = Pages()
        pages.page(self.newest, before(90), self.of[self.newest])
        pages.page(self.newest, before(89), self.of[self.newest][1:])
        pages.page(self.newest, before(-1), [*self.of[self.newest], self.later])  # of the day after
        pages.page(self.old, before(91), self.of[self.old])
        pages.page(self.cut_off, DAY, self.of[self.cut_off], hour=8)
        pages.page(self.cut_off, DAY, self.of[self.cut_off][:-1], hour=15)
        pages.page(self.cut_off, DAY, self.of[self.cut_off][:9], hour=18)
        pages.page(self.official, DAY, self.of[self.official][2:])
        # A page of his former team that is older than that of his team
        pages.page(self.newest, before(89), [self.of[self.cut_off][0]])
        pages.page("XXX", DAY, self.of[self.old][:1])
        pages.page(self.official, DAY, [("nobodyknown", "Nobody Known")])
        pages.page(self.official, DAY, [(" ", " ")], espn_player_id=1)
        pages.page(self.official, DAY, [self.of[self.official][1]], hour=None)
        pages.page(self.official, None, [self.of[self.official][1]])


@pytest.fixture(scope="module")
def morning(built: Warehouse) -> Morning:
    return Morning(built)


@pytest.fixture(scope="module")
def with_pages(built: Warehouse, morning: Morning, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The built week once more, with these pages in place of gamebooks, and every test of the build."""
    warehouse = copied(built.path.parent, tmp_path_factory.mktemp("pages") / "week")
    rewrite_file(
        warehouse.raw_dir, GAMEBOOK,
        f"select * from raw where not (game_date = '{DAY}' and team_abbr in"
        f" ('{morning.newest}', '{morning.old}', '{morning.cut_off}'))",
    )  # fmt: skip
    morning.pages.write(warehouse.raw_dir)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FULLCOURT_ALLOW_DELETES", "1")
        warehouse.build(allow_deletes=True)
    return warehouse


def test_the_newest_page_of_a_team_by_the_date_of_its_game_says_who_may_play(
    with_pages: Warehouse, morning: Morning
) -> None:
    """Not the one of the day after, nor an older one."""
    assert rosters(with_pages, morning.newest) == dict.fromkeys(keys(morning.of[morning.newest][1:]), FEED)


def test_a_page_older_than_90_days_names_nobody(with_pages: Warehouse, morning: Morning) -> None:
    assert rosters(with_pages, morning.old) == {}


def test_of_several_pages_of_a_day_the_last_one_that_is_whole_counts(with_pages: Warehouse, morning: Morning) -> None:
    assert rosters(with_pages, morning.cut_off) == dict.fromkeys(keys(morning.of[morning.cut_off][:-1]), FEED)


def test_an_official_roster_goes_first(with_pages: Warehouse, morning: Morning) -> None:
    assert rosters(with_pages, morning.official) == dict.fromkeys(keys(morning.of[morning.official]), "nbac_gamebook")


def test_contexts_name_the_feed_of_a_roster(with_pages: Warehouse, morning: Morning) -> None:
    found = with_pages.query(
        f"select distinct primary_source_used, list_contains(data_sources, '{FEED}'), quality_used_fallback"
        f" from nba_analytics.upcoming_player_game_context where game_date = '{DAY}' order by 1"
    )
    assert found == [(FEED, True, True), ("nbac_gamebook", False, False)]


def test_a_row_of_a_page_that_cannot_be_used_is_quarantined_with_its_reason(
    with_pages: Warehouse, morning: Morning
) -> None:
    cut_off = [(key, "roster is cut off") for key in keys(morning.of[morning.cut_off][:9])]
    assert quarantined(with_pages) == sorted([
        *cut_off, (morning.of[morning.old][0][0], "unknown team"), ("nobodyknown", "unknown player"), ("?", "no name"),
        (morning.of[morning.official][1][0], "no hour of the page"), ("9", "no roster_date"),
    ])  # fmt: skip


def test_every_row_of_a_page_is_accounted_for(with_pages: Warehouse, morning: Morning) -> None:
    """Of the days that were built."""
    found = {
        day: counts for day, *counts in with_pages.query(
            "select game_date, raw_rows, staged_rows, quarantined_rows, repeated_rows"
            f" from nba_ops.raw_row_accounting where table_name = '{FEED}'"
        )
    }  # fmt: skip
    rows = [row for row in morning.pages.rows if row["roster_date"] == DAY]
    assert found == {
        DAY: [len(rows), len(rows) - 13, 13, 0],
        before(-1): [len(morning.of[morning.newest]) + 1] * 2 + [0, 0],
        None: [1, 0, 1, 0],
    }


class Trade:
    """A later game without its gamebook: a page from between the team's games, with one who went and one who came."""

    def __init__(self, built: Warehouse) -> None:
        ((self.team, self.second, self.day),) = built.query(
            "with games as (select team_abbr, list(game_date order by game_date) as dates from nba_intermediate.dim_team_games"
            " where is_in_scope and is_final group by 1 having count(*) >= 3),"
            " played as (select team_abbr, player_lookup, max(game_date) as newest from nba_analytics.player_game_summary"
            " inner join games using (team_abbr) where game_date <= dates[2] and minutes_played > 0 group by 1, 2)"
            " select team_abbr, dates[2], dates[3] from games inner join played using (team_abbr) where newest < dates[2]"
            " order by 1 limit 1"
        )
        played = built.query(
            f"select player_lookup, player_name, max(game_date) = '{self.second}' from nba_analytics.player_game_summary"
            f" inner join nba_intermediate.dim_players using (player_lookup) where team_abbr = '{self.team}'"
            f" and game_date <= '{self.second}' and minutes_played > 0 group by 1, 2 order by 1"
        )
        self.waived = [(key, name) for key, name, is_newest in played if not is_newest]
        self.not_listed, *self.stay = [(key, name) for key, name, is_newest in played if is_newest]
        # One of another team who appeared for it on the day of the page or later, and one of a team that does not play.
        self.elsewhere = built.query(
            "select player_lookup, any_value(player_name) from nba_analytics.player_game_summary"
            f" inner join nba_intermediate.dim_players using (player_lookup) where team_abbr <> '{self.team}'"
            f" and game_date >= '{self.second}' and game_date < '{self.day}' and minutes_played > 0 and player_lookup not in"
            f" (select player_lookup from nba_intermediate.int_upcoming_rosters where game_date = '{self.day}')"
            " group by 1 order by 1 limit 1"
        )
        self.signed = built.query(
            "select player_lookup, player_name from nba_intermediate.dim_players where player_lookup not in"
            " (select player_lookup from nba_analytics.player_game_summary"
            f" where game_date >= '{self.second}' and minutes_played > 0) and player_lookup not in"
            f" (select player_lookup from nba_intermediate.int_upcoming_rosters where game_date = '{self.day}')"
            " order by 1 limit 3"
        )


def test_a_roster_and_the_games_since_it_say_who_may_play_together(
    copy_of_built: Warehouse, rewrite: Rewrite, rows_may_go: None
) -> None:
    """Who appeared before the page and is not on it is gone; who appeared since is there, and who did for others is not."""
    trade = Trade(copy_of_built)
    assert trade.waived
    assert trade.elsewhere
    assert len(trade.signed) == 3
    rewrite(
        copy_of_built.raw_dir, GAMEBOOK,
        f"select * from raw where not (game_date = '{trade.day}' and team_abbr = '{trade.team}')",
    )  # fmt: skip
    pages = Pages()
    pages.page(trade.team, trade.second, [*trade.stay, *trade.signed, *trade.elsewhere])
    pages.write(copy_of_built.raw_dir)
    selected = ("run", "--select", "+int_upcoming_rosters,path:models")
    outcome = copy_of_built.dbt(*selected, window=(f"{trade.day}", f"{trade.day}"), allow_deletes=True)
    assert outcome.success, outcome.failures or outcome.error
    assert rosters(copy_of_built, trade.team, trade.day) == {
        **dict.fromkeys(keys([*trade.stay, *trade.signed]), FEED),
        trade.not_listed[0]: "player_game_summary",
    }


class Births:
    """Players of whom the registry knows no birth date, and pages that do, of long after any game."""

    def __init__(self, built: Warehouse) -> None:
        self.one, self.two, self.three = teams_of(built)[:3]
        of_one, of_two, of_three = (players_of(built, team) for team in (self.one, self.two, self.three))
        self.known, self.told, self.child, self.corrected, self.stranger, self.unknown, *rest = of_one
        self.namesake, self.other_namesake = rest[0], of_two[0]
        pages = self.pages = Pages()
        day, later = date(2021, 11, 1), date(2022, 1, 10)
        pages.page(self.one, day, [self.known, self.told, *rest[1:], *of_one[2:6]])
        pages.page(self.one, day, [self.namesake], birth_date=date(1991, 1, 1), espn_player_id=1)
        pages.page(self.two, day, of_two[1:])
        pages.page(self.two, day, [self.namesake], birth_date=date(1992, 2, 2), espn_player_id=2)
        for row in pages.rows:
            born = {self.known[0]: BORN, self.corrected[0]: date(1990, 1, 1), self.child[0]: date(2015, 1, 1)}
            row.setdefault("birth_date", born.get(row["player_lookup"]))
        pages.page(self.one, later, [*of_one[:1], *rest[1:], self.unknown, self.child])
        pages.page(self.one, later, [self.corrected], birth_date=date(1990, 1, 2))
        pages.page(self.one, later, [self.told], birth_date=BORN)
        pages.page(self.one, later, [self.stranger], birth_date=BORN)
        # Of another team, whom ESPN has by another id: nobody in the registry is so.
        pages.page(self.two, later, [*of_two[1:]])
        pages.page(self.two, later, [self.stranger], birth_date=date(1999, 9, 9), espn_player_id=3)
        pages.page(self.three, later, of_three)
        pages.page(self.three, later, [self.namesake], birth_date=date(1993, 3, 3), espn_player_id=4)


@pytest.fixture(scope="module")
def births(built: Warehouse) -> Births:
    return Births(built)


@pytest.fixture(scope="module")
def with_births(built: Warehouse, births: Births, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = copied(built.path.parent, tmp_path_factory.mktemp("births") / "week")
    unknown = [births.told, births.child, births.corrected, births.stranger, births.unknown, births.namesake]
    rewrite_file(
        warehouse.raw_dir, REGISTRY,
        f"""with unknown as (
            select * replace (case when list_contains({[key for key, _ in unknown]}, player_lookup)
                or player_lookup = '{births.other_namesake[0]}' then null else birth_date end as birth_date) from raw
        )
        select * replace (
            case player_lookup when '{births.other_namesake[0]}' then '{births.namesake[1].replace("'", "''")}'
                else player_name end as player_name,
            case player_lookup when '{births.other_namesake[0]}' then '{births.namesake[0]}' else player_lookup end
                as player_lookup
        ) from unknown""",
    )  # fmt: skip
    births.pages.write(warehouse.raw_dir)
    outcome = warehouse.dbt("run", "--select", "+dim_player_birth_dates")
    assert outcome.success, outcome.failures or outcome.error
    return warehouse


def born(warehouse: Warehouse, *players: Player) -> list[tuple[date | None, str | None]]:
    found = {
        key: values for key, *values in warehouse.query(
            "select player_lookup, birth_date, birth_date_source from nba_intermediate.dim_player_birth_dates"
        )
    }  # fmt: skip
    return [tuple(found[key]) for key, _ in players]


def test_a_birth_date_is_the_registrys_else_that_of_a_page_of_any_date(with_births: Warehouse, births: Births) -> None:
    """Whom neither knows has none."""
    (known, told, unknown) = born(with_births, births.known, births.told, births.unknown)
    assert known[1] == REGISTRY
    assert known[0] != BORN
    assert told == (BORN, FEED)
    assert unknown == (None, None)


def test_two_players_of_one_name_have_their_own_birth_dates(with_births: Warehouse, births: Births) -> None:
    """By the team whose page it is. A page on which neither is known to be says nothing of either."""
    found = with_births.query(
        "select registry.team_abbr, births.birth_date from nba_intermediate.dim_player_birth_dates as births"
        " inner join nba_staging.stg_nba__players_registry as registry using (player_lookup)"
        f" where registry.registered_lookup = '{births.namesake[0]}' order by 2"
    )
    assert found == [(births.one, date(1991, 1, 1)), (births.two, date(1992, 2, 2))]


def test_another_player_whom_only_espn_knows_gives_nobody_his_birth_date(
    with_births: Warehouse, births: Births
) -> None:
    """Two ids of ESPN come out as one player: he is the one on the team that the registry has him with."""
    assert born(with_births, births.stranger) == [(BORN, FEED)]
    assert ("2022-01-10", births.two, "ambiguous player") in with_births.query(
        "select roster_date::text, team_abbr, quarantine_reason from nba_staging.stg_espn__team_rosters"
        f" where player_lookup = '{births.stranger[0]}'"
    )


def test_pages_that_contradict_each_other_say_no_birth_date(with_births: Warehouse, births: Births) -> None:
    assert born(with_births, births.corrected) == [(None, None)]
    assert (
        with_births.query(
            "select is_usable, quarantine_reason from nba_staging.stg_espn__team_rosters"
            f" where player_lookup = '{births.corrected[0]}' order by roster_date"
        )
        == [(True, "contradictory birth dates")] * 2
    )


def test_a_birth_date_that_no_player_has_is_left_out_and_the_row_kept(with_births: Warehouse, births: Births) -> None:
    assert born(with_births, births.child) == [(None, None)]
    assert with_births.query(
        "select is_usable, quarantine_reason from nba_staging.stg_espn__team_rosters"
        f" where player_lookup = '{births.child[0]}' order by roster_date"
    ) == [(True, "impossible birth date"), (True, None)]


CONTEXTS = "upcoming_player_game_context"


@pytest.mark.slow
def test_a_roster_makes_exactly_the_dates_due_that_read_it_and_a_birth_date_all_that_may(
    copy_of_confirmed_month: Warehouse, rewrite: Rewrite, rows_may_go: None
) -> None:
    """A page of between two games is not read by the earlier one, nor by a date whose official rosters are there."""
    month = copy_of_confirmed_month
    ((team, earlier, later),) = month.query(
        "select team_abbr, min(game_date), max(game_date) from nba_intermediate.dim_team_games"
        " where is_in_scope and game_date between '2021-11-08' and '2021-11-19' group by 1 having count(*) > 2 order by 1 limit 1"
    )
    (gone, ageless, *stay) = players_of(month, team, later)
    ages = f"select game_date, player_age from nba_analytics.{CONTEXTS} where player_lookup = '{ageless[0]}' order by 1"
    known = month.query(ages)
    rewrite(
        month.raw_dir, GAMEBOOK,
        f"select * from raw where not (team_abbr = '{team}' and game_date in ('{earlier}', '{later}'))",
    )  # fmt: skip
    rewrite(
        month.raw_dir, REGISTRY,
        f"select * replace (case when player_lookup <> '{ageless[0]}' then birth_date end as birth_date) from raw",
    )  # fmt: skip
    pages = Pages()
    pages.page(team, before(3, earlier), [gone, ageless, *stay])
    pages.write(month.raw_dir)
    everything = request(*FIRST_MONTH, allow_deletes=True)
    with at_work(month) as (project, warehouse):
        assert backfill(project, warehouse, everything, audited_share=0).built[CONTEXTS] > 0
        assert {age for _, age in month.query(ages)} == {None}
        hashes = dict(month.query(f"select (game_date, player_lookup), data_hash from nba_analytics.{CONTEXTS}"))

        pages.page(team, later, [ageless, *stay])
        pages.write(month.raw_dir)
        plan = plan_of(project, warehouse, everything)
        result = backfill(project, warehouse, everything, audited_share=0)
        assert f"{later}" in {f"{step.day}" for step in plan.steps if step.table == CONTEXTS}
        assert result.built[CONTEXTS] == 1
        after = dict(month.query(f"select (game_date, player_lookup), data_hash from nba_analytics.{CONTEXTS}"))
        assert {key[0] for key in hashes.keys() ^ after.keys()} == {later}
        assert (later, gone[0]) not in after

        for row in pages.rows:
            row["birth_date"] = BORN if row["player_lookup"] == ageless[0] else None
        pages.write(month.raw_dir)
        backfill(project, warehouse, everything, audited_share=0)
    assert month.query(ages) == [(day, 26) for day, _ in known]
