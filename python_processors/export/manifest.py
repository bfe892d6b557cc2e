"""`manifest.json` of an export: which dates of which tables it holds, as what, by which code. See docs/python.md."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final, Literal, Self

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from python_processors.contract import Column, Contract, ContractType
from python_processors.errors import FullcourtError
from python_processors.hashing import HASH_LENGTH, fingerprint
from python_processors.words import count_of

MANIFEST = "manifest.json"
KIND: Final = "fullcourt export"
SCHEMA_VERSION: Final = 1

_FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]+\.parquet$")]  # in the folder itself, nowhere else
_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Count = Annotated[int, Field(ge=0)]
_Fingerprint = Annotated[str, StringConstraints(pattern=r"^[0-9]+:[0-9]+:[0-9]+$")]


class ManifestError(FullcourtError):
    """A manifest cannot be read as one."""


def _known_type(name: str) -> str:
    ContractType.parse_whole(name)
    return name


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Content = Literal["table", "features", "training_known", "training_result"]


class Asked(_Part):
    """What was asked for."""

    tables: tuple[str, ...]
    features: bool
    label: str | None
    lines: bool
    include_untrusted: bool


class Partition(_Part):
    """A date of a table as it was in the warehouse. `logic_version` and `libraries` are the ledger's: null where no run
    confirmed the date."""

    table: str
    date: date
    outcome: str
    is_trusted: bool
    reason: str
    rows: _Count
    fingerprint: _Fingerprint
    logic_version: str | None
    libraries: str | None


class FileColumn(_Part):
    """A column of a file. `contract_type` is null where the file is no table's; a FLOAT64's scale stands behind it."""

    name: str
    type: str
    contract_type: Annotated[str, AfterValidator(_known_type)] | None
    is_hashed: bool


class FileDate(_Part):
    """Rows of a date in a file. `fingerprint` is of their data_hash; null where the file has none."""

    date: date
    rows: _Count
    fingerprint: _Fingerprint | None


class LeftOut(_Part):
    """A date that a file does not hold, and why."""

    date: date
    reason: str


class ExportedFile(_Part):
    """A file, and every date of the range: either in `dates`, if only with 0 rows, or in `left_out`."""

    name: _FileName
    content: Content
    tables: tuple[str, ...]
    rows: _Count
    bytes: _Count
    sha256: _Sha256
    key: tuple[str, ...]
    date_column: str
    columns: tuple[FileColumn, ...]
    dates: tuple[FileDate, ...]
    left_out: tuple[LeftOut, ...]

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        columns = {of.name: of for of in self.columns}
        if self.date_column not in columns or columns[self.date_column].type != str(pa.date32()):
            raise ValueError(f"{self.name} has no column of dates {self.date_column}")
        if not self.key or not set(self.key) <= columns.keys():
            raise ValueError(f"{self.name} lacks columns of its key")
        if not self.tables or (self.content == "table" and "data_hash" not in columns):
            raise ValueError(f"{self.name} names no table, or lacks its data_hash")
        if self.content == "table" and not all(of.contract_type for of in self.columns):
            raise ValueError(f"{self.name} has columns without a contract type")
        if self.content == "table" and not all(columns[name].is_hashed for name in self.key):
            raise ValueError(f"{self.name} has a key that is not hashed")
        return self

    @property
    def contract(self) -> Contract | None:
        """What its rows were hashed by, as it was when they were exported; None where they have no hash."""
        if self.content != "table":
            return None
        types = {of: ContractType.parse_whole(of.contract_type) for of in self.columns if of.contract_type is not None}
        columns = tuple(
            Column(of.name, kind, "", False, None if of.is_hashed else "not hashed", {}) for of, kind in types.items()
        )
        return Contract(self.tables[0], columns, self.key, self.date_column, ())


class Manifest(_Part):
    """All of it. `warehouse` is the database's name, empty on BigQuery; `relations` are the tables as the engine names
    them. `digest` is of everything else."""

    kind: Literal["fullcourt export"]
    schema_version: Literal[1]
    created_at: datetime
    fullcourt_version: str
    target: str
    warehouse: str
    relations: dict[str, str]
    is_simulated: bool
    start: date
    end: date
    asked: Asked
    libraries: dict[str, str]
    partitions: tuple[Partition, ...]
    files: tuple[ExportedFile, ...]
    digest: _Sha256 | None = None

    @property
    def rows(self) -> int:
        return sum(of.rows for of in self.files)

    @property
    def distrusted(self) -> tuple[Partition, ...]:
        """Partitions that were not as a run proved them, in the export or left out."""
        return tuple(of for of in self.partitions if not of.is_trusted)

    @property
    def expected_digest(self) -> str:
        """What `digest` is to be: SHA-256 of the rest as JSON with sorted keys and no spaces."""
        rest = self.model_dump(mode="json", exclude={"digest"})
        return hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    @property
    def signed(self) -> Manifest:
        """The same with its digest."""
        return self.model_copy(update={"digest": self.expected_digest})

    @property
    def text(self) -> str:
        """What stands in the file."""
        return self.model_dump_json(indent=1) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an export; whether it is right is not looked at.

    :raises ManifestError: there is none, or it has another form.
    """
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ManifestError("there is none, so nothing tells what the folder is to hold.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"it cannot be read ({error}).") from error
    try:
        version = dict(json.loads(text)).get("schema_version")
    except (ValueError, TypeError, RecursionError) as error:
        raise ManifestError(f"it is no JSON object ({error}).") from error
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise ManifestError(
            f"its form is {version}, and this version of fullcourt knows forms up to {SCHEMA_VERSION}: use a newer one."
        )
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise ManifestError(
            f"{count_of(error.error_count(), 'fault')} of its form, the first: {where}: {first['msg']}."
        ) from error


def fingerprint_of(hashes: pa.Array | pa.ChunkedArray) -> str:
    """As macro partition_fingerprint has it: a text that is no hash counts as a row, and adds nothing to the sums."""
    well_formed = pc.fill_null(pc.match_substring_regex(hashes, f"^[0-9a-f]{{{HASH_LENGTH}}}$"), False)
    _, sums = fingerprint(hashes.filter(well_formed)).split(":", 1)
    return f"{len(hashes)}:{sums}"


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
