"""Why a player or team has a row of a table and date, or none: from expected rows, and what was said of them."""

from __future__ import annotations

import difflib
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from python_processors.contract import load_contract
from python_processors.errors import RefusedError
from python_processors.orchestration.project import Project, precompute_reads
from python_processors.orchestration.warehouse import Session
from python_processors.player_keys import player_key

_ABOUT = timedelta(days=30)
_TOO_FEW = ("EXPECTED_INCOMPLETE", "INSUFFICIENT_DATA")


class WhoError(RefusedError):
    """Nobody can be meant by a name, or a table has no rows of such."""


@dataclass(frozen=True)
class Answer:
    """Whether somebody has a row of a table and date, and why not: `outcome` is `there`, a category of
    nba_ops.precompute_failures or nba_ops.analytics_failures, `held back`, `no source`, `missing`, `blocked` or
    `not expected`."""

    table: str
    day: date
    entity: str
    outcome: str
    sentences: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "day": self.day.isoformat(), "sentences": list(self.sentences)}


def explain_entity(
    session: Session, project: Project, table: str, day: date, *, player: str | None = None, team: str | None = None
) -> Answer:
    """In a few sentences, why somebody has a row or none. A player goes by name or by player_lookup.

    :raises WhoError: the table has no rows of players, or of teams; or nobody is called so.
    """
    look = _Look(session, project, table, day)
    entity = look.player(player) if player is not None else look.team(team or "")
    said = look.stored(entity)
    row = said[0] if said else None
    if row is not None:
        ready = "" if row["is_ready"] is None else ", production-ready" if row["is_ready"] else ", not production-ready"
        changed = f"{row['processed_at']:%Y-%m-%d %H:%M} UTC"
        there = f"{entity} has a row, last changed {changed} (hash {row['data_hash']}{ready})."
        return Answer(table, day, entity, "there", (there,))
    outcome, sentences = look.why(entity)
    return Answer(table, day, entity, outcome, (f"{entity} has no row: {sentences[0]}", *sentences[1:]))


