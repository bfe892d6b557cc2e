"""Checking an export where there is no warehouse: its files against its manifest, and its rows against their hashes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pa_parquet

from python_processors.casting import describe_key
from python_processors.contract import Contract
from python_processors.errors import RefusedError
from python_processors.export.manifest import (
    MANIFEST,
    ExportedFile,
    FileDate,
    Manifest,
    ManifestError,
    Partition,
    fingerprint_of,
    read_manifest,
    sha256_of,
)
from python_processors.orchestration.proof.open_findings import OpenFinding
from python_processors.orchestration.proof.row_checks import (
    EXAMPLES,
    MOST_REASONS,
    Finding,
    RowChecks,
    check_hashes,
    hashed_part,
)
from python_processors.words import count_of

_AGAIN = "Copy the export again, or make it anew."
_HASH = "data_hash"
_NO_HASH = (
    "Without a data_hash, so that no value was computed anew: {}. Checked are the file's SHA-256, its rows by date and"
    " its keys."
)


class NoExportError(RefusedError):
    """There is no such folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"There is no folder {folder} to verify: name one that `fullcourt export` wrote.")


@dataclass(frozen=True)
class ExportFinding:
    """One thing that is not as it is to be. `table` and `date` are None where it is of none."""

    file: str
    kind: str
    said: str
    table: str | None = None
    date: date | None = None


@dataclass(frozen=True)
class FileCheck:
    """What a file showed. `hashed_rows` counts those whose data_hash was computed anew."""

    file: ExportedFile
    rows: int = 0
    hashed_rows: int = 0
    findings: tuple[ExportFinding, ...] = ()


@dataclass(frozen=True)
class ExportCheck:
    """All of an export. `others` are findings of the manifest and of the folder."""

    folder: Path
    manifest: Manifest | None
    files: tuple[FileCheck, ...]
    others: tuple[ExportFinding, ...]

    @property
    def findings(self) -> tuple[ExportFinding, ...]:
        return (*self.others, *(found for of in self.files for found in of.findings))

    @property
    def passed(self) -> bool:
        return self.manifest is not None and not self.findings

    @property
    def notes(self) -> list[str]:
        """What a reader must know of an export that passes: what it does not hold, and what could not be checked."""
        made = self.manifest
        if made is None:
            return ["Nothing else was checked: only the manifest tells what the folder is to hold."]
        unhashed = ", ".join(of.file.name for of in self.files if of.file.contract is None)
        notes = [_NO_HASH.format(unhashed)] if unhashed else []
        notes += [f"{of.file.name} has no rows." for of in self.files if not of.file.rows]
        excused = sum(of.outcome == "excused" for of in made.partitions)
        if excused:
            notes.append(
                f"{count_of(excused, 'partition lacks', 'partitions lack')} rows that can never come (excused):"
                f" {MANIFEST} has the reasons."
            )
        if made.asked.include_untrusted:
            notes += [f"Not trusted, and in the export: {of.date}: {of.reason}" for of in made.distrusted]
        notes += [
            f"Left out of {of.file.name}: {one.date}: {one.reason}" for of in self.files for one in of.file.left_out
        ]
        if made.is_simulated:
            notes.append("The games are simulated.")
        return notes

    def lines(self) -> list[str]:
        """A line per file, every finding, up to ten notes, and PASS or FAIL."""
        made = self.manifest
        lines = [] if made is None else [
            f"Export of {made.start} to {made.end} from {made.target}, made {made.created_at:%Y-%m-%d %H:%M} UTC."
        ]  # fmt: skip
        for of in self.files:
            hashed = f"{of.hashed_rows:,} by data_hash" if of.file.contract else "no data_hash"
            verdict = "FAIL" if of.findings else "PASS"
            lines.append(f"{of.file.name:<38} {of.rows:>9,} rows  {hashed:<24}  {verdict}")
        if self.findings:
            lines += [*([""] if lines else []), *(found.said for found in self.findings), _AGAIN]
        notes = self.notes
        more = [f"and {len(notes) - MOST_REASONS:,} more; --json has all of them"] if len(notes) > MOST_REASONS else []
        lines += ["", *notes[:MOST_REASONS], *more] if notes else []
        rows, hashed_rows = (sum(of.rows for of in self.files), sum(of.hashed_rows for of in self.files))
        counts = f"{count_of(len(self.files), 'file')}, {count_of(rows, 'row')}, {hashed_rows:,} of them by data_hash"
        return [
            *lines,
            "",
            f"PASS: {counts}" if self.passed else f"FAIL: {count_of(len(self.findings), 'finding')}; {counts}",
        ]

    def to_dict(self) -> dict[str, Any]:
        made = self.manifest
        return {
            "passed": self.passed, "folder": str(self.folder),
            "start": made and made.start.isoformat(), "end": made and made.end.isoformat(),
            "files": [
                {"name": of.file.name, "rows": of.rows, "hashed_rows": of.hashed_rows, "passed": not of.findings}
                for of in self.files
            ],
            "findings": [asdict(found) for found in self.findings], "notes": self.notes,
        }  # fmt: skip


