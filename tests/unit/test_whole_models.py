"""What a model that is built whole is made of, and which one nobody can tell that of."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from python_processors.orchestration.state.whole import _made_from

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
        graph={f"model.fullcourt.{name}": {"code": codes[name], "parents": parents[name]} for name in codes},
        node_id=lambda name: f"model.fullcourt.{name}",
        is_seed=lambda name: name == "arenas",
        is_ephemeral=lambda name: name == "part",
    )


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
