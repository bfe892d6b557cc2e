"""`fullcourt export` gives what the Python API gives, as Parquet; `fullcourt verify --export` needs no warehouse, and
names whatever was done to the files since."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pa_parquet
import pytest
from click.testing import CliRunner, Result

import fullcourt
from python_processors import cli
from python_processors.contract import hashed_tables
from python_processors.export import MANIFEST, read_manifest, writing
from python_processors.export.manifest import sha256_of
from tests.integration.conftest import FIRST_MONTH, at_work
from tests.integration.test_command_line import fullcourt as command
from tests.integration.test_python_api import KEY, held, stored
from tests.warehouse import Warehouse, environment

DAY = "2021-11-05"
MONTH = ("--start", FIRST_MONTH[0], "--end", FIRST_MONTH[1])
ONE_DAY = ("--start", DAY, "--end", DAY)
PLAYERS, TEAMS = "player_game_summary", "team_offense_game_summary"
EVERYTHING = ("--tables", ",".join(hashed_tables()), "--features", "--training-set", "--lines")


@pytest.fixture(scope="module")
def exported(confirmed: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The confirmed month with all that can be exported. Not to be changed."""
    folder = tmp_path_factory.mktemp("export") / "month"
    command(confirmed, "export", str(folder), *MONTH, *EVERYTHING)
    return folder


@pytest.fixture
def copy(exported: Path, tmp_path: Path) -> Path:
    shutil.copytree(exported, tmp_path / "elsewhere")
    return tmp_path / "elsewhere"


def verified(folder: Path, *arguments: str, code: int) -> Result:
    """By a command that has no warehouse: looking for one would make a file."""
    nowhere = folder.parent / "no_warehouse" / "fullcourt.duckdb"
    with environment(FULLCOURT_DUCKDB=str(nowhere)):
        result = CliRunner().invoke(cli.app, ["verify", "--export", str(folder), *arguments])
    assert isinstance(result.exception, SystemExit | None), result.exc_info
    assert result.exit_code == code, result.output
    assert not nowhere.parent.exists()
    return result


