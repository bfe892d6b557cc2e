"""A table as it is there: its columns, and how its rows lie."""

from __future__ import annotations

from dataclasses import dataclass, field

Columns = list[tuple[str, str, bool]]


@dataclass(frozen=True)
class Layout:
    """Partitions and clusters. `unit` is day, month or another span of the column's, `range` of numbers; empty of a
    table without partitions. `partition_by` is empty where the time of loading decides. Names are in small letters."""

    partition_by: str = ""
    unit: str = ""
    cluster_by: tuple[str, ...] = ()

    def __str__(self) -> str:
        by = f"partitioned by {self.partition_by or 'time of ingestion'} ({self.unit})"
        clusters = f"clustered by {', '.join(self.cluster_by)}" if self.cluster_by else "not clustered"
        return f"{by if self.unit else 'not partitioned'} and {clusters}"


@dataclass(frozen=True)
class LiveTable:
    """`columns` are (name, type, nullable), empty when there is no such table; `layout` is None where an engine has
    none, and of what is no table."""

    columns: Columns = field(default_factory=list)
    layout: Layout | None = None
