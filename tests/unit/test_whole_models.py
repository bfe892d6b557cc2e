"""What a model that is built whole is made of, and which one nobody can tell that of."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from python_processors.orchestration.state.ledger import MADE_OF
from python_processors.orchestration.state.memory import Memory
from python_processors.orchestration.state.whole import _made_from, origins_made, read_origins, unchanged

CODES = {"staged": "select * from games", "dates": "select day from staged", "boxes": "select * from raw_boxes"}
PARENTS = {
    "staged": ("source.fullcourt.nba_raw.nbac_schedule", "seed.fullcourt.arenas"),
    "dates": ("model.fullcourt.staged",),
    "boxes": ("source.fullcourt.nba_raw.bdl_player_boxscores",),
}


def project(**more: Any) -> Any:
    codes, parents = {**CODES, **more.get("codes", {})}, {**PARENTS, **more.get("parents", {})}
    return SimpleNamespace(
        whole_models=("dates", "staged"),
        seeds=("arenas",),
        graph={f"model.fullcourt.{name}": {"code": codes[name], "parents": parents[name]} for name in codes},
        node_id=lambda name: f"model.fullcourt.{name}",
        is_seed=lambda name: name == "arenas",
        is_ephemeral=lambda name: name == "part",
        relation=lambda name: f"nba_intermediate.{name}",
        checksum=lambda seed: "of the csv",
        files=more.get("files", "as they are"),
        logic_version=lambda table: "logic",
        libraries=lambda session: "libraries",
    )


class Session:
    """A warehouse in which every relation has one column; a raw table holds what `raw` says."""

    def __init__(self, raw: str = "3:1:2") -> None:
        self.raw = raw

    def columns(self, relation: str) -> list[tuple[str, str, bool]]:
        return [("game_id", "STRING", True)]

    def named(self, relation: str) -> str:
        return relation

    def row_hash(self, columns: list[str]) -> tuple[str, str]:
        return "1", "2"

    def read(self, sql: str) -> pa.Table:
        return pa.table({"relation": ["nbac_schedule"], "content": [self.raw]})


def test_a_model_comes_of_the_raw_tables_and_seeds_of_all_that_it_reads() -> None:
    assert _made_from(project(), "dates") == {"nbac_schedule", "arenas"}


def test_parts_that_are_no_relations_count_too() -> None:
    of = project(
        codes={"part": "select 1"},
        parents={"part": PARENTS["boxes"], "dates": ("model.fullcourt.staged", "model.fullcourt.part")},
    )
    assert _made_from(of, "dates") == {"nbac_schedule", "arenas", "bdl_player_boxscores"}


def test_a_model_that_reads_one_with_a_window_is_always_built() -> None:
    of = project(parents={"dates": ("model.fullcourt.staged", "model.fullcourt.boxes")})
    assert _made_from(of, "dates") is None


@pytest.mark.parametrize("clock", ["current_date", "CURRENT_TIMESTAMP()", "now()", "{{ run_started_at }}", "random()"])
def test_a_model_that_asks_a_clock_is_always_built_and_so_is_who_reads_it(clock: str) -> None:
    of = project(codes={"staged": f"select * from games where day < {clock}"})
    assert _made_from(of, "staged") is None
    assert _made_from(of, "dates") is None


def test_a_word_that_is_no_call_is_no_clock() -> None:
    assert _made_from(project(codes={"staged": "select random, uuid from games"}), "staged") is not None


def confirmed(session: Any, of: Any) -> Memory:
    """What was made of the schedule as it is, and that it was."""
    memory = Memory()
    memory.execute("insert into made values ('staged', date '2021-10-19', '1:2:3')")
    rows = origins_made(of, session, memory, read_origins(of, session, ["staged"]), {"staged"})
    assert [row.relation for row in rows] == [f"{MADE_OF}staged"]
    for row in rows:
        memory.execute("insert into model_ledger values (?, ?, ?)", [row.relation, row.day, row.fingerprint])
    return memory


def test_a_model_is_unchanged_while_files_raw_rows_and_its_own_are() -> None:
    session: Any = Session()
    memory = confirmed(session, project())

    def found(of: Any, session: Any) -> set[str]:
        return unchanged(of, session, memory, read_origins(of, session, ["staged"]))

    assert found(project(), session) == {"staged"}
    assert found(project(files="a contract says otherwise"), session) == set()
    assert found(project(), Session(raw="4:1:2")) == set()
    memory.execute("update made set fingerprint = '1:2:4'")
    assert found(project(), session) == set()


def test_nothing_is_said_of_a_model_whose_raw_rows_changed_while_it_was_built() -> None:
    of, memory = project(), Memory()
    before = read_origins(of, Session(), ["staged"])  # type: ignore[arg-type]
    assert origins_made(of, Session(raw="4:1:2"), memory, before, {"staged"}) == []  # type: ignore[arg-type]


def test_a_model_that_is_confirmed_as_it_is_gets_no_second_row() -> None:
    session: Any = Session()
    memory = confirmed(session, project())
    assert origins_made(project(), session, memory, read_origins(project(), session, ["staged"]), {"staged"}) == []


def test_a_seed_is_unchanged_while_its_file_and_its_rows_are() -> None:
    session: Any = Session()
    of, memory = project(), Memory()
    memory.execute("insert into made values ('arenas', date '0001-01-01', '38:2:3')")
    for row in origins_made(of, session, memory, read_origins(of, session, ["arenas"]), {"arenas"}):
        memory.execute("insert into model_ledger values (?, ?, ?)", [row.relation, row.day, row.fingerprint])
    assert unchanged(of, session, memory, read_origins(of, session, ["arenas"])) == {"arenas"}
    of.checksum = lambda seed: "of another csv"
    assert unchanged(of, session, memory, read_origins(of, session, ["arenas"])) == set()
    of.checksum = lambda seed: "of the csv"
    memory.execute("update made set fingerprint = '37:2:3'")
    assert unchanged(of, session, memory, read_origins(of, session, ["arenas"])) == set()
