"""What a read sees of a date, and which dates a change may touch: on a few literal rows, and against brute force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from python_processors.orchestration.project import Project
from python_processors.orchestration.state.fingerprints import Fingerprints, Slot
from python_processors.orchestration.state.inputs import Inputs
from python_processors.orchestration.state.reads import Read

AUTUMN = date(2021, 10, 19)
Row = tuple[date, str]


def on(number: int) -> date:
    """Days are numbered from the first one of the season."""
    return AUTUMN + timedelta(days=number)


def games(size: int) -> Read:
    return Read("boxes", "games", size, by="player", of="rosters", of_column="player")


def days(size: int) -> Read:
    return Read("boxes", "days", size, by="player", of="rosters", of_column="player")


def season() -> Read:
    return Read("boxes", "season_before", by="player", of="rosters", of_column="player")


class League:
    """`report` reads `boxes` by the players of `rosters`. Every season is of its own year; rows differ in `lo`."""

    def __init__(
        self, read: Read, seasons: Iterable[Iterable[date]], boxes: Iterable[Row], rosters: Iterable[Row]
    ) -> None:
        self.fingerprints = Fingerprints(Project(), ())
        self.fingerprints.reads["report"] = (read,)
        self.fingerprints.slots["boxes"] = [Slot(read.columns, read.left_out)]
        self.inputs = Inputs(self.fingerprints)
        self.read, self.memory = read, self.inputs.memory
        self.memory.execute("set threads = 1")
        every = [(day, year, 1, True) for year, dates in enumerate(seasons) for day in dates]
        self._fill("dates", every)
        self._fill("all_days", [(day,) for day, *_ in every])
        self._fill("targets", [("rosters", day, player) for day, player in rosters])
        self._fill("units", [("boxes", 0, *row, 1, 0, 10**number) for number, row in enumerate(boxes)])

    def _fill(self, table: str, rows: list[tuple[object, ...]]) -> None:
        if rows:
            marks = ", ".join(f"({', '.join('?' * len(row))})" for row in rows)
            self.memory.execute(f"insert into {table} values {marks}", [value for row in rows for value in row])

    def fingerprint(self) -> dict[date, str]:
        self.inputs.forget(["boxes"])
        self.inputs.compute("select 'report' as table_name, day from dates")
        return dict(self.memory.execute("select day, input_fingerprint from inputs").fetchall())

    def changed_by(self, day: date, player: str) -> set[date]:
        """Dates whose input fingerprint moves with a row, which is put back as it was."""
        before = self.fingerprint()
        change = "update units set lo = lo + ? where day = ? and entity = ?"
        self.memory.execute(change, [7, day, player])
        after = self.fingerprint()
        self.memory.execute(change, [-7, day, player])
        return {on for on in before if before[on] != after[on]}

    def touched_by(self, day: date) -> set[date]:
        """Dates that a plan must reckon with once rows of a day are to be built anew."""
        self.memory.execute("delete from pending")
        self._fill("pending", [("boxes", day)])
        return set(self.inputs.days_touched("report", "select day from dates", "pending"))


def numbers(days: Iterable[date]) -> list[int]:
    return sorted((day - AUTUMN).days for day in days)


EVERY_DAY = [[on(number) for number in range(8)]]
ANNA_DAILY = [(on(number), "anna") for number in range(8)]


def test_a_row_counts_for_the_next_games_of_its_player_only() -> None:
    """Of Anna's games, the one on day 1 is among her last three until day 4."""
    league = League(games(3), EVERY_DAY, ANNA_DAILY, ANNA_DAILY)
    assert numbers(league.changed_by(on(1), "anna")) == [2, 3, 4]
    assert numbers(league.touched_by(on(1))) == [2, 3, 4]


def test_games_are_counted_by_the_players_own_rows_and_not_by_days() -> None:
    boxes = [(on(number), "anna") for number in (0, 3, 5)]
    league = League(games(2), EVERY_DAY, boxes, ANNA_DAILY)
    assert numbers(league.changed_by(on(0), "anna")) == numbers(league.touched_by(on(0))) == [1, 2, 3, 4, 5]
    assert numbers(league.changed_by(on(5), "anna")) == numbers(league.touched_by(on(5))) == [6, 7]


def test_a_row_dated_beside_a_day_counts_for_the_days_around_it() -> None:
    league = League(Read("boxes", "around", 1), EVERY_DAY, ANNA_DAILY, [])
    assert numbers(league.changed_by(on(3), "anna")) == [2, 3, 4]


def test_a_row_of_a_player_whom_nobody_looks_up_does_not_count() -> None:
    boxes = [*ANNA_DAILY, (on(1), "berta")]
    for read in (games(3), season(), days(5)):
        league = League(read, EVERY_DAY, boxes, ANNA_DAILY)
        assert league.changed_by(on(1), "berta") == set()


def test_a_day_is_touched_only_where_somebody_who_has_a_row_is_looked_up() -> None:
    boxes = [(on(0), "anna"), (on(1), "berta")]
    rosters = [(on(2), "berta"), (on(3), "anna"), (on(5), "berta")]
    league = League(season(), EVERY_DAY, boxes, rosters)
    assert (numbers(league.touched_by(on(0))), numbers(league.touched_by(on(1)))) == ([3], [2, 5])


