"""What a chunk selects of the models beside its tables."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from python_processors.orchestration.dbt_calls import DbtOutcome
from python_processors.orchestration.project import LAYER
from python_processors.orchestration.run.chunk import Chunk

DAYS = [date(2021, 11, 1), date(2021, 11, 2)]
READS = {"boxes": set(), "form": {"boxes"}, "expected": {"boxes"}, "contexts": {"boxes"}, "zones": {"boxes"}}


@pytest.fixture
def chunk() -> Any:
    """Of boxes, and of contexts and zones that read their form; contexts are tested with what is expected."""
    made = Chunk.__new__(Chunk)
    made._fresh = {}
    made._project = SimpleNamespace(
        tables=("boxes", "contexts", "zones"),
        layer_models=("staging",),
        seeds=("arenas",),
        node_id=lambda name: name,
        hashed_ancestors=lambda name: READS.get(name, set()),
        models_between=lambda table: set() if table == "boxes" else {"form"},
        tested_with=lambda table: {"expected"} if table == "contexts" else set(),
    )  # type: ignore[assignment]
    return made


def built(*names: str, failures: dict[str, str] | None = None) -> DbtOutcome:
    return DbtOutcome(built=set(names), failures=failures or {}, nodes=len(names))


def test_what_lies_between_tables_is_built_once(chunk: Any) -> None:
    assert chunk._models(["contexts"], DAYS) == ["contexts", "expected", "form"]
    chunk._note_fresh(["contexts"], DAYS, built("contexts", "expected", "form"))
    assert chunk._models(["zones"], DAYS[:1]) == ["zones"]


def test_what_a_table_is_tested_with_is_selected_whenever_it_is_built(chunk: Any) -> None:
    """dbt would run no such test without it: a half of what failed would pass."""
    chunk._note_fresh(["contexts"], DAYS, built("contexts", "expected", "form", failures={"contexts": "3 rows lack"}))
    assert chunk._models(["contexts"], DAYS[:1]) == ["contexts", "expected"]


def test_a_model_whose_own_test_failed_is_built_again(chunk: Any) -> None:
    chunk._note_fresh(["contexts"], DAYS, built("contexts", "form", failures={"form": "a test"}))
    assert "form" in chunk._models(["zones"], DAYS)


def test_a_model_is_built_again_once_what_it_reads_was(chunk: Any) -> None:
    chunk._note_fresh(["contexts"], DAYS, built("contexts", "form"))
    chunk._note_fresh(["boxes"], DAYS[:1], built("boxes"))
    assert "form" in chunk._models(["zones"], DAYS[1:])
    chunk._note_fresh(["zones"], DAYS, built("zones", "form"))
    assert "form" in chunk._models(["boxes", "zones"], DAYS)
    chunk._note_fresh([LAYER], DAYS, built("staging"))
    assert "form" in chunk._models(["zones"], DAYS)


def test_a_model_is_built_for_days_that_it_was_not_built_for(chunk: Any) -> None:
    chunk._note_fresh(["contexts"], DAYS[:1], built("contexts", "form"))
    assert "form" in chunk._models(["zones"], DAYS)
