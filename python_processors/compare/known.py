"""A file of differences that are explained, in YAML.

    differences:
      - {table: player_game_summary, column: minutes_played, reason: "The old table rounds down."}
      - {table: "*", column: rows, kind: surplus_in_one, reason: "The old tables have four copies of each row."}

`table` or `column` may be "*". Without `kind` all kinds of the column are explained. With `rows_by_date: true` beside
them rows are told apart by date, not by game (`by_date`); with `names_unused: false` lines that explain nothing are
not named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from python_processors.compare.differences import Finding, TableComparison
from python_processors.contract.keys import Keys
from python_processors.contract.shapes import of_document, shaped
from python_processors.yaml_files import parse, read_bytes

ANY = "*"
PLATFORM = "platform"
_OF_PLATFORM = Path(__file__).with_name("known_of_platform.yml")


class KnownDifference(Keys):
    """One line of the file."""

    table: str
    column: str
    reason: str
    kind: str = ANY

    def explains(self, finding: Finding) -> bool:
        return (
            self.table in (ANY, finding.table)
            and self.column in (ANY, finding.column)
            and self.kind in (ANY, finding.kind)
        )

    def __str__(self) -> str:
        return f"{self.table}, {self.column}, {self.kind}: {self.reason}"


class KnownFile(Keys):
    """The whole file."""

    differences: list[KnownDifference]
    rows_by_date: bool = False
    names_unused: bool = True


def known_file(text: str) -> Path:
    """A file as somebody named it; `platform` comes with fullcourt, unless there is one of that name."""
    path = Path(text)
    return _OF_PLATFORM if text == PLATFORM and not path.exists() else path


def read_known(path: Path) -> KnownFile:
    """:raises ContractError: the file cannot be read, or a line is wrong: by file and line."""
    document = parse(read_bytes(path), path)
    return of_document(document, "", lambda: shaped(KnownFile, document.value, document.line))


def explained(
    tables: Sequence[TableComparison], known: Sequence[KnownDifference]
) -> tuple[list[TableComparison], list[str]]:
    """The tables with the reasons that are known, and lines that explain nothing."""
    used: set[KnownDifference] = set()
    told = []
    for table in tables:
        findings = []
        for finding in table.findings:
            line = next((line for line in known if line.explains(finding)), None)
            if line is not None:
                used.add(line)
            findings.append(finding if line is None else finding.explain(line.reason))
        told.append(replace(table, findings=tuple(findings)))
    return told, [str(line) for line in known if line not in used]
