"""A seed's line that its types refuse is told by file and line, before dbt loads anything."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from python_processors.contract.seeds import SEEDS, check_seeds
from python_processors.errors import ContractError

GOOD = 'player_game_summary,2021-10-19,2021-10-20,"MIA players",1,,"No box score, ever",fullcourt'


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SEEDS, tmp_path / "seeds"))


def added(seeds: Path, line: str) -> int:
    """Add a line to the exceptions; returns its number."""
    file = seeds / "completeness_exceptions.csv"
    with file.open("a", encoding="utf-8") as opened:
        opened.write(f"{line}\n")
    return file.read_text(encoding="utf-8").count("\n")


def test_the_projects_own_seeds_are_as_their_types_say(seeds: Path) -> None:
    added(seeds, GOOD)
    check_seeds(seeds)


@pytest.mark.parametrize(
    ("was", "typed", "said"),
    [
        ("2021-10-20", "2021-10-32", "last_date is `2021-10-32`, and is to be a date"),
        ("2021-10-19", "19.10.2021", "first_date is `19.10.2021`, and is to be a date"),
        (",1,", ",one,", "row_count is `one`, and is to be a whole number"),
        ('"No box score, ever"', "No box score, ever", "it has 9 fields, and the header has 8"),
        (",fullcourt", "", "it has 7 fields, and the header has 8"),
        ('"No box score, ever",fullcourt', '"No box score, ever', "it cannot be read as CSV"),
    ],
)  # fmt: skip
def test_a_value_that_its_type_refuses_is_told_by_line(seeds: Path, was: str, typed: str, said: str) -> None:
    line = added(seeds, GOOD.replace(was, typed))
    with pytest.raises(ContractError) as raised:
        check_seeds(seeds)
    assert said in str(raised.value)
    assert "seeds/completeness_exceptions.csv" in str(raised.value)
    assert "CSV" in said or f"line {line}:" in str(raised.value)
    assert str(raised.value).endswith("Correct the line, and run the same again.")


def test_a_position_that_is_no_number_is_told(seeds: Path) -> None:
    file = seeds / "arenas.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("33.7573", "33,7573°"), encoding="utf-8")
    with pytest.raises(ContractError, match=r"arenas.csv, line 2: it has 10 fields"):
        check_seeds(seeds)
