"""Rights on datasets are asked for before the first of an environment's is dropped or made."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from google.api_core.exceptions import Forbidden, GoogleAPICallError, ServiceUnavailable

from python_processors.engines.base import placed
from python_processors.engines.bigquery.errors import BigQueryError, Place, explain
from python_processors.orchestration import environments
from python_processors.orchestration.environments import DatasetRightError
from python_processors.schema.tables import output_datasets

DENIED = Forbidden("Access Denied: Dataset p:dev__nba_ops: Permission bigquery.datasets.delete denied on dataset")


@dataclass
class Session:
    """An environment is there; a dry run of a statement on one of its datasets is answered with an error."""

    refused: str
    error: GoogleAPICallError = DENIED
    sent: list[str] = field(default_factory=list)

    def datasets(self) -> list[str]:
        return [placed(of, "dev") for of in output_datasets()]

    def named(self, relation: str, environment: str) -> str:
        return f"`p.{placed(relation, environment)}`"

    def bytes_read_by(self, sql: str) -> int:
        if self.refused and self.refused in sql:
            raise explain(self.error, Place("p", "nba_ops", "us-west2"))
        return 0

    def execute(self, sql: str) -> None:
        self.sent.append(sql)

    def drop_dataset(self, dataset: str) -> None:
        self.sent.append(f"drop {dataset}")


@pytest.mark.parametrize("refused", [placed(of, "dev") for of in output_datasets()])
def test_one_dataset_that_may_not_be_dropped_keeps_all(refused: str) -> None:
    session = Session(refused)
    with pytest.raises(DatasetRightError) as caught:
        environments._drop_datasets(session, "dev")  # type: ignore[arg-type]
    assert session.sent == []
    assert str(caught.value) == (
        "This account may not drop the datasets of the environment `dev`: who made it may, and who holds"
        " `roles/bigquery.dataOwner` on them (docs/environments.md). Nothing was changed."
        f" BigQuery said: {DENIED.message}"
    )


def test_an_error_that_is_of_no_right_stays_what_it_is() -> None:
    session = Session("dev__nba_ops", ServiceUnavailable("503 backendError"))
    with pytest.raises(BigQueryError, match="could not be reached"):
        environments._drop_datasets(session, "dev")  # type: ignore[arg-type]
    assert session.sent == []


def test_with_the_rights_the_mark_goes_first_and_the_ledgers_last() -> None:
    session = Session("")
    environments._drop_datasets(session, "dev")  # type: ignore[arg-type]
    assert session.sent[0] == "drop table if exists `p.dev__nba_ops.environment`"
    assert session.sent[-1] == "drop dev__nba_ops"
    assert len(session.sent) == 1 + len(output_datasets())
