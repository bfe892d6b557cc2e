"""Files as people have them: read, or refused by name with what to do. Never a traceback, never in silence."""

from __future__ import annotations

import gzip
import os
import random
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest

from python_processors.errors import FullcourtError, RawDirError
from python_processors.raw_contract import raw_tables
from python_processors.raw_loader import RawFolder, link_files, load, load_raw, reading, tell
from python_processors.raw_loader.listing import FoundFile
from tests.unit.raw_files import teams, write

pytestmark = pytest.mark.usefixtures("teams_are_raw")

HEADER = "team_abbr,full_name,arena,arena_city,latitude,longitude,timezone\n"
CSV = f'{HEADER}BOS,Boston,"Garden, TD",Boston,42.3,-71,America/New_York\n'
ZIPPED = gzip.compress(CSV.encode(), mtime=0)  # a time of now would name the tests of each worker differently


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("teams.csv", CSV.encode()),
        ("TEAMS.CSV", CSV.encode()),
        ("teams.csv.gz", ZIPPED),
        ("teams.Csv.GZ", ZIPPED),
        ("teams.csv", b"\xef\xbb\xbf" + CSV.encode()),
        ("teams.csv", CSV.replace("\n", "\r\n").encode()),
        ("teams.csv", CSV.replace("Garden, TD", "Garden\nTD").encode()),
        ("teams.csv", CSV.replace("timezone", "timezone,noted").replace("York", "York,caf\xe9").encode("latin-1")),
    ],
)  # fmt: skip
def test_a_csv_is_read_as_it_comes(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    load_raw(connection, RawFolder(tmp_path))
    assert connection.sql("select team_abbr, latitude from nba_reference.teams").fetchall() == [("BOS", 42.3)]


@pytest.mark.parametrize("name", ["teams.PARQUET", "teams.pq", "teams.Pq"])
def test_a_parquet_file_is_read_by_any_of_its_suffixes(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, name: str
) -> None:
    write(tmp_path, "teams", team_abbr=["BOS"]).rename(tmp_path / name)
    load_raw(connection, RawFolder(tmp_path))
    link_files(RawFolder(tmp_path), {"teams"}, tmp_path / "some")
    assert (teams(connection), os.listdir(tmp_path / "some")) == (["BOS"], [name])


def test_texts_of_another_width_are_texts(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = write(tmp_path, "teams", team_abbr=["BOS"])
    rows = pa_parquet.read_table(path)
    pa_parquet.write_table(rows.set_column(0, "team_abbr", rows["team_abbr"].cast(pa.string_view())), path)
    load_raw(connection, RawFolder(tmp_path))
    assert teams(connection) == ["BOS"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("teams.csv", b"\xef\xbb\xbf" + CSV.encode().replace(b"42.3", b"north"), "`latitude`: expected FLOAT64; found inv"),
        ("teams.csv", CSV.encode("utf-16"), "not text in UTF-8"),
        ("teams.csv", CSV.replace("Boston", "caf\xe9").encode("latin-1"), "`full_name`: the text is not UTF-8"),
        ("teams.csv", CSV.replace(",", ";").encode(), "none of the columns of teams .is a CSV's separator a comma"),
        ("teams.csv", CSV.encode()[:-30], "cannot be read"),
        ("teams.csv", b"", "Empty CSV file"),
        ("teams.csv", b"\n\n", "Empty CSV file"),
        ("teams.csv", b'"' + b"x" * 200_000, "first line cannot be read"),
        ("teams.csv", HEADER.encode(), "it holds no row"),
        ("teams.csv.gz", CSV.encode(), "cannot be read"),
        ("teams.csv.gz", ZIPPED[:-12], "cannot be read"),
        ("teams.csv.gz", ZIPPED[:20] + b"\0" * 40, "cannot be read"),
        ("teams.parquet", b"", "cannot be read"),
        ("teams.parquet", CSV.encode(), "cannot be read"),
        ("teams (1).csv", CSV.encode(), "unknown table `teams .1.`; known are"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_refused_by_name(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RawDirError, match=said) as caught:
        load_raw(connection, RawFolder(tmp_path))
    assert all(problem.startswith(name) for problem in caught.value.problems)


def test_a_date_that_no_engine_knows_is_refused(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = write(tmp_path, "nbac_schedule", game_id=["x"])
    rows = pa_parquet.read_table(path)
    far = pa.array([5_000_000], pa.int32()).cast(pa.date32())
    pa_parquet.write_table(rows.set_column(rows.column_names.index("game_date"), "game_date", far), path)
    with pytest.raises(RawDirError, match="`game_date`: a DATE lies outside of the years 1 to 9999"):
        load_raw(connection, RawFolder(tmp_path))


def test_a_text_that_is_not_utf_8_is_refused(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = write(tmp_path, "teams", team_abbr=["BOS"])
    path.write_bytes(path.read_bytes().replace(b"BOS", b"\xff\xfeS"))
    with pytest.raises(RawDirError, match=r"teams\.parquet: cannot be read"):
        load_raw(connection, RawFolder(tmp_path))


def made(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "teams.parquet"
    if kind == "folder":
        write(path, "teams", team_abbr=["BOS"]).rename(path / "part-0.parquet")
    elif kind == "broken link":
        path.symlink_to(tmp_path / "nowhere")
    elif kind == "link to itself":
        path.symlink_to(path)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        os.chdir(tmp_path)  # a socket's path must be short
        with socket.socket(socket.AF_UNIX) as opened:
            opened.bind(path.name)
    else:
        os.close(os.open(os.fsencode(tmp_path) + b"/\xff.parquet", os.O_CREAT | os.O_WRONLY))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("folder", "it is a folder; write the rows of its files to one file of this name"),
        ("broken link", "it is a link to a file that is not there"),
        ("link to itself", "it is a link to a file that is not there"),
        ("pipe", "neither a file nor a link to one"),
        ("socket", "neither a file nor a link to one"),
        ("name", "its name is not UTF-8; rename it"),
    ],
)
def test_what_is_no_file_is_refused(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)  # and back
    made(tmp_path, kind)
    with pytest.raises(RawDirError, match=said) as caught:
        load_raw(connection, RawFolder(tmp_path))
    str(caught.value).encode()


def test_what_may_not_be_read_is_refused(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By system errors: tests may run as root, who may read everything."""
    write(tmp_path, "teams", team_abbr=["BOS"])
    (tmp_path / "season").mkdir()

    def forbidden(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", forbidden)
        with pytest.raises(RawDirError, match=r"teams\.parquet: cannot be read \(Permission denied\)"):
            load_raw(connection, RawFolder(tmp_path))
    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", forbidden)
        with pytest.raises(RawDirError, match=r"the folder cannot be read \(Permission denied\)"):
            load_raw(connection, RawFolder(tmp_path))


def gone(file: FoundFile) -> None:
    file.path.unlink()


def changed(file: FoundFile) -> None:
    write(file.path.parent, "teams", team_abbr=["XXX"])


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize(("happen", "said"), [(gone, "was there a moment ago"), (changed, "changed while the folder")])
def test_a_file_that_goes_or_changes_meanwhile_is_not_loaded(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    happen: Callable[[FoundFile], None], said: str, at: int,
) -> None:  # fmt: skip
    """Before it is looked at, and before it is loaded."""
    write(tmp_path, "teams", team_abbr=["BOS"])
    calls = 0

    def read_bytes(file: FoundFile) -> bytes:
        nonlocal calls
        calls += 1
        if calls == at:
            happen(file)
        return as_it_was(file)

    as_it_was = reading._bytes_of
    with monkeypatch.context() as patched:
        patched.setattr(reading, "_bytes_of", read_bytes)
        with pytest.raises(RawDirError, match=said):
            load_raw(connection, RawFolder(tmp_path))
    assert teams(connection) == []
    write(tmp_path, "teams", team_abbr=["BOS"])
    load_raw(connection, RawFolder(tmp_path))
    assert teams(connection) == ["BOS"]


def test_what_looks_like_data_is_named_and_what_is_hidden_left_alone(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read = write(tmp_path, "a/teams", team_abbr=["BOS"])
    strange = [
        "teams.json", "teams.xlsx", "teams.feather", "teams.arrow", "teams.tsv", "teams.orc", "teams.avro", "teams.zip",
        "teams.parquet.gz", "teams.csv.bz2", "teams.parquet.bak", "teams", "totals.jsonl",
    ]  # fmt: skip
    silent = ["README.md", "._teams.parquet", ".teams.parquet.crc", ".ipynb_checkpoints/teams-checkpoint.parquet"]
    for name in (*strange, *silent):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"?")
    outcome = load_raw(connection, RawFolder(tmp_path))
    assert sorted(file.name for file in outcome.ignored) == sorted(strange)
    assert all("<table>.parquet or <table>.csv" in file.reason for file in outcome.ignored)
    load._tell_ignored.cache_clear()
    tell(outcome)
    said = capsys.readouterr().err
    assert all(f"not read: {name}:" in said for name in strange)
    tell(outcome)
    assert "not read" not in capsys.readouterr().err
    assert read.exists()


def test_a_folder_without_a_raw_file_is_said_to_be_one(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(load_raw(connection, RawFolder(tmp_path)))
    assert "It has no file <table>.parquet or <table>.csv" in capsys.readouterr().err


@pytest.mark.parametrize("seed", range(3))
def test_bytes_that_are_changed_at_random_never_end_in_a_traceback(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    name = chance.choice(sorted(raw_tables()))
    rows: list[object] = ["abc", "d", None, "caf\xe9"]
    text = next(c.name for c in raw_tables()[name].columns if c.type == "STRING")
    good = write(tmp_path, name, **{text: rows}).read_bytes()
    (tmp_path / f"{name}.parquet").unlink()
    for number in range(40):
        kind = chance.choice(["csv", "csv.gz", "parquet"])
        content = bytearray(good if kind == "parquet" else CSV.encode() * 3)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(content))
            what = chance.choice(["set", "cut", "double"])
            if what == "set":
                content[at] = chance.randrange(256)
            elif what == "cut":
                del content[at : at + chance.randint(1, 20)]
            else:
                content[at:at] = content[at : at + 10]
        target = name if kind == "parquet" else "teams"
        path = tmp_path / f"{number}" / f"{target}.{kind}"
        path.parent.mkdir()
        path.write_bytes(gzip.compress(bytes(content)) if kind == "csv.gz" else bytes(content))
        with duckdb.connect() as connection:
            said = refusal(connection, path.parent)
        assert said is None or path.name in said


def refusal(connection: duckdb.DuckDBPyConnection, folder: Path) -> str | None:
    """What is said of a folder that is refused; any other error comes through."""
    try:
        load_raw(connection, RawFolder(folder))
    except FullcourtError as error:
        return str(error)
    return None