def rewritten(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    pa_parquet.write_table(change(pa_parquet.read_table(path)), path)


def changed_manifest(folder: Path, change: Callable[[dict[str, Any]], None], *, signed: bool = True) -> None:
    """The manifest with other values.

    :param signed: with the digest that then belongs to it.
    """
    values = json.loads((folder / MANIFEST).read_text())
    change(values)
    (folder / MANIFEST).write_text(json.dumps(values))
    if signed:
        (folder / MANIFEST).write_text(read_manifest(folder).signed.text)


def test_an_export_is_what_the_api_gives(exported: Path, confirmed: Warehouse) -> None:
    with at_work(confirmed):
        warehouse = fullcourt.open(confirmed.path)
        for table in hashed_tables():
            assert pa_parquet.read_table(exported / f"{table}.parquet").equals(warehouse.table(table, *FIRST_MONTH))
        assert pa_parquet.read_table(exported / "features.parquet").equals(warehouse.features(*FIRST_MONTH))
        made = warehouse.training_set(*FIRST_MONTH, lines=True)
    known = pa_parquet.read_table(exported / "training_known.parquet")
    result = pa_parquet.read_table(exported / "training_result.parquet")
    assert known.equals(made.known)
    assert result.drop_columns(KEY).equals(made.result)
    assert result.select(KEY).equals(known.select(KEY))
    assert pa_parquet.read_schema(exported / f"{PLAYERS}.parquet").field("minutes_played").type == pa.decimal128(5, 1)


def test_its_manifest_has_each_date_as_the_ledger_has_it(exported: Path, confirmed: Warehouse) -> None:
    made = read_manifest(exported)
    ledger = {
        (row["table_name"], row["game_date"]): row
        for row in stored(confirmed, "from nba_ops.input_ledger order by sequence")
    }
    partitions = {(of.table, of.date): of for of in made.partitions}
    assert len(partitions) == 32 * len(hashed_tables())
    for at, of in partitions.items():
        assert of.is_trusted
        if of.rows:
            assert of.outcome == "complete"
            assert of.fingerprint == ledger[at]["output_fingerprint"]
            assert (of.logic_version, of.libraries) == (ledger[at]["logic_version"], ledger[at]["libraries"])

    assert {"duckdb", "pyarrow"} <= made.libraries.keys()
    assert (made.target, made.is_simulated, made.schema_version) == ("duckdb", True, 1)
    assert sorted(path.name for path in exported.iterdir()) == sorted([MANIFEST, *(of.name for of in made.files)])


def test_it_is_verified_where_there_is_no_warehouse(copy: Path) -> None:
    said = verified(copy, code=0).stdout
    made = read_manifest(copy)
    hashed = sum(of.rows for of in made.files if of.content == "table")
    assert said.splitlines()[-1] == f"PASS: 13 files, {made.rows:,} rows, {hashed:,} of them by data_hash"
    assert "no value was computed anew: features.parquet, training_known.parquet, training_result.parquet." in said
    found = json.loads(verified(copy, "--json", code=0).stdout)
    assert found["passed"]
    assert found["findings"] == []
    assert {of["name"]: of["hashed_rows"] for of in found["files"]}["features.parquet"] == 0


def first_changed(column: str, value: Any) -> Callable[[pa.Table], pa.Table]:
    """Another value in the first row of DAY, the hash kept."""

    def change(rows: pa.Table) -> pa.Table:
        place = pc.index(rows["game_date"], date.fromisoformat(DAY)).as_py()
        values = rows[column].to_pylist()
        assert values[place] != value
        values[place] = value
        return rows.set_column(
            rows.schema.get_field_index(column), rows.schema.field(column), pa.array(values, rows[column].type)
        )

    return change


def without_first(rows: pa.Table) -> pa.Table:
    place = pc.index(rows["game_date"], date.fromisoformat(DAY)).as_py()
    return pa.concat_tables([rows.slice(0, place), rows.slice(place + 1)])


def with_first_twice(rows: pa.Table) -> pa.Table:
    place = pc.index(rows["game_date"], date.fromisoformat(DAY)).as_py()
    return pa.concat_tables([rows.slice(0, place + 1), rows.slice(place)])


def first_key(folder: Path) -> str:
    """The first row of DAY, as findings name it."""
    rows = pa_parquet.read_table(folder / f"{PLAYERS}.parquet")
    row = rows.slice(pc.index(rows["game_date"], date.fromisoformat(DAY)).as_py(), 1).to_pylist()[0]
    return f"game_id={row['game_id']}, player_lookup={row['player_lookup']}"


@pytest.mark.parametrize("is_forged", [False, True], ids=["the file alone", "with the manifest signed for it"])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (first_changed("points", 99), "1 row is not what its data_hash was made of: {key}"),
        (first_changed("minutes_played", Decimal("47.9")), "1 row is not what its data_hash was made of: {key}"),
        (first_changed("data_hash", "x"), "1 row has a data_hash that is not 16 lower-case hex characters: {key}"),
        (without_first, "{less} rows, and {rows} were exported."),
        (first_changed("game_date", None), "{less} rows, and {rows} were exported."),
        (with_first_twice, "1 key has more than one row: {key}"),
    ],
    ids=["a value", "a decimal", "a hash", "a row less", "a date taken away", "a row twice"],
)
def test_what_is_done_to_rows_is_named_by_date_and_key(
    copy: Path, change: Callable[[pa.Table], pa.Table], said: str, is_forged: bool
) -> None:
    """Also where somebody puts the file's new SHA-256 and the manifest's new digest in place."""
    path, key = copy / f"{PLAYERS}.parquet", first_key(copy)
    rows = next(of for of in read_manifest(copy).partitions if (of.table, f"{of.date}") == (PLAYERS, DAY)).rows
    rewritten(path, change)

    def sign(values: dict[str, Any]) -> None:
        file = next(of for of in values["files"] if of["name"] == path.name)
        file.update(sha256=sha256_of(path), bytes=path.stat().st_size)

    if is_forged:
        changed_manifest(copy, sign)
    found = json.loads(verified(copy, "--json", code=1).stdout)["findings"]
    expected = said.format(key=key, rows=rows, less=rows - 1)
    named = [of for of in found if expected in of["said"]]
    assert [(of["file"], of["table"], of["date"]) for of in named] == [(path.name, PLAYERS, DAY)], found
    assert {of["kind"] for of in found} >= ({named[0]["kind"]} | (set() if is_forged else {"sha256"}))
    assert {of["file"] for of in found} == {path.name}
    text = verified(copy, code=1).stdout
    assert f"{path.name} {DAY}: {expected}" in text
    assert text.splitlines()[-1].startswith("FAIL: ")


