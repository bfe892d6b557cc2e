"""Writing an export: Parquet files and their manifest, whole or not at all.

What is exported was verified by the same session: a date that is not as a run proved it, or has a row that is not what
its hash says, is left out by name, or marked where it was asked for.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pa_parquet

from python_processors import __version__
from python_processors.api.frames import with_features, with_floats
from python_processors.api.reading import contract_of
from python_processors.api.selecting import (
    FEATURES,
    KEY,
    LABEL,
    check_label,
    distrust_of,
    features_sql,
    table_sql,
    training_sql,
    training_tables,
)
from python_processors.contract import Contract, load_contract
from python_processors.errors import FullcourtError, RefusedError
from python_processors.export.manifest import (
    KIND,
    MANIFEST,
    SCHEMA_VERSION,
    Asked,
    Content,
    ExportedFile,
    FileColumn,
    FileDate,
    LeftOut,
    Manifest,
    ManifestError,
    Partition,
    fingerprint_of,
    read_manifest,
    sha256_of,
)
from python_processors.orchestration.proof.row_checks import batches, check_tables
from python_processors.orchestration.state.memory import NO_ROWS
from python_processors.orchestration.state.snapshot import Snapshot
from python_processors.orchestration.state.stored import stored_fingerprints
from python_processors.orchestration.warehouse import Session, Warehouse, dataset_prefix
from python_processors.outputs import OutputError, make_folder, output_folder

if TYPE_CHECKING:
    from python_processors.orchestration.project import Project

FEATURES_FILE = "features.parquet"
KNOWN_FILE, RESULT_FILE = "training_known.parquet", "training_result.parquet"
_HASH = "data_hash"
_NAMED = 3

Partitions = Mapping[str, Mapping[date, Partition]]


class ExportError(FullcourtError):
    """What was asked for cannot be exported; nothing was written."""


class FolderTakenError(RefusedError):
    """The folder holds something that an export must not replace."""

    def __init__(self, folder: Path, problem: str) -> None:
        super().__init__(f"{folder} {problem} Nothing was written.")


@dataclass(frozen=True)
class Wanted:
    """What to export of which dates. A `label` asks for the training set; `lines` are its points lines."""

    start: date
    end: date
    tables: tuple[str, ...] = ()
    features: bool = False
    label: str | None = None
    lines: bool = False
    untrusted: bool = False

    @property
    def days(self) -> list[date]:
        return [self.start + timedelta(days=offset) for offset in range((self.end - self.start).days + 1)]

    @property
    def read(self) -> tuple[str, ...]:
        """Every table that rows come from."""
        of_training = training_tables(lines=self.lines) if self.label else ()
        return tuple(dict.fromkeys([*self.tables, *((FEATURES,) if self.features else ()), *of_training]))


def export(project: Project, warehouse: Warehouse, folder: Path, wanted: Wanted, *, replaces: bool = False) -> Manifest:
    """Write an export to a folder that is new or empty, or that holds an earlier one which it replaces.

    :raises FolderTakenError: the folder holds something else.
    :raises ExportError: there is nothing to export, or rows changed meanwhile.
    :raises FullcourtError: an unknown label, a table that was never built, no schedule.
    """
    if wanted.label:
        check_label(wanted.label)
    with _whole_folder(folder, replaces=replaces) as partial:
        with warehouse.beside_a_run() as session:
            manifest = _Writer(project, warehouse, session, wanted, partial).write().signed
        (partial / MANIFEST).write_text(manifest.text, encoding="utf-8")
    return manifest


class _Writer:
    """One export, of one open warehouse."""

    def __init__(
        self, project: Project, warehouse: Warehouse, session: Session, wanted: Wanted, folder: Path
    ) -> None:  # fmt: skip
        self.warehouse, self.session, self.wanted, self.folder = warehouse, session, wanted, folder
        self.snapshot = Snapshot(project, session, wanted.start, wanted.end, tables=wanted.read)
        self.partitions: Partitions = {}

    def write(self) -> Manifest:
        wanted = self.wanted
        self.partitions = self._partitions()
        files = [self._table(contract_of(table)) for table in wanted.tables]
        files += [self._features()] if wanted.features else []
        files += self._training(wanted.label) if wanted.label else []
        self._check_unchanged()
        if not any(of.rows for of in files):
            raise ExportError(_nothing(wanted, files))
        return Manifest(
            kind=KIND, schema_version=SCHEMA_VERSION, created_at=datetime.now(UTC).replace(microsecond=0),
            fullcourt_version=__version__, target=self.warehouse.kind, warehouse=self.warehouse.database,
            relations={table: self.session.named(load_contract(table).relation) for table in wanted.read},
            is_simulated=self._is_simulated(), start=wanted.start, end=wanted.end,
            asked=Asked(
                tables=wanted.tables, features=wanted.features, label=wanted.label, lines=wanted.lines,
                include_untrusted=wanted.untrusted,
            ),
            libraries={**_versions(self.snapshot.libraries), "pyarrow": pa.__version__},
            partitions=tuple(of for by_day in self.partitions.values() for of in by_day.values()),
            files=tuple(files),
        )  # fmt: skip

    def _partitions(self) -> Partitions:
        """Every date of each table that rows come from: as the planner knows it, and as its rows are."""
        wanted, memory = self.wanted, self.snapshot.memory
        stored = {(row["table_name"], row["day"]): row["fingerprint"] for row in memory.rows("from stored")}
        ledger = {(row["table_name"], row["day"]): row for row in memory.rows("from ledger")}
        faulty = {of.table: of.faulty_days for of in check_tables(self.session, wanted.read, wanted.start, wanted.end)}
        found: dict[str, dict[date, Partition]] = {}
        self.snapshot.look_at_all()
        for table in wanted.read:
            states = self.snapshot.states(table)
            for day in wanted.days:
                state, row = states.get(day), ledger.get((table, day), {})
                fingerprint = stored.get((table, day)) or NO_ROWS
                fault = faulty[table].get(day)
                reasons = [distrust_of(state) if state else "", f"{table}: {fault}" if fault else ""]
                distrust = "; ".join(filter(None, reasons))
                found.setdefault(table, {})[day] = Partition(
                    table=table, date=day, outcome=state.outcome if state else "no_games",
                    is_trusted=not distrust, reason=distrust or (state.reason if state else ""),
                    rows=int(fingerprint.split(":", 1)[0]), fingerprint=fingerprint,
                    logic_version=row.get("logic_version"), libraries=row.get("libraries"),
                )  # fmt: skip
        return found

    def _table(self, contract: Contract) -> ExportedFile:
        left_out, of_table = self._left_out([contract.table]), self.partitions[contract.table]
        counts = {day: of.rows for day, of in of_table.items() if day not in left_out and of.rows}
        days = pa.array(counts, pa.date32())
        schema = pa.schema([(column.name, column.type.arrow) for column in contract.columns])

        def rows() -> Iterator[pa.Table]:
            for first, last in list(batches(counts)) or [(self.wanted.start, self.wanted.start)]:
                found = self.session.read(self._table_sql(contract, first, last))
                try:
                    yield _as_contract(found.filter(pc.is_in(found[contract.partition_by], days)), schema)
                except pa.ArrowInvalid as error:
                    raise ExportError(
                        f"Rows of {contract.table} of {first} to {last} do not fit the types of its contract ({error})."
                        " `fullcourt migrate --dry-run` says how the table differs. Nothing was written."
                    ) from error

        key = tuple(contract.key)
        file = self._file(f"{contract.table}.parquet", "table", [contract.table], key, contract.partition_by, rows())
        for of in file.dates:
            if of.fingerprint != of_table[of.date].fingerprint:
                raise ExportError(_changed([(contract.table, of.date)]))
        return file

    def _features(self) -> ExportedFile:
        rows = with_features(self.session.read(features_sql(self.session, self.wanted.start, self.wanted.end)))
        return self._file(FEATURES_FILE, "features", [FEATURES], KEY, KEY[0], [self._trusted(rows, [FEATURES])])

    def _training(self, label: str) -> list[ExportedFile]:
        """What was known on one side, the result on the other, both with the key: row by row the same."""
        wanted, tables = self.wanted, training_tables(lines=self.wanted.lines)
        sql = training_sql(
            self.session, self.warehouse.kind, wanted.start, wanted.end, label, lines=wanted.lines
        )  # fmt: skip
        rows = self._trusted(self.session.read(sql), tables)
        known = with_features(rows.drop_columns([LABEL]))
        result = with_floats(rows.select([*KEY, LABEL]).rename_columns([*KEY, label]))
        return [
            self._file(KNOWN_FILE, "training_known", tables, KEY, KEY[0], [known]),
            self._file(RESULT_FILE, "training_result", tables, KEY, KEY[0], [result]),
        ]

    def _trusted(self, rows: pa.Table, tables: Sequence[str]) -> pa.Table:
        return rows.filter(pc.invert(pc.is_in(rows[KEY[0]], pa.array(self._left_out(tables), pa.date32()))))

    def _left_out(self, tables: Sequence[str]) -> dict[date, str]:
        """Dates that are not exported, and why: of the first table that cannot be trusted."""
        found: dict[date, str] = {}
        for table in () if self.wanted.untrusted else tables:
            for day, of in self.partitions[table].items():
                if not of.is_trusted:
                    found.setdefault(day, of.reason)
        return found

    def _file(
        self, name: str, content: Content, tables: Sequence[str], key: tuple[str, ...], date_column: str,
        pieces: Iterable[pa.Table],
    ) -> ExportedFile:  # fmt: skip
        path, hashes = self.folder / name, {}
        counts: dict[date, int] = {}
        writer: pa_parquet.ParquetWriter | None = None
        try:
            for rows in pieces:
                writer = writer or pa_parquet.ParquetWriter(path, rows.schema, compression="zstd")
                writer.write_table(rows)
                for day, of_day in _by_date(rows, date_column):
                    counts[day] = of_day.num_rows
                    if content == "table":
                        hashes[day] = fingerprint_of(of_day[_HASH])
        finally:
            if writer:
                writer.close()
        left_out = self._left_out(tables)
        no_rows = NO_ROWS if content == "table" else None
        contract = load_contract(tables[0]) if content == "table" else None
        return ExportedFile(
            name=name, content=content, tables=tuple(tables), rows=sum(counts.values()), bytes=path.stat().st_size,
            sha256=sha256_of(path), key=key, date_column=date_column, columns=tuple(_columns(path, contract)),
            dates=tuple(
                FileDate(date=day, rows=counts.get(day, 0), fingerprint=hashes.get(day, no_rows))
                for day in self.wanted.days if day not in left_out
            ),
            left_out=tuple(LeftOut(date=day, reason=reason) for day, reason in sorted(left_out.items())),
        )  # fmt: skip

    def _table_sql(self, contract: Contract, first: date, last: date) -> str:
        return table_sql(self.session, contract, first, last, [column.name for column in contract.columns])

    def _check_unchanged(self) -> None:
        """BigQuery lets a run publish while its tables are read, one after the other.

        :raises ExportError: it did.
        """
        wanted = self.wanted
        now = stored_fingerprints(self.session, wanted.read, wanted.start, wanted.end).to_pylist()
        after = {(row["table_name"], row["day"]): row["fingerprint"] for row in now}
        changed = [
            (table, day)
            for table, by_day in self.partitions.items()
            for day, of in by_day.items()
            if after.get((table, day), NO_ROWS) != of.fingerprint
        ]
        if changed:
            raise ExportError(_changed(changed))

    def _is_simulated(self) -> bool:
        from python_processors.raw_loader import holds_simulated

        connection = self.session.connection
        return connection is not None and holds_simulated(connection, prefix=dataset_prefix())


def _as_contract(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Rows in the types of their contract. :raises pa.ArrowInvalid: they do not fit."""
    for field in schema:
        kind = rows.schema.field(field.name).type
        of_values, wanted = (of.value_type if pa.types.is_list(of) else of for of in (kind, field.type))
        if pa.types.is_floating(wanted) and not pa.types.is_floating(of_values):
            # Arrow's cast of a decimal makes 0.35000000000000003 of 0.35, which is not what was hashed.
            raise pa.ArrowInvalid(f"{field.name} is {kind}, not {field.type}")
    return rows.cast(schema)


