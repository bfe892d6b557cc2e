"""The command `fullcourt simulate`: what it writes and says, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from python_processors import cli
from python_processors.contract import PROJECT_ROOT
from python_processors.raw_contract import raw_tables
from python_processors.simulation.faults import FAULTS


def simulate(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(cli.app, ["simulate", *arguments])
    assert result.exit_code == code, result.output
    return result


def as_json(*arguments: str, code: int = 0) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(simulate(*arguments, "--json", code=code).stdout)
    return parsed


def test_a_league_is_written_in_the_raw_contracts_form_and_spoiled_as_asked(tmp_path: Path) -> None:
    out = tmp_path / "league"
    faults = [part for name in FAULTS for part in ("--fault", name)]
    said = as_json("--out", str(out), "--until", "2021-10-22", "--first-season", "2021", *faults)
    (season,) = said["seasons"]
    assert (season["season"], season["games"], season["games_to_come"]) == ("2021-22", 30, 1200)
    assert {file.stem for file in out.rglob("*.parquet")} == set(raw_tables()) - {
        "bettingpros_player_points_props",
        "espn_team_rosters",
        "espn_scoreboard",
        "nbac_play_by_play",
    }
    assert [of["fault"] for of in said["faults"]] == list(FAULTS)
    assert all(sum(of["rows"].values()) > 0 for of in said["faults"])


def test_faults_are_listed_with_what_they_do() -> None:
    said = " ".join(simulate("--help").stdout.split())
    for name, fault in FAULTS.items():
        assert f"{name} {fault.__doc__}" in said


def test_the_page_on_raw_files_has_every_fault_in_the_same_words() -> None:
    page = (PROJECT_ROOT / "docs" / "raw-archive.md").read_text(encoding="utf-8")
    assert [f"| `{name}` | {fault.__doc__} |" in page for name, fault in FAULTS.items()] == [True] * len(FAULTS)


def test_what_makes_no_sense_is_refused_and_writes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "league"
    assert "opens on 2021-10-19" in as_json("--out", str(out), "--until", "2021-10-01", code=2)["error"]
    assert "no fault is called x. There are" in simulate("--out", str(out), "--fault", "x", code=2).output
    assert "Did you mean missing_day?" in simulate("--out", str(out), "--fault", "missing_dya", code=2).output
    assert not out.exists()
    out.mkdir()
    (out / "mine.txt").write_text("a letter")
    assert "is not empty" in as_json("--out", str(out), code=2)["error"]
    assert [file.name for file in out.iterdir()] == ["mine.txt"]