def swapped(folder: Path) -> None:
    first, second = folder / f"{PLAYERS}.parquet", folder / f"{TEAMS}.parquet"
    first.rename(folder / "aside")
    second.rename(first)
    (folder / "aside").rename(second)


def edited(key: str, value: Any) -> Callable[[Path], None]:
    """A value of the first date of the first file with rows, unsigned."""

    def change(folder: Path) -> None:
        def edit(values: dict[str, Any]) -> None:
            of_date = next(of for file in values["files"] for of in file["dates"] if of["rows"])
            of_date[key] = value

        changed_manifest(folder, edit, signed=False)

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (swapped, [f"{PLAYERS}.parquet: the file is not the one", f"{TEAMS}.parquet: its columns are not those"]),
        (lambda folder: (folder / f"{TEAMS}.parquet").unlink(), [f"{TEAMS}.parquet: the file is lacking."]),
        (lambda folder: (folder / "notes.txt").write_text(""), ["notes.txt is no part of the export: move it away."]),
        (
            lambda folder: (folder / f"{TEAMS}.parquet").write_bytes(b"PAR1"),
            [f"{TEAMS}.parquet: it cannot be read as Parquet"],
        ),
        (
            lambda folder: rewritten(folder / "training_result.parquet", lambda rows: rows.take(list(range(len(rows)))[::-1])),
            ["training_result.parquet: its rows are not those of training_known.parquet, one by one"],
        ),
        (
            lambda folder: rewritten(folder / "features.parquet", first_changed("feature_quality_score", 1.0)),
            ["features.parquet: the file is not the one that was written: its SHA-256 or size is another."],
        ),
        (edited("rows", 1000), ["its digest is not that of what it says", "its dates have", "and 1,000 were exported"]),
        (edited("fingerprint", "4:1:1"), ["its digest is not", "the date's rows are not those that", "values are others"]),
        (edited("rows", "many"), ["manifest.json: 1 fault of its form", "rows", "Nothing else was checked"]),
        (lambda folder: (folder / MANIFEST).write_text("{"), ["manifest.json: it is no JSON object"]),
        (lambda folder: (folder / MANIFEST).write_text("[]"), ["manifest.json:", "1 fault of its form"]),
        (lambda folder: (folder / MANIFEST).unlink(), ["manifest.json: there is none"]),
    ],
    ids=[
        "files swapped", "a file lacks", "a file more", "a file cut off", "a side in another order", "a feature", "a count",
        "a fingerprint", "no number", "no JSON", "no object", "no manifest",
    ],
)  # fmt: skip
def test_what_is_done_to_files_and_manifest_is_named(
    copy: Path, change: Callable[[Path], None], said: list[str]
) -> None:
    change(copy)
    text = verified(copy, code=1).stdout
    assert [part for part in said if part not in text] == [], text
    assert "PASS:" not in text
    assert not json.loads(verified(copy, "--json", code=1).stdout)["passed"]