def check_export(folder: Path) -> ExportCheck:
    """Read every file of an export again.

    :raises NoExportError: there is no such folder.
    """
    if not folder.is_dir():
        raise NoExportError(folder)
    try:
        manifest = read_manifest(folder)
    except ManifestError as error:
        return ExportCheck(folder, None, (), (ExportFinding(MANIFEST, "manifest", f"{MANIFEST}: {error}"),))
    others = [ExportFinding(MANIFEST, "manifest", f"{MANIFEST}: {said}") for said in _contradictions(manifest)]
    known = {MANIFEST, *(of.name for of in manifest.files)}
    others += [
        ExportFinding(path.name, "surplus", f"{path.name} is no part of the export: move it away.")
        for path in sorted(folder.iterdir())
        if path.name not in known
    ]
    files = tuple(_check_file(folder, of) for of in manifest.files)
    return ExportCheck(folder, manifest, files, (*others, *_parted_sides(folder, files)))


def _contradictions(made: Manifest) -> Iterator[str]:
    """What a manifest says that cannot be, whatever the files hold."""
    if made.digest != made.expected_digest:
        yield "it was changed since it was written: its digest is not that of what it says."
    if not made.rows:
        yield "the export has no rows, so that there is nothing to check."
    doubled = [name for name, count in Counter(of.name for of in made.files).items() if count > 1]
    if doubled:
        yield f"it has {doubled[0]} twice."
    asked = [("table", table) for table in made.asked.tables]
    asked += [("features", "features")] if made.asked.features else []
    asked += [(side, made.asked.label) for side in ("training_known", "training_result")] if made.asked.label else []
    there = {(of.content, of.tables[0] if of.content == "table" else None) for of in made.files}
    for content, named in asked:
        if (content, named if content == "table" else None) not in there:
            yield f"{content} {named} was asked for, and is not in it."
    partitions = {(of.table, of.date): of for of in made.partitions}
    days = {made.start + timedelta(days=offset) for offset in range((made.end - made.start).days + 1)}
    for file in made.files:
        listed = Counter([*(of.date for of in file.dates), *(of.date for of in file.left_out)])
        for day in sorted(days ^ listed.keys()):
            yield f"{file.name} {day}: " + (
                "neither exported nor left out." if day in days else "the date is not of the range."
            )
        for day in sorted(day for day, count in listed.items() if count > 1):
            yield f"{file.name} {day}: the date is there twice."
        counted = sum(of.rows for of in file.dates)
        if counted != file.rows:
            yield f"{file.name}: {count_of(file.rows, 'row')}, and its dates have {counted:,}."
        for of in file.dates:
            for table in file.tables:
                source = partitions.get((table, of.date))
                if source is None:
                    yield f"{file.name} {of.date}: nothing tells what the date of {table} was."
                elif not source.is_trusted and not made.asked.include_untrusted:
                    yield f"{file.name} {of.date}: exported, though {source.reason}."
                elif not _are_rows_of(source, of, file):
                    yield f"{file.name} {of.date}: the date's rows are not those that {table} had."


def _are_rows_of(source: Partition, of: FileDate, file: ExportedFile) -> bool:
    """Of a training set nothing is said: it joins tables, and has fewer rows."""
    if file.content == "table":
        return (of.rows, of.fingerprint) == (source.rows, source.fingerprint)
    return file.content != "features" or of.rows == source.rows


def _check_file(folder: Path, file: ExportedFile) -> FileCheck:
    path, table = folder / file.name, file.tables[0] if file.content == "table" else None

    def finding(kind: str, said: str, first: date | None = None, last: date | None = None) -> ExportFinding:
        when = "" if first is None else f" {first}" if last in (None, first) else f" {first} to {last}"
        day = first if last in (None, first) else None
        return ExportFinding(file.name, kind, f"{file.name}{when}: {said}", table, day)

    if not path.is_file():
        return FileCheck(file, findings=(finding("lacking", "the file is lacking."),))
    found: list[ExportFinding] = []
    try:
        if (path.stat().st_size, sha256_of(path)) != (file.bytes, file.sha256):
            found.append(finding("sha256", "the file is not the one that was written: its SHA-256 or size is another."))
        with pa_parquet.ParquetFile(path) as parquet:
            schema = [(field.name, str(field.type)) for field in parquet.schema_arrow]
            if schema != [(of.name, of.type) for of in file.columns]:
                said = (
                    f"its columns are not those of the manifest{_difference(dict(schema), file)}; no row was checked."
                )
                return FileCheck(file, findings=(*found, finding("columns", said)))
            seen = _Seen(file)
            for group in range(parquet.num_row_groups):
                seen.add(parquet.read_row_group(group))
        faults = list(seen.faults())
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:  # of a date after the year 9999, too
        said = f"it cannot be read as Parquet ({(str(error).splitlines() or [''])[0]}); its rows were not checked."
        return FileCheck(file, findings=(*found, finding("unreadable", said)))
    found += [finding(of.kind, f"{of.said}.", of.first, of.last) for of in faults]
    found += [finding("rows", said, day) for day, said in seen.differences()]
    return FileCheck(file, seen.rows, seen.hashed_rows, tuple(found))


