"""Changes of one row of a raw table, as sources make them: a value, a row gone, a row twice, a row more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

# Columns of each raw table that a source corrects, and the one that makes a copy another row.
COLUMNS = {
    "nbac_gamebook_player_stats": (("points", "assists", "plus_minus", "minutes", "player_status"), "player_lookup"),
    "bdl_player_boxscores": (("points", "rebounds", "minutes"), "player_lookup"),
    "nbac_team_boxscore": (("points", "turnovers"), "team_abbr"),
    "bigdataball_play_by_play": (("points_scored", "game_clock_seconds", "player_1_lookup"), "event_id"),
    "nbac_injury_report": (("injury_status", "reason"), "player_lookup"),
    "odds_api_player_points_props": (("points_line",), "bookmaker"),
    "odds_api_game_lines": (("outcome_point", "outcome_price"), "bookmaker_key"),
}
FEEDS_OF_PLAYERS = ("nbac_gamebook_player_stats", "bdl_player_boxscores")
KINDS = ("edited", "deleted", "doubled", "added")


@dataclass(frozen=True)
class Change:
    """One change of the `nth` row, counted round, of a raw table's rows of a day; a day without any gains one."""

    table: str
    kind: str
    day: date
    nth: int

    def applied(self, rows: pa.Table) -> pa.Table:
        columns, key = COLUMNS[self.table]
        of_day = pc.indices_nonzero(pc.equal(rows["game_date"], self.day)).to_pylist()
        at = of_day[self.nth % len(of_day)] if of_day else self.nth % rows.num_rows
        (row,) = rows.slice(at, 1).to_pylist()
        before, after = rows.slice(0, at), rows.slice(at + 1)
        if not of_day or self.kind == "added":
            return pa.concat_tables([rows, one(rows, {**row, "game_date": self.day, key: f"{row[key]} 2"})])
        if self.kind == "deleted":
            return pa.concat_tables([before, after])
        if self.kind == "doubled":
            return pa.concat_tables([rows, rows.slice(at, 1)])
        column = columns[self.nth % len(columns)]
        return pa.concat_tables([before, one(rows, {**row, column: other(rows, column, row[column])}), after])


def one(rows: pa.Table, row: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist([row], schema=rows.schema)


def other(rows: pa.Table, column: str, value: Any) -> Any:
    """Another value of a column's type; of a missing one, too."""
    return f"{value or ''}x" if pa.types.is_string(rows.schema.field(column).type) else (value or 0) + 1


def shots_in_a_second(day: str) -> str:
    """SQL over `raw`, a feed of players: one scorer of a day shot 69 times in one second. His usage does not go into
    NUMERIC(6,2), though no figure of his is one that nobody ever had; in both feeds, no line is the better one."""
    who = f"game_date = '{day}' and player_lookup = (select min(player_lookup) from raw where game_date = '{day}' and points > 9)"
    changed = ", ".join(
        f"case when {who} then {value} else {column} end as {column}"
        for column, value in {"minutes": "'0:01'", "field_goals_attempted": "69"}.items()
    )
    return f"select * replace ({changed}) from raw"
