"""An output is a regular file or none yet: nothing else is replaced, whatever leads to it."""

from __future__ import annotations

import json
import os
import socket
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from python_processors.cli import app
from python_processors.outputs import OutputError, output_file, output_folder, write_whole


def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def _link_to_pipe(folder: Path) -> Path:
    (folder / "link").symlink_to(_pipe(folder))
    return folder / "link"


def _socket(folder: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(folder / "socket"))
    return folder / "socket"


def _link_to_device(folder: Path) -> Path:
    """A terminal of our own, in a file system where nothing can be made: a fault of the code harms no real device."""
    _, terminal = os.openpty()
    (folder / "device").symlink_to(os.ttyname(terminal))
    return folder / "device"


def _folder(folder: Path) -> Path:
    (folder / "folder").mkdir()
    return folder / "folder"


def _link_to_nothing(folder: Path) -> Path:
    (folder / "dangling").symlink_to(folder / "nothing")
    return folder / "dangling"


def _loop(folder: Path) -> Path:
    (folder / "loop").symlink_to(folder / "loop")
    return folder / "loop"


def _without_folder(folder: Path) -> Path:
    return folder / "missing" / "report.html"


def _below_a_file(folder: Path) -> Path:
    (folder / "file").write_text("mine", encoding="utf-8")
    return folder / "file" / "report.html"


def _name_too_long(folder: Path) -> Path:
    return folder / ("x" * 300)


BAD_FILES = [
    (_pipe, "it is a pipe"),
    (_link_to_pipe, "it is a pipe"),
    (_socket, "it is a socket"),
    (_link_to_device, "it is a device"),
    (_folder, "it is a folder"),
    (_link_to_nothing, "it is a link to nothing"),
    (_loop, "symbolic links"),
    (_without_folder, "Make it"),
    (_below_a_file, "there is no folder"),
    (_name_too_long, "too long"),
]


@pytest.mark.parametrize(("make", "why"), BAD_FILES)
def test_what_is_no_regular_file_is_refused_and_left_as_it_is(make, why: str, tmp_path: Path) -> None:
    path = make(tmp_path)
    before = _all_below(tmp_path)
    with pytest.raises(OutputError, match=why):
        output_file(path)
    with pytest.raises(OutputError):
        write_whole(path, "a page")
    assert _all_below(tmp_path) == before


@pytest.mark.parametrize(("make", "why"), [(make, why) for make, why in BAD_FILES if make is not _folder])
def test_a_report_is_refused_before_anything_is_read(make, why: str, tmp_path: Path) -> None:
    path = make(tmp_path)
    before = _all_below(tmp_path)
    said = CliRunner().invoke(app, ["report", "--out", str(path), "--json"])
    assert said.exit_code == 2
    assert why in json.loads(said.stdout)["error"]
    assert _all_below(tmp_path) == before


@pytest.mark.parametrize("make", [_pipe, _link_to_pipe, _link_to_device, _folder, _loop])
def test_a_report_without_a_name_does_not_replace_what_is_in_its_place(
    make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path))
    make(tmp_path).rename(tmp_path / "report.html")
    before = _all_below(tmp_path)
    said = CliRunner().invoke(app, ["report"])
    assert (said.exit_code, type(said.exception)) == (2, SystemExit)
    assert "report.html" in said.stderr
    assert _all_below(tmp_path) == before


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (_pipe, "is a pipe"),
        (_link_to_pipe, "is a pipe"),
        (_socket, "is a socket"),
        (_link_to_device, "is a device"),
        (_link_to_nothing, "link to nothing"),
        (_below_a_file, "is a file"),
        (_loop, "symbolic links"),
    ],
)
def test_a_league_is_not_written_where_no_folder_can_be(make, why: str, tmp_path: Path) -> None:
    path = make(tmp_path)
    before = _all_below(tmp_path)
    with pytest.raises(OutputError, match=why):
        output_folder(path)
    said = CliRunner().invoke(app, ["simulate", "--until", "2021-10-20", "--out", str(path), "--json"])
    assert said.exit_code == 2
    assert why in json.loads(said.stdout)["error"]
    assert _all_below(tmp_path) == before


def test_a_file_is_written_whole_and_through_a_link_to_a_file(tmp_path: Path) -> None:
    file, link = tmp_path / "page.html", tmp_path / "link.html"
    link.symlink_to(file)
    file.write_text("before", encoding="utf-8")
    write_whole(output_file(link), "a page")
    assert file.read_text(encoding="utf-8") == "a page"
    assert link.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.html", "page.html"]
    assert output_folder(tmp_path / "new" / "folder") == tmp_path / "new" / "folder"


def test_what_became_a_pipe_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    file = output_file(tmp_path / "pipe")
    _pipe(tmp_path)
    with pytest.raises(OutputError, match="pipe"):
        write_whole(file, "a page")
    assert stat.S_ISFIFO(file.stat().st_mode)


def _all_below(folder: Path) -> list[tuple[str, int, str]]:
    """Names, kinds and texts of all that lies in a folder."""
    found = []
    for path in sorted(folder.rglob("*")):
        kind = stat.S_IFMT(path.lstat().st_mode)
        found.append((path.name, kind, path.read_text(encoding="utf-8") if kind == stat.S_IFREG else ""))
    return found