def _by_date(rows: pa.Table, date_column: str) -> Iterator[tuple[date, pa.Table]]:
    """Rows of each date; they are sorted by it."""
    start = 0
    for counted in pc.value_counts(rows[date_column].combine_chunks()).to_pylist():
        yield counted["values"], rows.slice(start, counted["counts"])
        start += counted["counts"]


def _columns(path: Path, contract: Contract | None) -> list[FileColumn]:
    """As a reader of the file sees them."""
    types = {column.name: column.type.whole_name for column in contract.columns} if contract else {}
    hashed = contract.hash_fields if contract else ()
    return [
        FileColumn(
            name=field.name, type=str(field.type), contract_type=types.get(field.name), is_hashed=field.name in hashed
        )
        for field in pa_parquet.read_schema(path)
    ]


def _versions(libraries: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in libraries.split(";"))


def _changed(found: Sequence[tuple[str, date]]) -> str:
    named = ", ".join(f"{table} of {day}" for table, day in found[:_NAMED])
    return (
        f"Rows changed while they were exported: {named}{' ...' if len(found) > _NAMED else ''}. A run is at work,"
        " or was: export again once it ended. Nothing was written."
    )


def _nothing(wanted: Wanted, files: Sequence[ExportedFile]) -> str:
    """Why there is no row to export."""
    reason = next((f"{of.date}: {of.reason}" for file in files for of in file.left_out), "")
    why = (
        f"no date can be trusted that has rows, the first: {reason}. `--include-untrusted` exports such dates, marked"
        if reason
        else "no row of these dates is stored, as `fullcourt status` says with the same dates"
    )
    return f"Nothing of {wanted.start} to {wanted.end} can be exported: {why}. Nothing was written."


