"""Which keys a contract file may have, and of what kind their values are.

This is the one place: a key that is a field here is read, and any other is refused with the list of those that
there are. To allow a new key of a table, a column or a read, add a line to its class, with a type that says
what the value must be:

    least_games: Count | None = None

A key whose value is a mapping of its own is a class of its own, below `Keys`.
"""

from __future__ import annotations

import difflib
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

Window = Literal["same_date", "days", "season_before", "games", "whole"]
WINDOWS: tuple[str, ...] = get_args(Window)


def _name(value: str) -> str:
    if not value.isascii() or not value.isidentifier() or value != value.lower():
        raise PydanticCustomError("name", "is no name: lower-case letters, digits and `_`, a letter first")
    return value


Name = Annotated[str, AfterValidator(_name)]
Text = Annotated[str, StringConstraints(pattern=r"\S")]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
MAX_COUNT = 10_000
A_COUNT = f"a whole number from 1 to {MAX_COUNT:,}"
Count = Annotated[int, Field(ge=1, le=MAX_COUNT)]


def is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_COUNT


def _size(value: Any) -> Any:
    if isinstance(value, str):
        return _name(value)
    if not is_count(value):
        raise PydanticCustomError("size", f"must be {A_COUNT}, or the name of one")
    return value


def _part(value: Any) -> Any:
    names = value if isinstance(value, list) and value else [value]
    if not all(isinstance(name, str) for name in names):
        raise PydanticCustomError("part", "must be a column, or a list of columns of which the first counts")
    return value


Size = Annotated[Any, AfterValidator(_size)]  # a number, or the name of a window of the table or of a var
KeyPart = Annotated[Any, AfterValidator(_part)]
Tests = list[str | dict[str, Any]]  # dbt's own: it checks what is in them


class Keys(BaseModel):
    """A mapping with these keys and no others."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @classmethod
    def allowed(cls) -> list[str]:
        return [field.alias or name for name, field in cls.model_fields.items()]

    @model_validator(mode="before")
    @classmethod
    def _knows_every_key(cls, value: Any) -> Any:
        """The message says what is allowed, which pydantic's own does not."""
        unknown = [str(key) for key in value if key not in cls.allowed()] if isinstance(value, dict) else []
        if unknown:
            near = difflib.get_close_matches(unknown[0], cls.allowed(), 1)
            raise PydanticCustomError(
                "unknown_key",
                "has {unknown}, which is no key here{near}; it may have {allowed}",
                {
                    "key": unknown[0],
                    "unknown": unknown[0],
                    "near": f" (`{near[0]}`?)" if near else "",
                    "allowed": ", ".join(cls.allowed()),
                },
            )
        return value


class ReadKeys(Keys):
    """An entry of a table's `config.meta.reads`: see python_processors/orchestration/state/reads.py."""

    upstream: Name = Field(alias="from")
    window: Window = "same_date"
    size: Size | None = None
    as_: Name | None = Field(default=None, alias="as")
    by: Name | None = None
    of: Name | None = None
    of_column: Name | None = None
    columns: list[Name] = []
    left_out: list[Name] = Field(default=[], alias="except")


class RowsKeys(Keys):
    """Who is to have a row: see rows.py."""

    of: Name
    after_bootstrap: bool = False
    min_games: Size | None = None
    too_few_games: Text | None = None


class HistoryKeys(Keys):
    windows: list[Name]
    main: Name | None = None
    of_teams: list[Name] = []


class TableMeta(Keys):
    """`config.meta` of a hashed table."""

    processor: Text | None = None
    key: list[Name] = []
    partition_by: Name | None = None
    cluster_by: list[Name] = []
    reads: list[ReadKeys] = []
    label: Text | None = None
    rows: RowsKeys | None = None
    history: HistoryKeys | None = None
    waits_for: dict[Name, Window] = {}
    windows: dict[Name, Size] = {}


class ColumnMeta(Keys):
    """`config.meta` of a hashed table's column. A text is the reason why the column is so; `needs` names the optional
    raw input without which nobody fills it, as `table` or `table.column`; `scale` the decimals of a FLOAT64.
    """

    required: bool = False
    not_hashed: Text | None = None
    compared: bool = False
    constant: Text | None = None
    constant_in_window: bool = False
    null_by_contract: bool = False
    max_null_rate: Share | None = None
    needs: Text | None = None
    reads_ahead: Text | None = None
    scale: int | None = None


