"""The manifest of an export: its digest is of all that it says, and what it may say is closed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from python_processors.contract import PROJECT_ROOT
from python_processors.export import MANIFEST, ManifestError, read_manifest
from python_processors.export.checking import check_export
from python_processors.export.manifest import (
    KIND,
    SCHEMA_VERSION,
    Asked,
    ExportedFile,
    FileColumn,
    FileDate,
    LeftOut,
    Manifest,
    Partition,
    fingerprint_of,
)
from python_processors.orchestration.state.macros import rendered

DAY = date(2021, 11, 5)
COLUMNS = (("game_date", "date32[day]", "DATE"), ("player", "string", "STRING"), ("data_hash", "string", "STRING"))
FILE = ExportedFile(
    name="made_up.parquet", content="table", tables=("made_up",), rows=2, bytes=1, sha256="0" * 64, key=("player",),
    date_column="game_date", dates=(FileDate(date=DAY, rows=2, fingerprint="2:1:1"),), left_out=(),
    columns=tuple(
        FileColumn(name=name, type=kind, contract_type=contract, is_hashed=name != "data_hash")
        for name, kind, contract in COLUMNS
    ),
)  # fmt: skip
MADE = Manifest(
    kind=KIND, schema_version=SCHEMA_VERSION, created_at=datetime(2021, 11, 6, tzinfo=UTC), fullcourt_version="0.1.0", target="duckdb", warehouse="fullcourt",
    relations={"made_up": "nba_analytics.made_up"}, is_simulated=True, start=DAY, end=DAY, libraries={},
    asked=Asked(tables=("made_up",), features=False, label=None, lines=False, include_untrusted=False),
    partitions=(
        Partition(
            table="made_up", date=DAY, outcome="complete", is_trusted=True, reason="", rows=2, fingerprint="2:1:1",
            logic_version="abc", libraries="",
        ),
    ),
    files=(FILE,),
)  # fmt: skip


def written(folder: Path, change: Callable[[dict[str, Any]], None] = lambda values: None) -> Path:
    values = json.loads(MADE.signed.text)
    change(values)
    (folder / MANIFEST).write_text(json.dumps(values, indent=7, sort_keys=True))
    return folder


def test_a_manifest_is_read_as_it_was_written_however_it_is_laid_out(tmp_path: Path) -> None:
    found = read_manifest(written(tmp_path))
    assert found == MADE.signed
    assert found.expected_digest == found.digest


@pytest.mark.parametrize(
    "change",
    [
        lambda values: values.update(target="bigquery"),
        lambda values: values["asked"].update(include_untrusted=True),
        lambda values: values["partitions"][0].update(logic_version="abd"),
        lambda values: values["files"][0]["dates"].clear(),
        lambda values: values.update(digest=None),
    ],
)
def test_whatever_is_changed_in_it_its_digest_tells(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    found = read_manifest(written(tmp_path, change))
    assert found.expected_digest != found.digest


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda values: values.update(schema_version=2), "its form is 2, and this version of fullcourt knows forms up to 1"),
        (lambda values: values.update(kind="another"), "kind"),
        (lambda values: values.pop("kind"), "kind"),
        (lambda values: values.update(more=1), "more"),
        (lambda values: values.pop("files"), "files"),
        (lambda values: values["files"][0].update(name="../made_up.parquet"), "files.0.name"),
        (lambda values: values["files"][0].update(name="/etc/passwd"), "files.0.name"),
        (lambda values: values["files"][0].update(rows="2"), "files.0.rows"),
        (lambda values: values["files"][0].update(rows=-2), "files.0.rows"),
        (lambda values: values["files"][0].update(key=["nobody"]), "lacks columns of its key"),
        (lambda values: values["files"][0].update(key=[]), "lacks columns of its key"),
        (lambda values: values["files"][0].update(date_column="player"), "no column of dates player"),
        (lambda values: values["files"][0]["columns"].pop(), "lacks its data_hash"),
        (lambda values: values["files"][0]["columns"][1].update(contract_type="TEXT"), "`TEXT` is no contract type"),
        (lambda values: values["files"][0]["columns"][1].update(contract_type=None), "without a contract type"),
        (lambda values: values["files"][0]["columns"][1].update(is_hashed=False), "a key that is not hashed"),
        (lambda values: values["partitions"][0].update(fingerprint="many"), "partitions.0.fingerprint"),
    ],
)  # fmt: skip
def test_what_is_no_manifest_is_refused_with_where(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    with pytest.raises(ManifestError) as refused:
        read_manifest(written(tmp_path, change))
    assert said in str(refused.value)
    checked = check_export(tmp_path)
    assert not checked.passed
    assert said in checked.lines()[0]


def test_every_key_is_documented() -> None:
    page = (PROJECT_ROOT / "docs" / "python.md").read_text().partition("### manifest.json")[2]
    assert f"`schema_version` is {SCHEMA_VERSION}" in page
    keys = {
        name
        for part in (Manifest, Asked, Partition, ExportedFile, FileColumn, FileDate, LeftOut)
        for name in part.model_fields
    }
    assert {name for name in keys if f"`{name}`" not in page} == set()


def test_an_export_without_rows_does_not_pass(tmp_path: Path) -> None:
    empty = MADE.model_copy(update={"files": ()})
    (tmp_path / MANIFEST).write_text(empty.signed.text)
    checked = check_export(tmp_path)
    assert [found.said for found in checked.findings] == [
        "manifest.json: the export has no rows, so that there is nothing to check.",
        "manifest.json: table made_up was asked for, and is not in it.",
    ]
    assert checked.lines()[-1].startswith("FAIL: ")


def test_rows_of_a_date_that_is_not_trusted_contradict_what_was_asked(tmp_path: Path) -> None:
    stale = MADE.partitions[0].model_copy(update={"is_trusted": False, "reason": "made_up is stale"})
    for untrusted, expected in ((False, True), (True, False)):
        asked = MADE.asked.model_copy(update={"include_untrusted": untrusted})
        made = MADE.model_copy(update={"partitions": (stale,), "asked": asked})
        (tmp_path / MANIFEST).write_text(made.signed.text)
        said = [found.said for found in check_export(tmp_path).findings]
        assert ("manifest.json: made_up.parquet 2021-11-05: exported, though made_up is stale." in said) is expected


@pytest.mark.parametrize("hashes", [[], ["0123456789abcdef"], ["0123456789abcdef", "x", None, "ABCDEF0123456789"]])
def test_the_digest_of_a_date_is_that_of_the_warehouse(hashes: list[str | None]) -> None:
    rows = pa.table({"data_hash": pa.array(hashes, pa.string())})
    with duckdb.connect() as connection:
        connection.register("found", rows)
        sql = rendered("partition_fingerprint", "coalesce(data_hash, '')")
        assert connection.sql(f"select {sql} from found").fetchall() == [(fingerprint_of(rows["data_hash"]),)]