def _checked_folder(folder: Path, *, replaces: bool) -> Path:
    """The folder that the export becomes, with links followed.

    :raises FolderTakenError: it holds something that is no earlier export, or one that is not to be replaced.
    """
    output_folder(folder)
    target = folder.resolve()
    found = sorted(path.name for path in target.iterdir()) if target.is_dir() else []
    if not found:
        return target
    if MANIFEST not in found:
        raise FolderTakenError(folder, f"holds {found[0]}, and is no export. Name a new folder.")
    try:
        earlier = read_manifest(target)
    except ManifestError as error:
        raise FolderTakenError(folder, f"holds a {MANIFEST} that cannot be read: {error} Name a new folder.") from error
    if not replaces:
        raise FolderTakenError(
            folder, f"holds the export of {earlier.start} to {earlier.end}. Replace it (--replace), or name a new one."
        )  # fmt: skip
    others = sorted(set(found) - {MANIFEST} - {of.name for of in earlier.files})
    if others:
        raise FolderTakenError(folder, f"holds {others[0]}, which is no part of the export in it. Move it away.")
    return target


@contextmanager
def _whole_folder(folder: Path, *, replaces: bool) -> Iterator[Path]:
    """A folder beside the target that takes its name once it is whole, in place of an earlier one.

    A rename replaces an empty folder alone, so an earlier export steps aside first: a kill just then leaves both.

    :raises OutputError: it cannot be written.
    :raises FolderTakenError: it holds something else, at first or by then.
    """
    target = _checked_folder(folder, replaces=replaces)
    make_folder(target.parent)
    try:
        work = Path(tempfile.mkdtemp(prefix=f".{target.name}.partial-", dir=target.parent))
    except OSError as error:
        raise _not_written(target, error) from error
    partial, earlier = work / "new", work / "earlier"
    try:
        partial.mkdir()
        yield partial
        _checked_folder(folder, replaces=replaces)
        if target.exists():
            target.rename(earlier)
        partial.rename(target)
    except OSError as error:
        raise _not_written(target, error) from error
    finally:
        if earlier.exists() and not target.exists():
            earlier.rename(target)
        shutil.rmtree(work, ignore_errors=True)


def _not_written(target: Path, error: OSError) -> OutputError:
    return OutputError(target, f"{error.strerror or error}. Make room or repair that, and run the same again.")
