"""Whose games a file holds. A warehouse holds one league: simulated games never meet others, in either order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from python_processors.errors import FullcourtError
from python_processors.raw_loader.folder import RawFolder
from python_processors.simulation import LEAGUE_MARK, LOADED_AT, SEED, SIMULATED

_TEXT = re.compile(rf"{SIMULATED}(?: seed (\d+))?(?: from (\d+))?")
_LEDGER_PREFIX = f"{SIMULATED}:"  # before file names of the fallback's league, up to 0.1


@dataclass(frozen=True)
class League:
    """Real games, or those of a simulated league; None where its seed or first season is not known."""

    is_simulated: bool = False
    seed: int | None = None
    first_season: int | None = None

    def __str__(self) -> str:
        """As the ledger and the mark in a file have it."""
        if not self.is_simulated:
            return "real"
        seed = "" if self.seed is None else f" seed {self.seed}"
        return f"{SIMULATED}{seed}{'' if self.first_season is None else f' from {self.first_season}'}"

    def may_meet(self, other: League) -> bool:
        """Whether both may be one league."""
        return self.is_simulated == other.is_simulated and all(
            None in pair or pair[0] == pair[1]
            for pair in ((self.seed, other.seed), (self.first_season, other.first_season))
        )


REAL = League()


class LeaguesMeetError(FullcourtError):
    """A load would bring games of two leagues together."""


class LeagueUnreadableError(ValueError):
    """A file's rows or its mark do not say one league."""


def league_named(text: str) -> League:
    """The league of a mark or of the ledger.

    :raises LeagueUnreadableError: no league is called so.
    """
    if text == str(REAL):
        return REAL
    found = _TEXT.fullmatch(text)
    if not found:
        raise LeagueUnreadableError(f"its mark `{text}` names no league; write it anew with `fullcourt simulate`")
    seed, first = (None if number is None else int(number) for number in found.groups())
    return League(True, seed, first)


def league_of_file(rows: pa.Table, metadata: Mapping[bytes, bytes] | None) -> League:
    """By the mark in the file; where it got lost, by what the rows say of themselves.

    :raises LeagueUnreadableError: rows of both kinds, or a mark that names no league.
    """
    invented, others = _rows_by_kind(rows)
    mark = (metadata or {}).get(LEAGUE_MARK)
    if mark is not None:
        league = league_named(mark.decode("utf-8", "replace"))
        invented += league.is_simulated
    else:
        league = League(is_simulated=bool(invented))
    if invented and others and league.is_simulated:
        raise LeagueUnreadableError(
            "it holds simulated rows and real ones; put them into two files, and one league into another folder"
        )
    return league


def league_of_old_ledger(names: Iterable[str], *, has_simulated_rows: bool) -> League:
    """Of a warehouse whose ledger does not say it yet."""
    if any(name.startswith(_LEDGER_PREFIX) for name in names):
        return League(True, SEED)
    return League(is_simulated=has_simulated_rows)


def check_leagues(
    folder: RawFolder, database: Path | None, stored: Mapping[str, League], incoming: Mapping[str, League]
) -> None:
    """Leagues by file name, of what is stored and of what is to be loaded.

    :raises LeaguesMeetError: they are not all the same.
    """
    first_of = {league: name for name, league in sorted(incoming.items(), reverse=True)}
    for league, name in first_of.items():
        other = next((of for of in first_of if not of.may_meet(league)), None)
        if other:
            one, two = sorted([(name, league), (first_of[other], other)], key=lambda of: of[0])
            raise LeaguesMeetError(
                f"One warehouse holds one league, and the raw folder {folder.path} holds two: {one[0]} has"
                f" {_said(one[1])}, {two[0]} has {_said(two[1])}. Nothing was loaded. Move the files of one of them to"
                " a folder of its own; it takes another warehouse, too (FULLCOURT_DUCKDB)."
            )
    for held in sorted(set(stored.values()), key=str):
        other = next((league for league in first_of if not league.may_meet(held)), None)
        if other:
            raise LeaguesMeetError(_refusal(folder, database, held, first_of[other], other))


def _refusal(folder: RawFolder, database: Path | None, held: League, name: str, league: League) -> str:
    here = database or Path("data/fullcourt.duckdb")
    suffix = "real" if not league.is_simulated else SIMULATED if not held.is_simulated else "other"
    text = (
        f"One warehouse holds one league. The warehouse {here} holds {_said(held)}, and the raw folder {folder.path}"
        f" has {_said(league)} ({name}). Nothing was loaded.\n"
    )
    if folder.is_simulated:
        text += (
            "No raw archive was found (RAW_DIR, data/raw, ../shared/raw), so these games are simulated. To go on with"
            " yours, name its folder:\n  export RAW_DIR=/path/to/your/archive\n"
        )
    text += (
        f"To build {_said(league)}, name another warehouse and run the same command again:\n"
        f"  export FULLCOURT_DUCKDB='{here.with_name(f'{here.stem}-{suffix}{here.suffix}')}'"
    )
    if held.is_simulated:
        text += f"\nOr, if {_said(held)} are no longer needed, remove their warehouse first:\n  rm '{here}'"
    return text


def _said(league: League) -> str:
    if not league.is_simulated:
        return "real games"
    known = [
        f"seed {league.seed}" if league.seed is not None else "",
        f"first season {league.first_season}" if league.first_season is not None else "",
    ]
    said = ", ".join(part for part in known if part)
    return f"simulated games{f' ({said})' if said else ''}"


def _rows_by_kind(rows: pa.Table) -> tuple[int, int]:
    """How many rows say that they are simulated, and how many that they are not."""
    for column, sign in (("source_file_path", SIMULATED), ("processed_at", LOADED_AT)):
        if column in rows.column_names:
            values = rows[column]
            invented = pc.sum(pc.equal(values, pa.scalar(sign, values.type))).as_py() or 0
            return invented, len(values) - values.null_count - invented
    return 0, 0
