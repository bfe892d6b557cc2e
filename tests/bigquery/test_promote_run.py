"""A promotion on a local BigQuery server: a transaction a table, refused where a side has changed, finished after a kill."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from python_processors.engines.bigquery.session import BigQuerySession
from python_processors.orchestration.backfill import backfill, plan_of
from python_processors.orchestration.environments import create_environment, within
from python_processors.orchestration.project import Project
from python_processors.orchestration.promotion.change import ComparisonError, PromotionError, change_of
from python_processors.orchestration.promotion.publishing import promote
from python_processors.orchestration.proof.verification import verify_range
from python_processors.orchestration.request import Request
from python_processors.orchestration.warehouse import BigQueryWarehouse, warehouse_of_target
from tests.bigquery.raw import server_with_raw_rows
from tests.warehouse import environment

pytestmark = [pytest.mark.slow, pytest.mark.nightly]

WINDOW = ("2021-10-19", "2021-10-20")
START, END = map(date.fromisoformat, WINDOW)
PLAYERS = "nba_analytics.player_game_summary"


@contextmanager
def killed_at(monkeypatch: pytest.MonkeyPatch, relation: str) -> Iterator[None]:
    """Whatever is to be published of a relation, and all that comes after it."""
    together = BigQuerySession.together

    def published(session: BigQuerySession, statements: Sequence[str]) -> None:
        if any(relation in statement for statement in statements):
            raise KeyboardInterrupt
        together(session, statements)

    with monkeypatch.context() as patched:
        patched.setattr(BigQuerySession, "together", published)
        yield


def test_a_promotion_is_as_compared_or_is_not(
    league: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    paths = {"DBT_TARGET_PATH": str(tmp_path / "target"), "DBT_LOG_PATH": str(tmp_path / "logs")}
    with server_with_raw_rows(league, WINDOW) as (_, _, settings), environment(**settings, **paths, FULLCOURT_ENV=""):
        warehouse, project, request = warehouse_of_target(), Project(), Request(START, END)
        assert isinstance(warehouse, BigQueryWarehouse)
        assert backfill(project, warehouse, request, audited_share=0).is_whole
        create_environment(project, warehouse, "dev", is_empty=True)  # clones of this server lose digits
        with within("dev"):
            own = Project()
            assert plan_of(own, warehouse, request).dates
            with pytest.raises(PromotionError, match="does not verify"):
                change_of(project, own, warehouse, "dev", START, END)
            assert backfill(own, warehouse, request, audited_share=0).is_whole
        with warehouse.writing() as session:
            rows = session.named(PLAYERS, "")
            session.execute(f"delete from {rows} where game_date = date '{END}' and points > 9")
            session.execute(
                f"update {rows} set player_lookup = 'nobody' where game_date = date '{START}' and player_lookup ="
                f" (select min(player_lookup) from {rows} where game_date = date '{START}')"
            )
        seen = change_of(project, own, warehouse, "dev", START, END)
        (players,) = [of for of in seen.tables if of.table == "player_game_summary"]
        assert min(players.inserted, players.updated, players.deleted) > 0

        with killed_at(monkeypatch, "team_offense_game_summary"), pytest.raises(KeyboardInterrupt):
            promote(project, own, warehouse, "dev", START, END, seen.compared)
        assert not plan_of(project, warehouse, request).is_empty
        assert not verify_range(project, warehouse, START, END).passed

        made = promote(project, own, warehouse, "dev", START, END, seen.compared)
        assert made.change.compared == seen.compared
        assert verify_range(project, warehouse, START, END).passed
        assert plan_of(project, warehouse, request).is_empty
        again = change_of(project, own, warehouse, "dev", START, END)
        assert (again.tables, again.models) == ((), ())

        with warehouse.writing() as session:
            session.execute(f"update {session.named(PLAYERS, '')} set points = 99 where game_date = date '{END}'")
        with pytest.raises(ComparisonError, match="has changed since"):
            promote(project, own, warehouse, "dev", START, END, again.compared)