class _Look:
    """What the warehouse says of one table and date. Every query is of one date."""

    def __init__(self, session: Session, project: Project, table: str, day: date) -> None:
        self._session, self._project, self._table, self._day = session, project, table, day
        self._contract = load_contract(table)
        self._is_precompute = table in precompute_reads()

    def player(self, name: str) -> str:
        if self._contract.entity_column != "player_lookup":
            raise WhoError(f"{self._table} has rows of teams: give --team ABBR in place of --player.")
        key = player_key(name)
        found = self._rows(
            "dim_player_lookups", "player_lookup", f"source_player_lookup = '{key}' and player_lookup is not null"
        )
        named = {row["player_lookup"] for row in found} or {
            row["player_lookup"] for row in self._rows("dim_players", "player_lookup", f"player_lookup = '{key}'")
        }
        if not named and self._is_listed(key):
            return key  # in no registry, and yet in a row: held back, or a table that knows no registry
        if len(named) != 1:
            known = sorted(named) or difflib.get_close_matches(
                key, [row["player_lookup"] for row in self._rows("dim_players", "player_lookup", "true")], n=5
            )
            what = "several players" if named else "no player that the registry knows"
            hint = f" Give one of {', '.join(known)}." if known else " Look at dim_players for his player_lookup."
            raise WhoError(f"`{name}` is {what}.{hint}")
        return str(named.pop())

    def team(self, abbr: str) -> str:
        if self._contract.entity_column == "player_lookup":
            raise WhoError(f'{self._table} has rows of players: give --player "NAME" in place of --team.')
        teams = {row["team_abbr"] for row in self._rows("dim_team_games", "distinct team_abbr", "true")}
        if abbr.upper() not in teams:
            raise WhoError(f"`{abbr}` is no team of the schedule. Give one of {', '.join(sorted(teams))}.")
        return abbr.upper()

    def stored(self, entity: str) -> list[dict[str, Any]]:
        contract = self._contract
        if not self._session.columns(contract.relation):
            return []
        ready = (
            "is_production_ready"
            if "is_production_ready" in {column.name for column in contract.columns}
            else "cast(null as bool)"
        )
        rows: list[dict[str, Any]] = self._session.read(
            f"select data_hash, processed_at, {ready} as is_ready from {self._session.named(contract.relation)}"
            f" where {contract.partition_by} = date '{self._day}' and {contract.entity_column} = '{entity}'"
        ).to_pylist()
        return rows

    def why(self, entity: str) -> tuple[str, list[str]]:
        """The outcome of somebody without a row, and sentences."""
        whole = self._of_the_date("blocked_dates", "reason") if self._is_precompute else []
        if whole:
            return "blocked", [f"the whole date is blocked by {whole[0]['reason']}."]
        return self._why_no_precompute(entity) if self._is_precompute else self._why_no_game(entity)

    def _why_no_precompute(self, entity: str) -> tuple[str, list[str]]:
        waiting = self._of_the_date("blocked_entities", "reason", f"entity = '{entity}'")
        if waiting:
            return "UPSTREAM_INCOMPLETE", [
                f"it {waiting[0]['reason']}, which is to be there and is not.",
                self._to_do(can_help=True),
            ]
        fields = "outcome, outcome_reason, missing_game_ids, retry_can_help"
        rows = self._of_the_date("precompute_entities", fields, f"entity = '{entity}'")
        if not rows:
            bootstrap = self._rows(
                "dim_game_dates", "day_of_season", f"game_date = date '{self._day}' and not is_analysis_date"
            )
            if bootstrap:
                return "EXPECTED_INCOMPLETE", [
                    f"day {bootstrap[0]['day_of_season'] + 1} of the season, on which nobody has one yet."
                ]
            return "not expected", [self._nobody_expects(entity)]
        row = rows[0]
        if row["outcome"] is None:
            return "missing", ["it is expected, and not there.", self._to_do(can_help=True)]
        said = [f"{row['outcome']}, {row['outcome_reason']}."]
        if row["outcome"] not in _TOO_FEW:
            if row["missing_game_ids"]:
                said.append(f"Lacking: {', '.join(row['missing_game_ids'].split(',')[:5])}.")
            said += [self._attempts("precompute_failures", entity), self._to_do(can_help=bool(row["retry_can_help"]))]
        return row["outcome"], [sentence for sentence in said if sentence]

    def _why_no_game(self, entity: str) -> tuple[str, list[str]]:
        of_his_team = " or ".join(f"entity = '{team} players'" for team in self._teams_of(entity)) or "1 = 0"
        rows = self._of_the_date(
            "expected_rows", "game_id, entity, has_source, quarantine_reason",
            f"(entity = '{entity}' or {of_his_team} or entity = '{entity} team box')",
        )  # fmt: skip
        for row in sorted(rows, key=lambda row: row["entity"] != entity):
            if row["quarantine_reason"]:
                return "held back", [
                    f"{row['quarantine_reason']} ({row['game_id']}).",
                    "Correct the row in its file, or what nba_ops.quarantine names, and load again.",
                ]
            if not row["has_source"]:
                return "no source", [
                    f"no feed has a box score of {row['entity']} in {row['game_id']}.",
                    self._to_do(can_help=False),
                ]
        if rows:
            return "missing", [f"it is expected of {rows[0]['game_id']}, and not there.", self._to_do(can_help=True)]
        failures = self._failures("analytics_failures", entity)
        if failures:
            return failures[0]["failure_category"], [f"{failures[0]['failure_reason']}."]
        return "not expected", [self._nobody_expects(entity)]

    def _teams_of(self, entity: str) -> list[str]:
        """Teams that he was with about the date, by its rosters and his appearances before and after."""
        if self._contract.entity_column != "player_lookup":
            return []
        near = f"between date '{self._day - _ABOUT}' and date '{self._day + _ABOUT}'"
        found = self._rows(
            "int_upcoming_rosters", "distinct team_abbr", f"game_date {near} and player_lookup = '{entity}'"
        )
        found += self._rows(
            "player_game_summary", "distinct team_abbr", f"game_date {near} and player_lookup = '{entity}'"
        )
        return sorted({row["team_abbr"] for row in found})

    def _nobody_expects(self, entity: str) -> str:
        if self._contract.entity_column != "player_lookup":
            return "it has no game of the date that counts."
        return f"neither a roster nor a box score of {self._day} names {entity} as one of whom the table has rows."

    def _attempts(self, ledger: str, entity: str) -> str:
        rows = self._failures(ledger, entity)
        if not rows:
            return ""
        row, runs = rows[0], "run has" if rows[0]["attempt_count"] == 1 else "runs have"
        return f"{row['attempt_count']} {runs} met it since {row['first_attempt_at']:%Y-%m-%d %H:%M} UTC."

    def _failures(self, ledger: str, entity: str) -> list[dict[str, Any]]:
        relation = self._project.relation(ledger)
        if not self._session.columns(relation):
            return []
        rows: list[dict[str, Any]] = self._session.read(
            "select failure_category, failure_reason, attempt_count, first_attempt_at"
            f" from {self._session.named(relation)} where processor_name = '{self._table}' and entity_id = '{entity}'"
            f" and analysis_date = date '{self._day}' and resolution_status = 'UNRESOLVED'"
        ).to_pylist()
        return rows

    def _to_do(self, *, can_help: bool) -> str:
        if can_help:
            return "Building it again can help: `fullcourt retry`."
        excuse = "or excuse the game's own rows in seeds/completeness_exceptions.csv"
        return f"Building again cannot help: load a box score of the game, {excuse}."

    def _is_listed(self, key: str) -> bool:
        listed = "precompute_entities" if self._is_precompute else "expected_rows"
        return bool(self.stored(key) or self._of_the_date(listed, "entity", f"entity = '{key}'"))

    def _of_the_date(self, model: str, fields: str, condition: str = "true") -> list[dict[str, Any]]:
        where = f"table_name = '{self._table}' and game_date = date '{self._day}' and {condition}"
        return self._rows(model, fields, where)

    def _rows(self, model: str, fields: str, where: str) -> list[dict[str, Any]]:
        if not self._session.columns(self._project.relation(model)):
            return []
        rows: list[dict[str, Any]] = self._session.read(
            f"select {fields} from {self._named(model)} where {where}"
        ).to_pylist()
        return rows

    def _named(self, model: str) -> str:
        return self._session.named(self._project.relation(model))
