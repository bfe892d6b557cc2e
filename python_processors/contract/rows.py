"""Who is to have a row of a hashed table: what its contract declares beside columns and reads.

A contract's `config.meta` says, each once:

    label: cache                            # heading of its column where tables stand side by side
    rows: {of: players_of_the_season, after_bootstrap: true, min_games: 5, too_few_games: INSUFFICIENT_DATA}
    history: {windows: [l10, l20], main: l20}            # windows of nba_ops.completeness that must be complete
    history: {windows: [l5], main: l5, of_teams: [l10]}  # and those of both teams of a player's game
    waits_for: {player_game_summary: season_before}      # what must be complete, and over which window
    windows: {recent_games: 10}                          # lengths that SQL, processor and tests ask for by name

A read that carries `as` names its size as a window, too. `size` and `min_games` are a number or a name: of a window
of the table, or, for a `size` that tables share, of a var of dbt_project.yml.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from python_processors.contract.keys import A_COUNT, is_count
from python_processors.errors import ContractError


@dataclass(frozen=True)
class Population:
    """Whom a table has rows of: players or teams, and whether a row is of one game."""

    entity: str
    is_of_games: bool
    is_played: bool = False
    needs_bootstrap: bool = False


POPULATIONS: Mapping[str, Population] = {
    "teams_that_played": Population("team", is_of_games=True, is_played=True),
    "players_who_played": Population("player", is_of_games=True, is_played=True),
    "teams_to_play": Population("team", is_of_games=True),
    "players_who_may_play": Population("player", is_of_games=True),
    "teams_of_the_season": Population("team", is_of_games=False, needs_bootstrap=True),
    "players_of_the_season": Population("player", is_of_games=False, needs_bootstrap=True),
}
# Windows that nba_ops.completeness counts: games, days, and the season before the date.
HISTORY_WINDOWS = ("l5", "l10", "l15", "l20", "l7d", "l14d", "l30d", "season")
WAIT_WINDOWS = ("same_date", "season_before")
TOO_FEW_GAMES = ("EXPECTED_INCOMPLETE", "INSUFFICIENT_DATA")


@dataclass(frozen=True)
class Rows:
    """Who is to have a row of a date.

    `after_bootstrap`: nobody in the first days of a season (var precompute_bootstrap_days). `min_games`: nobody with
    fewer games of the season before the date; when the season has no more, the outcome is `too_few_games`.
    """

    of: str
    after_bootstrap: bool = False
    min_games: int = 0
    too_few_games: str | None = None

    @property
    def population(self) -> Population:
        return POPULATIONS[self.of]


@dataclass(frozen=True)
class History:
    """Windows of the entity's games that must be complete; `main` is the one that a row's counts are of.

    `of_teams`: windows that must be complete of both teams of a player's game, too, since his row looks back on them.
    """

    windows: tuple[str, ...]
    main: str
    of_teams: tuple[str, ...] = ()


@dataclass(frozen=True)
class Declared:
    """What a contract declares of the rows of its table. `rows` is None where it says nothing."""

    label: str = ""
    rows: Rows | None = None
    history: History | None = None
    waits_for: Mapping[str, str] = field(default_factory=dict)
    windows: Mapping[str, int] = field(default_factory=dict)

    def as_plain(self) -> dict[str, Any]:
        """As macros get it, and as a logic version counts it: lists, dicts, texts and numbers."""
        rows, history = self.rows, self.history
        return {
            "of": rows.of if rows else None,
            "entity_type": rows.population.entity if rows else None,
            "is_played": rows.population.is_played if rows else False,
            "after_bootstrap": rows.after_bootstrap if rows else False,
            "min_games": rows.min_games if rows else 0,
            "too_few_games": rows.too_few_games if rows else None,
            "history": list(history.windows) if history else [],
            "history_of_teams": list(history.of_teams) if history else [],
            "main_window": history.main if history else None,
            "waits_for": dict(self.waits_for),
            "windows": dict(self.windows),
        }


def read_declared(table: str, meta: Mapping[str, Any], project_vars: Mapping[str, Any]) -> Declared:
    """Read `rows`, `history`, `waits_for`, `windows` and `label` of a contract's `config.meta`.

    :raises ContractError: one of them is wrong or contradicts another.
    """
    windows = _windows(table, meta, project_vars)
    history = _history(table, meta["history"]) if "history" in meta else None
    rows = _rows(table, meta["rows"], windows) if "rows" in meta else None
    waits_for = _shape(table, "waits_for", meta.get("waits_for", {}))
    for upstream, window in waits_for.items():
        _one_of(table, f"`waits_for: {upstream}`", window, WAIT_WINDOWS)
    if rows is not None:
        _check_together(table, rows, history, waits_for)
    label = str(meta.get("label", table.replace("_", " ")))
    return Declared(label=label, rows=rows, history=history, waits_for=waits_for, windows=windows)


def plain_reads(
    table: str, reads: tuple[Mapping[str, Any], ...], windows: Mapping[str, int], project_vars: Mapping[str, Any]
) -> tuple[Mapping[str, Any], ...]:
    """Reads as the planner takes them: each size a number, and no `as`.

    :raises ContractError: a size names no window and no var.
    """
    plain = []
    for read in reads:
        kept = {name: value for name, value in read.items() if name != "as"}
        if isinstance(kept.get("size"), str):
            kept["size"] = _number(table, f"the size of the read of `{read.get('from')}`", kept["size"],
                                   {**_numbers(project_vars), **windows})  # fmt: skip
        plain.append(kept)
    return tuple(plain)


def _windows(table: str, meta: Mapping[str, Any], project_vars: Mapping[str, Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, size in _shape(table, "windows", meta.get("windows", {})).items():
        found[name] = _number(table, f"window `{name}`", size, {})
    for read in meta.get("reads", ()):
        if isinstance(read, Mapping) and "as" in read:
            if read["as"] in found:
                raise ContractError(table, f"window `{read['as']}` has two lengths: a read and another declaration.")
            found[read["as"]] = _number(
                table, f"the size of the read of `{read.get('from')}`", read.get("size"), _numbers(project_vars)
            )
    return found


def _rows(table: str, given: Any, windows: Mapping[str, int]) -> Rows:
    given = _shape(table, "rows", given, ("of", "after_bootstrap", "min_games", "too_few_games"))
    _one_of(table, "`rows.of`", given.get("of"), tuple(POPULATIONS))
    after_bootstrap = given.get("after_bootstrap", False)
    if not isinstance(after_bootstrap, bool):
        raise ContractError(table, f"`rows.after_bootstrap` is `{after_bootstrap}`, and may be true or false.")
    least = _number(table, "`rows.min_games`", given["min_games"], windows) if "min_games" in given else 0
    if "too_few_games" in given:
        _one_of(table, "`rows.too_few_games`", given["too_few_games"], TOO_FEW_GAMES)
    return Rows(given["of"], after_bootstrap, least, given.get("too_few_games"))


def _history(table: str, given: Any) -> History:
    given = _shape(table, "history", given, ("windows", "main", "of_teams"))
    windows, of_teams = given.get("windows"), given.get("of_teams", [])
    if not isinstance(windows, list) or not windows:
        raise ContractError(table, f"`history.windows` is a list of {', '.join(HISTORY_WINDOWS)}.")
    if not isinstance(of_teams, list):
        raise ContractError(table, f"`history.of_teams` is a list of {', '.join(HISTORY_WINDOWS)}.")
    for name in (*windows, *of_teams):
        _one_of(table, "a window of `history`", name, HISTORY_WINDOWS)
    main = given.get("main", windows[-1])
    _one_of(table, "`history.main`", main, tuple(windows))
    return History(tuple(windows), main, tuple(of_teams))


def _check_together(table: str, rows: Rows, history: History | None, waits_for: Mapping[str, str]) -> None:
    if rows.population.needs_bootstrap and not rows.after_bootstrap:
        raise ContractError(
            table, f"rows of {rows.of} need `after_bootstrap: true`: a season's first days know nobody."
        )
    if rows.population.is_played and (rows.after_bootstrap or history):
        raise ContractError(table, f"rows of {rows.of} are of games played: no `after_bootstrap`, no `history`.")
    if rows.population.needs_bootstrap and not history:
        raise ContractError(table, f"rows of {rows.of} need a `history`: nothing else says who there is.")
    if rows.after_bootstrap and history and not rows.min_games:
        raise ContractError(table, "`rows.min_games` is missing: a table with a `history` says from how many games on.")
    if history and history.of_teams and rows.of != "players_who_may_play":
        raise ContractError(table, f"`history.of_teams` is for rows of players_who_may_play, not of {rows.of}.")
    if bool(rows.min_games) != bool(rows.too_few_games):
        raise ContractError(table, "`rows.min_games` and `rows.too_few_games` go together.")
    if rows.min_games and not (history and rows.after_bootstrap):
        raise ContractError(table, "`rows.min_games` needs a `history` to count in, and `after_bootstrap: true`.")
    if bool(waits_for) != rows.after_bootstrap:
        raise ContractError(table, "`waits_for` and `rows.after_bootstrap: true` go together: such a table waits.")


def _shape(table: str, name: str, given: Any, allowed: tuple[str, ...] | None = None) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise ContractError(table, f"`config.meta.{name}` is a mapping, not `{given}`.")
    unknown = sorted(str(key) for key in given if allowed is not None and key not in allowed)
    if unknown:
        raise ContractError(
            table, f"`config.meta.{name}` has {', '.join(unknown)}; it may have {', '.join(allowed or ())}."
        )
    return given


def _one_of(table: str, what: str, value: Any, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ContractError(table, f"{what} is `{value}`, and may be {', '.join(allowed)}.")


def _number(table: str, what: str, value: Any, named: Mapping[str, int]) -> int:
    if isinstance(value, str) and value in named:
        return named[value]
    if not is_count(value):
        names = f", or one of the names {', '.join(sorted(named))}" if named else ""
        raise ContractError(table, f"{what} is `{value}`; it is {A_COUNT}{names}.")
    return int(value)


def _numbers(values: Mapping[str, Any]) -> dict[str, int]:
    return {name: value for name, value in values.items() if type(value) is int}