def test_rows_that_are_still_to_come_may_be_anybodys() -> None:
    league = League(games(2), EVERY_DAY, [(on(0), "anna")], ANNA_DAILY)
    assert numbers(league.touched_by(on(4))) == [5, 6, 7]


def test_a_change_on_the_date_itself_or_later_does_not_count() -> None:
    for read in (games(3), season(), days(5)):
        league = League(read, EVERY_DAY, ANNA_DAILY, [(on(4), "anna")])
        assert league.changed_by(on(4), "anna") == league.changed_by(on(6), "anna") == set()
        assert league.touched_by(on(4)) == league.touched_by(on(6)) == set()


def test_games_and_the_season_end_with_the_season_and_days_do_not() -> None:
    two_seasons = [EVERY_DAY[0][:4], EVERY_DAY[0][4:]]
    for read, reached in ((games(6), [3]), (season(), [3]), (days(4), [3, 4, 5, 6])):
        league = League(read, two_seasons, ANNA_DAILY, ANNA_DAILY)
        assert numbers(league.changed_by(on(2), "anna")) == numbers(league.touched_by(on(2))) == reached


def test_the_days_of_a_window_include_the_first_and_leave_out_the_date() -> None:
    dates = [[on(0), on(1094), on(1095), on(1096)]]
    boxes = [(day, "anna") for day in dates[0]]
    league = League(days(1095), dates, boxes, boxes)
    assert numbers(league.changed_by(on(0), "anna")) == numbers(league.touched_by(on(0))) == [1094, 1095]


def test_the_order_of_rows_does_not_count_and_a_doubled_row_does() -> None:
    boxes = [(on(0), "anna"), (on(1), "anna"), (on(0), "berta")]
    league = League(season(), EVERY_DAY, boxes, ANNA_DAILY)
    before = league.fingerprint()
    league.memory.execute("create or replace table units as select * from units order by day desc, entity desc")
    assert league.fingerprint() == before
    league.memory.execute("update units set n = 2, lo = 2 * lo where day = ? and entity = 'anna'", [on(1)])
    assert numbers(day for day in before if league.fingerprint()[day] != before[day]) == [2, 3, 4, 5, 6, 7]


def test_a_row_on_a_day_without_games_counts_for_the_games_around_it() -> None:
    """Histories go back by date: what lies on a day off is read, and must not go unseen."""
    league = League(season(), [[on(0), on(1)], [on(4), on(5)]], [(on(2), "anna")], ANNA_DAILY)
    assert numbers(league.changed_by(on(2), "anna")) == numbers(league.touched_by(on(2))) == [4, 5]


PLAYERS = ("anna", "berta", "clara")
BIG_DAYS = st.sampled_from([0, 1, 2, 3, 5, 364, 365, 366, 400, 1094, 1095, 1096, 1097, 1460])
big_rows = st.lists(st.tuples(BIG_DAYS.map(on), st.sampled_from(PLAYERS)), unique=True, max_size=16)


def reach(on: date, seasons: Mapping[date, int]) -> set[int]:
    """Seasons that see a row: of a day without games those of the games before and after it."""
    if on in seasons:
        return {seasons[on]}
    before, after = [d for d in seasons if d < on], [d for d in seasons if d > on]
    return {seasons[day] for day in (*sorted(before)[-1:], *sorted(after)[:1])}


def counts_for(read: Read, day: date, row: Row, boxes: list[Row], seasons: Mapping[date, int]) -> bool:
    """Whether a date that looks up the row's player sees the row, by going through the rows one by one."""
    on, player = row
    if on >= day:
        return False
    if read.window == "days":
        return (day - on).days <= read.size
    if seasons[day] not in reach(on, seasons):
        return False
    later = [d for d, of in boxes if of == player and on < d < day and seasons[day] in reach(d, seasons)]
    return read.window == "season_before" or len(later) < read.size


@settings(max_examples=60)
@given(
    read=st.one_of(st.integers(1, 4).map(games), st.sampled_from([days(30), days(1095)]), st.just(season())),
    dates=st.sets(BIG_DAYS.map(on), min_size=1),
    boxes=big_rows,
    rosters=big_rows,
    changed=st.integers(0, 99),
)
def test_windows_by_player_agree_with_brute_force(
    read: Read, dates: set[date], boxes: list[Row], rosters: list[Row], changed: int
) -> None:
    """Two seasons; rows and rosters may lie on days that have no games, as those of a game put off do."""
    seasons = {day: int(day >= on(365)) for day in dates}
    league = League(read, [[day for day in dates if seasons[day] == year] for year in (0, 1)], boxes, rosters)

    def seen(row: Row) -> set[date]:
        return {day for day in dates if (day, row[1]) in rosters and counts_for(read, day, row, boxes, seasons)}

    if boxes:
        row = boxes[changed % len(boxes)]
        assert league.changed_by(*row) == seen(row)
        of_the_day = [other for other in boxes if other[0] == row[0]]
        assert league.touched_by(row[0]) == set().union(*map(seen, of_the_day))