class _Seen:
    """What the rows of a file show, a piece after the other."""

    def __init__(self, file: ExportedFile) -> None:
        self.file, self.rows, self.hashed_rows = file, 0, 0
        contract = file.contract
        self._hashed = hashed_part(contract) if contract else None
        self._named = contract or Contract(file.tables[0], (), file.key, file.date_column, ())  # for words alone
        self._counts: dict[date | None, list[int]] = defaultdict(lambda: [0, 0, 0])
        self._faults: dict[str, Finding] = {}
        self._keys: list[pa.Table] = []

    def add(self, rows: pa.Table) -> None:
        """Rows of the manifest's columns."""
        self.rows += rows.num_rows
        dates = rows[self.file.date_column]
        if dates.null_count:
            self._counts[None][0] += dates.null_count
            rows = rows.filter(dates.is_valid())
            dates = rows[self.file.date_column]
        self._keys.append(rows.select(list(dict.fromkeys([self.file.date_column, *self.file.key]))))
        hashes = rows[_HASH] if self._hashed else pa.chunked_array([pa.repeat("", rows.num_rows)])
        for day in pc.unique(dates).to_pylist():
            for place, number in enumerate(fingerprint_of(hashes.filter(pc.equal(dates, day))).split(":")):
                self._counts[day][place] += int(number)
        if self._hashed:
            found = check_hashes(rows.select([of.name for of in self._hashed.columns]), self._hashed)
            self._faults = {
                kind: self._faults.get(kind, Finding()) + found.get(kind, Finding())
                for kind in self._faults.keys() | found.keys()
            }
            self.hashed_rows += 0 if found.get("unfit") else rows.num_rows

    def faults(self) -> Iterator[OpenFinding]:
        """Rows of dates that are not what their hash was made of, and keys that are null, or there twice."""
        made = RowChecks(self._named.table, date.min, date.max, {}, doubled=self._doubled(), **self._faults)
        yield from made.findings
        for name in self.file.key:
            if nulls := sum(of[name].null_count for of in self._keys):
                yield OpenFinding(f"{count_of(nulls, 'row has', 'rows have')} no {name}, which is of the key", "key")

    def differences(self) -> Iterator[tuple[date | None, str]]:
        """Dates whose rows are not those of the manifest."""
        expected = {of.date: of for of in self.file.dates}
        left_out = {of.date for of in self.file.left_out}
        for day in sorted(expected.keys() | self._counts.keys(), key=lambda day: day or date.min):
            rows, high, low = self._counts.get(day, [0, 0, 0])
            of = expected.get(day) if day else None
            if of is None:
                why = "which was left out" if day in left_out else "which the manifest does not have"
                yield day, f"{count_of(rows, 'row')} of {'a date,' if day else 'no date,'} {why}."
            elif rows != of.rows:
                yield day, f"{count_of(rows, 'row')}, and {of.rows:,} were exported."
            elif of.fingerprint is not None and of.fingerprint != f"{rows}:{high}:{low}":
                yield day, "its rows are not those that were exported: their data_hash values are others."

    def _doubled(self) -> Finding:
        if not self._keys:
            return Finding()
        of_day = (self.file.date_column, "min")
        counted = pa.concat_tables(self._keys).group_by(self.file.key).aggregate([([], "count_all"), of_day])
        doubled = counted.filter(pc.greater(counted["count_all"], 1)).sort_by(
            [(name, "ascending") for name in self.file.key]
        )
        examples = [describe_key(doubled, self._named, row) for row in range(min(EXAMPLES, doubled.num_rows))]
        return Finding(doubled.num_rows, tuple(examples), frozenset(doubled["_".join(of_day)].to_pylist()))


def _difference(schema: Mapping[str, str], file: ExportedFile) -> str:
    expected = {of.name: of.type for of in file.columns}
    for name in (*expected, *schema):
        if schema.get(name) != expected.get(name):
            return f" ({name} is {schema.get(name, 'lacking')}, and was {expected.get(name, 'not there')})"
    return " (in another order, or one of them twice)"


def _parted_sides(folder: Path, checked: Iterable[FileCheck]) -> Iterator[ExportFinding]:
    """A training set's two files have the same keys, row by row."""
    sides = [of.file for of in checked if of.file.content.startswith("training") and not _is_unread(of)]
    if len(sides) == 2:
        first, second = (pa_parquet.read_table(folder / of.name, columns=list(of.key)) for of in sides)
        if not first.equals(second):
            said = f"its rows are not those of {sides[0].name}, one by one: their keys differ."
            yield ExportFinding(sides[1].name, "sides", f"{sides[1].name}: {said}")


def _is_unread(of: FileCheck) -> bool:
    return any(found.kind in ("lacking", "unreadable", "columns") for found in of.findings)
