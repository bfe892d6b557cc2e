"""Files that only help are ignored when they are not what they should be, and written anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from python_processors.engines.base import RunLockedError
from python_processors.engines.duckdb.file_lock import lock_file
from python_processors.orchestration.locks import run_at_work, run_lock
from python_processors.orchestration.run.detached import follow, log_file
from python_processors.orchestration.run.progress import Progress, RunStatus, read_status, status_file
from python_processors.orchestration.warehouse import DuckDBWarehouse
from python_processors.report import html

RUN = {"run_id": "a-run", "what": "a range", "state": "done", "pid": 1, "started_at": 1.0, "steps_planned": 9}
WRONG = [
    b"", b"{", b"null", b"3", b'"text"', b"[]", b'[["run_id", "a"]]', b"{}", b"\xff\xfe{}", b"[" * 100_000, b'{"run_id": 1}',
    json.dumps(RUN).encode()[:-9],
]  # fmt: skip
WRONG_VALUES = {
    "steps_planned": ["x", -1, 1.5, None, [], 10**400, True], "steps_done": ["x", {}], "pid": ["x", 0, -5, 2**40, None],
    "started_at": ["now", None, float("nan"), 1e300], "ended_at": ["x", float("inf")], "failures": ["x", [1], None],
    "run_id": [None, 7, {}], "state": [None, 1], "rows_written": ["9"], "now": [[]],
}  # fmt: skip


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    return DuckDBWarehouse(tmp_path / "fullcourt.duckdb")


@pytest.mark.parametrize(
    "text", [*WRONG, *(json.dumps(RUN | {key: value}).encode() for key in WRONG_VALUES for value in WRONG_VALUES[key])]
)
def test_a_status_that_is_none_is_no_run_and_the_next_run_writes_its_own(
    text: bytes, warehouse: DuckDBWarehouse
) -> None:
    status_file(warehouse).write_bytes(text)
    assert read_status(warehouse) is None
    assert follow(warehouse, print) is None
    Progress(warehouse, RunStatus("next", "a range")).close("done")
    assert read_status(warehouse).run_id == "next"


def test_a_status_as_it_should_be_is_read(warehouse: DuckDBWarehouse) -> None:
    status_file(warehouse).write_text(json.dumps(RUN), encoding="utf-8")
    assert (read_status(warehouse).run_id, read_status(warehouse).steps_planned) == ("a-run", 9)


@pytest.mark.parametrize("file", [status_file, log_file])
def test_a_folder_in_place_of_a_side_file_ends_no_run(
    file: Callable[[DuckDBWarehouse], Path], warehouse: DuckDBWarehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    (file(warehouse) / "mine").mkdir(parents=True)
    Progress(warehouse, RunStatus("next", "a range")).close("done")
    assert follow(warehouse, print) == (None if file is status_file else read_status(warehouse))
    assert (file(warehouse) / "mine").is_dir()
    assert not list(file(warehouse).parent.glob("*.json.*"))
    assert (str(file(warehouse)) in capsys.readouterr().err) == (file is status_file)


@pytest.mark.parametrize("text", WRONG)
def test_a_lock_is_held_whatever_its_file_says(text: bytes, warehouse: DuckDBWarehouse) -> None:
    lock_file(warehouse.path).write_bytes(text)
    assert run_at_work(warehouse) is None
    with run_lock(warehouse, "a-run", "a range"):
        assert run_at_work(warehouse)["run_id"] == "a-run"
        lock_file(warehouse.path).write_bytes(text)
        at_work = run_at_work(warehouse)
        assert at_work is not None
        assert "run_id" not in at_work or text == WRONG[10]
        with pytest.raises(RunLockedError, match="is running"), run_lock(warehouse, "second", "a range"):
            pass


def test_a_folder_in_place_of_the_lock_is_no_run_and_lets_none_start(warehouse: DuckDBWarehouse) -> None:
    lock_file(warehouse.path).mkdir()
    assert run_at_work(warehouse) is None
    with pytest.raises(IsADirectoryError), run_lock(warehouse, "a-run", "a range"):
        pass


@pytest.mark.parametrize("kept", [b"", b"var vega", b"// 00\nvar vega = 1;", b"\xff\xfe", None])
def test_a_kept_chart_library_that_was_cut_off_is_made_anew(
    kept: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html, "WORK_FOLDER", tmp_path)
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))
    made: list[str] = []
    monkeypatch.setattr(html.vl_convert, "javascript_bundle", lambda text: made.append(text) or "var vega = 'é';\n")
    file = tmp_path / "target" / f"vega-{html.version('vl-convert-python')}.js"
    file.parent.mkdir()
    if kept is None:
        file.mkdir()
    else:
        file.write_bytes(kept)
    assert [html.chart_library(), html.chart_library()] == ["var vega = 'é';\n"] * 2
    assert len(made) == (2 if kept is None else 1)  # a folder in its place stays, and nothing is kept


@pytest.mark.parametrize("is_writable", [True, False])
def test_the_chart_library_is_made_once_for_all_warehouses_of_a_checkout(
    is_writable: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    monkeypatch.setattr(html.vl_convert, "javascript_bundle", lambda text: made.append(text) or "var vega = 1;")
    monkeypatch.setattr(html, "WORK_FOLDER", tmp_path)
    if not is_writable:
        (tmp_path / "target").write_text("in the place of the folder")
    for warehouse in ("one", "two", "one", "two"):
        monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / warehouse))
        assert html.chart_library() == "var vega = 1;"
    assert len(made) == (1 if is_writable else 2)
    assert (tmp_path / "one").exists() != is_writable
