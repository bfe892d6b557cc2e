"""nba_ops.alert_ledger: what each channel was told of each finding. Read in one query, appended in one statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from python_processors.alerts.channels import Channel
from python_processors.alerts.findings import EVENTS, Finding, Key
from python_processors.alerts.news import News, Told
from python_processors.orchestration.warehouse import Session
from python_processors.schema.tables import create_tables, stored_tables

LEDGER = "nba_ops.alert_ledger"
_NO_DATE = date(1, 1, 1)  # BigQuery's partitions have no null that a filter on the partition would find


@dataclass(frozen=True)
class Memory:
    """What channels were told, by the channel's place and kind; `sequence` is the newest in the ledger."""

    told: Mapping[str, Mapping[Key, Told]] = field(default_factory=dict)
    sequence: int = 0

    def of(self, channel: Channel) -> Mapping[Key, Told]:
        return self.told.get(spelled(channel), {})

    def with_notes(self, notes: Mapping[str, Mapping[Key, Told]]) -> Memory:
        """With what was told since, and is not in the ledger."""
        channels = {*self.told, *notes}
        return Memory({name: {**self.told.get(name, {}), **notes.get(name, {})} for name in channels}, self.sequence)


def recall(session: Session, now: datetime, after: timedelta) -> Memory:
    """What is open by the ledger, and the events that were told a short time ago or not yet."""
    if not session.columns(LEDGER):
        return Memory()
    events = ", ".join(f"'{kind}'" for kind in EVENTS)
    rows = session.read(
        f"""
        select *
        from (
            select
                channel, table_name, game_date, kind, entity, said, fingerprint, first_date, last_date, first_told_at,
                told_at, resolved_at, sequence, max(sequence) over () as newest
            from {session.named(LEDGER)}
            where game_date >= date '0001-01-01'
            qualify row_number() over (
                partition by channel, table_name, game_date, kind, entity order by sequence desc, noted_at desc
            ) = 1
        ) as of_each
        where
            sequence = newest
            or (
                resolved_at is null
                and (
                    kind not in ({events}) or told_at is null
                    or told_at >= cast('{now - after:%Y-%m-%d %H:%M:%S}' as timestamp)
                )
            )
        """
    ).to_pylist()
    told: dict[str, dict[Key, Told]] = defaultdict(dict)
    for row in rows:
        if row["resolved_at"] is None:
            of = _told(row)
            told[row["channel"]][of.finding.key] = of
    return Memory(told, max((row["sequence"] for row in rows), default=0))


def remember(
    session: Session, memory: Memory, deliveries: Iterable[tuple[Channel, News, bool]], run_id: str, now: datetime,
    notes: Mapping[str, Mapping[Key, Told]] | None = None,
) -> None:  # fmt: skip
    """Note what channels took, and of those that did not the events: nobody would find them again.

    :param notes: what was told before, and is not in the ledger yet.
    """
    rows = [
        row for channel, news, is_taken in deliveries for row in _rows(channel, news, memory.of(channel), is_taken, now)
    ]
    noted = {(row["channel"], row["table_name"], row["kind"]) for row in rows}
    rows += [
        _row(channel, of.finding, of.fingerprint, of.first_told_at, of.told_at)
        for channel, told in (notes or {}).items()
        for key, of in told.items()
        if (channel, key.table, key.kind) not in noted
    ]
    if not rows:
        return
    common = {"run_id": run_id, "noted_at": now, "sequence": memory.sequence + 1}
    made = pa.Table.from_pylist([{**row, **common} for row in rows], schema=stored_tables()[LEDGER].schema())
    if not session.columns(LEDGER):
        create_tables(session, LEDGER)
    session.append(LEDGER, made)


def _rows(
    channel: Channel, news: News, told: Mapping[Key, Told], is_taken: bool, now: datetime
) -> list[dict[str, Any]]:
    if not is_taken:
        waits = {key for key, of in told.items() if of.told_at is None}
        return [_row(channel, of, of.fingerprint) for of in news.new if of.is_event and of.key not in waits]
    rows = []
    for finding in news.new:
        before = told.get(finding.key)
        rows.append(_row(channel, finding, finding.fingerprint, (before and before.first_told_at) or now, now))
    for of in (*news.resolved, *news.closed):
        rows.append(_row(channel, of.finding, of.fingerprint, of.first_told_at, of.told_at, now))
    if news.is_reminder_due:
        rows += [_row(channel, of.finding, of.fingerprint, of.first_told_at, now) for of in news.still_open]
    return rows


def _row(
    channel: Channel | str, finding: Finding, fingerprint: str, first_told_at: datetime | None = None,
    told_at: datetime | None = None, resolved_at: datetime | None = None,
) -> dict[str, Any]:  # fmt: skip
    first, last = finding.scope or (None, None)
    return {
        "channel": spelled(channel), "table_name": finding.key.table, "game_date": finding.key.day or _NO_DATE,
        "kind": finding.key.kind, "entity": finding.key.entity, "said": finding.said, "fingerprint": fingerprint,
        "first_date": first, "last_date": last, "first_told_at": first_told_at, "told_at": told_at,
        "resolved_at": resolved_at,
    }  # fmt: skip


def _told(row: Mapping[str, Any]) -> Told:
    day = None if row["game_date"] == _NO_DATE else row["game_date"]
    scope = (row["first_date"], row["last_date"]) if row["first_date"] and row["last_date"] else None
    # A finding that waits is told as what it was: its fingerprint is that of then, whatever makes it the same.
    finding = Finding(Key(row["table_name"], day, row["kind"], row["entity"]), row["said"], scope)
    return Told(finding, row["fingerprint"], _utc(row["first_told_at"]), _utc(row["told_at"]))


def _utc(instant: datetime | None) -> datetime | None:
    return instant if instant is None or instant.tzinfo else instant.replace(tzinfo=UTC)


def spelled(channel: Channel | str) -> str:
    """A channel as the ledger has it, or was read from it: never by its URL."""
    return channel if isinstance(channel, str) else f"{channel.number} {channel.kind}"