def test_a_file_that_manifest_and_folder_lack_is_named(copy: Path) -> None:
    (copy / f"{TEAMS}.parquet").unlink()
    (copy / "training_result.parquet").unlink()
    gone = {f"{TEAMS}.parquet", "training_result.parquet"}
    changed_manifest(copy, lambda values: values.update(files=[of for of in values["files"] if of["name"] not in gone]))
    text = verified(copy, code=1).stdout
    assert f"table {TEAMS} was asked for, and is not in it." in text
    assert "training_result points was asked for, and is not in it." in text


def test_a_date_that_nobody_accounts_for_is_named(copy: Path) -> None:
    """A date and its rows gone from file and manifest alike, signed."""
    path = copy / f"{PLAYERS}.parquet"
    rewritten(path, lambda rows: rows.filter(pc.not_equal(rows["game_date"], date.fromisoformat(DAY))))

    def forget(values: dict[str, Any]) -> None:
        file = next(of for of in values["files"] if of["name"] == path.name)
        file["rows"] -= sum(of["rows"] for of in file["dates"] if of["date"] == DAY)
        file["dates"] = [of for of in file["dates"] if of["date"] != DAY]
        file.update(sha256=sha256_of(path), bytes=path.stat().st_size)

    changed_manifest(copy, forget)
    assert f"{path.name} {DAY}: neither exported nor left out." in verified(copy, code=1).stdout


@pytest.fixture
def with_untrusted(copy_of_confirmed_month: Warehouse) -> Warehouse:
    """A date is stale, and a row of another one was changed behind its hash."""
    copy_of_confirmed_month.execute(
        f"update nba_analytics.{PLAYERS} set points = points + 1, data_hash = 'x' where game_date = '{DAY}';"
        f"update nba_analytics.{TEAMS} set points_scored = points_scored + 1 where game_date = '2021-11-06'"
    )
    return copy_of_confirmed_month