class ColumnConfig(Keys):
    meta: ColumnMeta = ColumnMeta()
    tags: str | list[str] = []


class ColumnKeys(Keys):
    name: Name
    data_type: Text
    description: str = ""
    config: ColumnConfig = ColumnConfig()
    data_tests: Tests = []


class TableConfig(Keys):
    meta: TableMeta = TableMeta()
    tags: str | list[str] = []


class TableKeys(Keys):
    """A hashed table: an entry of `models:`."""

    name: Name
    description: str = ""
    config: TableConfig = TableConfig()
    data_tests: Tests = []
    columns: list[ColumnKeys] = []


class ContractFile(Keys):
    """A hashed table's file."""

    version: Literal[2] = 2
    models: list[TableKeys]
    unit_tests: list[dict[str, Any]] = []
    exposures: list[dict[str, Any]] = []


class RawColumnMeta(Keys):
    """`config.meta` of a raw table's column. What is optional says what becomes of rows without it."""

    optional: Text | None = None
    is_team: bool = False


class RawColumnConfig(Keys):
    meta: RawColumnMeta = RawColumnMeta()


class RawColumnKeys(Keys):
    name: Name
    data_type: Text
    description: str = ""
    config: RawColumnConfig = RawColumnConfig()
    data_tests: Tests = []


class RawTableMeta(Keys):
    """`config.meta` of a raw table. `optional` as of a column; `counts_for_days` a number, or the var that holds it."""

    optional: Text | None = None
    partition_by: Name | None = None
    key: list[KeyPart] = []
    of_played_games: bool = False
    days_from_game: int = Field(default=0, ge=0)
    counts_for_days: Size | None = None


class RawTableConfig(Keys):
    meta: RawTableMeta = RawTableMeta()


class RawTableKeys(Keys):
    name: Name
    description: str = ""
    config: RawTableConfig = RawTableConfig()
    data_tests: Tests = []
    columns: list[RawColumnKeys]


class FreshnessPeriod(Keys):
    count: int = Field(gt=0)
    period: Literal["minute", "hour", "day"]


class Freshness(Keys):
    """After what time without a load `dbt source freshness` warns, and fails."""

    warn_after: FreshnessPeriod | None = None
    error_after: FreshnessPeriod | None = None


class RawSourceConfig(Keys):
    """dbt's own: when a table of the source was loaded, and how long ago that may be."""

    loaded_at_query: Text | None = None
    freshness: Freshness | None = None


class RawSourceKeys(Keys):
    name: Name
    schema_: Text = Field(alias="schema")
    description: str = ""
    config: RawSourceConfig = RawSourceConfig()
    tables: list[RawTableKeys]


class RawFile(Keys):
    """models/staging/_sources.yml."""

    version: Literal[2] = 2
    sources: list[RawSourceKeys]


class OpsColumnMeta(Keys):
    """`config.meta` of a column of a table that runs write and that is not hashed."""

    required: bool = False


class OpsColumnConfig(Keys):
    meta: OpsColumnMeta = OpsColumnMeta()


class OpsColumnKeys(Keys):
    name: Name
    data_type: Text
    description: str = ""
    config: OpsColumnConfig = OpsColumnConfig()
    data_tests: Tests = []


class OpsTableMeta(Keys):
    """`config.meta` of a table that runs write and that is not hashed."""

    partition_by: Name
    cluster_by: list[Name] = []


class OpsTableConfig(Keys):
    meta: OpsTableMeta


class OpsTableKeys(Keys):
    name: Name
    description: str = ""
    config: OpsTableConfig
    data_tests: Tests = []
    columns: list[OpsColumnKeys]


class OpsSourceKeys(Keys):
    name: Name
    schema_: Text = Field(alias="schema")
    description: str = ""
    tables: list[OpsTableKeys]


class OpsFile(Keys):
    """models/ops/_sources.yml."""

    version: Literal[2] = 2
    sources: list[OpsSourceKeys]