def test_a_date_that_is_not_trusted_is_left_out_and_listed(with_untrusted: Warehouse, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    asked = ("--start", DAY, "--end", "2021-11-07", "--tables", f"{PLAYERS},{TEAMS}", "--training-set")
    said = command(with_untrusted, "export", str(folder), *asked, code=1).stdout
    assert f"not trusted, left out: {DAY}: {PLAYERS} is stale" in said
    altered = f"left out: 2021-11-06: {TEAMS}: verification found that rows are not what their data_hash was made of"
    assert altered in said
    made = {of.name: of for of in read_manifest(folder).files}
    for name in (f"{PLAYERS}.parquet", "training_known.parquet", "training_result.parquet"):
        assert DAY in {f"{of.date}" for of in made[name].left_out}
        assert date.fromisoformat(DAY) not in pa_parquet.read_table(folder / name)["game_date"].to_pylist()
    assert [f"{of.date}" for of in made[f"{TEAMS}.parquet"].left_out if "verification" in of.reason] == ["2021-11-06"]
    passed = verified(folder, code=0).stdout
    assert f"Left out of {PLAYERS}.parquet: {DAY}: {PLAYERS} is stale" in passed

    said = command(with_untrusted, "export", str(folder), *asked, "--include-untrusted", "--replace", code=1).stdout
    assert f"not trusted, exported all the same: {DAY}: {PLAYERS} is stale" in said
    assert date.fromisoformat(DAY) in pa_parquet.read_table(folder / f"{PLAYERS}.parquet")["game_date"].to_pylist()
    failed = verified(folder, code=1).stdout
    assert f"Not trusted, and in the export: {DAY}: {PLAYERS} is stale" in failed
    assert f"{TEAMS}.parquet 2021-11-06: " in failed
    assert "rows are not what their data_hash was made of" in failed


def test_of_dates_without_a_row_to_trust_nothing_is_written(with_untrusted: Warehouse, tmp_path: Path) -> None:
    for asked, said in (
        (
            (*ONE_DAY, "--tables", PLAYERS),
            f"no date can be trusted that has rows, the first: {DAY}: {PLAYERS} is stale",
        ),
        (("--start", "2021-10-19", "--end", "2021-10-20", "--features"), "no row of these dates is stored"),
    ):
        assert said in command(with_untrusted, "export", str(tmp_path / "none"), *asked, code=2).stderr
    assert [path.name for path in tmp_path.iterdir() if "none" in path.name] == []


def test_it_is_written_while_a_run_holds_the_warehouse(copy_of_confirmed_month: Warehouse, tmp_path: Path) -> None:
    with held(copy_of_confirmed_month.path):
        command(copy_of_confirmed_month, "export", str(tmp_path / "export"), *ONE_DAY, "--tables", PLAYERS)
    assert "PASS: 1 file," in verified(tmp_path / "export", code=0).stdout


def test_only_an_earlier_export_is_replaced_and_only_when_asked(confirmed: Warehouse, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    export = ("export", str(folder), *ONE_DAY, "--tables", PLAYERS)
    command(confirmed, *export)
    assert f"holds the export of {DAY} to {DAY}. Replace it" in command(confirmed, *export, code=2).stderr
    (folder / "mine.txt").write_text("mine")
    assert "holds mine.txt, which is no part of" in command(confirmed, *export, "--replace", code=2).stderr
    (folder / "mine.txt").unlink()
    command(confirmed, "export", str(folder), *ONE_DAY, "--tables", TEAMS, "--replace")
    assert sorted(path.name for path in folder.iterdir()) == [MANIFEST, f"{TEAMS}.parquet"]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("mine")
    refused = command(confirmed, "export", str(tmp_path / "other"), *ONE_DAY, "--replace", code=2).stderr
    assert "holds mine.txt, and is no export" in refused
    assert (tmp_path / "other" / "mine.txt").read_text() == "mine"


def test_an_export_that_is_broken_off_leaves_what_was_there(
    confirmed: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "export"
    command(confirmed, "export", str(folder), *ONE_DAY, "--tables", PLAYERS)
    before = (folder / MANIFEST).read_text()

    def full(path: Path) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "sha256_of", full)
    for name in ("export", "new"):
        said = command(confirmed, "export", str(tmp_path / name), *MONTH, "--replace", code=2).stderr
        assert "No space left on device" in said
    assert [path.name for path in tmp_path.iterdir()] == ["export"]
    assert (folder / MANIFEST).read_text() == before


def test_rows_that_change_while_they_are_exported_are_told(
    confirmed: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BigQuery has no moment for a whole session: the tables are looked at again at the end."""
    now = writing.stored_fingerprints
    monkeypatch.setattr(writing, "stored_fingerprints", lambda *asked: now(*asked).slice(1))
    said = command(confirmed, "export", str(tmp_path / "export"), *ONE_DAY, "--tables", PLAYERS, code=2).stderr
    assert f"Rows changed while they were exported: {PLAYERS} of {DAY}" in said
    assert list(tmp_path.iterdir()) == []


def test_requests_that_cannot_be_are_refused(confirmed: Warehouse, tmp_path: Path) -> None:
    def refused(*asked: str) -> Iterator[str]:
        yield command(confirmed, *asked, code=2).stderr

    to = str(tmp_path / "export")
    for asked, said in (
        (("export", to, *ONE_DAY, "--label", "points"), "--label and --lines are of a training set"),
        (("export", to, *ONE_DAY, "--training-set", "--label", "pionts"), "Did you mean points?"),
        (("export", to, *ONE_DAY, "--tables", "player_game_sumary"), "Did you mean player_game_summary?"),
        (("export", "/dev/null", *ONE_DAY), "/dev/null"),
        (("verify", "--export", to), f"There is no folder {to} to verify"),
        (("verify", "--export", to, *ONE_DAY), "--export checks all of an export"),
    ):
        assert said in next(refused(*asked))
    assert list(tmp_path.iterdir()) == []
