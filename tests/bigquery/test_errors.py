"""Each kind of failure is one error of ours: what, where, what to do; and no name is trusted."""

from __future__ import annotations

from pathlib import Path

import pytest
from dbt_common.exceptions import DbtDatabaseError
from google.api_core import exceptions
from google.auth.exceptions import DefaultCredentialsError, RefreshError

from python_processors.engines.bigquery.errors import Place, explain, sent_again
from python_processors.engines.bigquery.session import is_transient, label
from tests.bigquery.conftest import PROJECT
from tests.warehouse import Warehouse, environment

PLACE = Place("my-project", "nba_analytics", "us-west2")


@pytest.mark.parametrize(
    ("error", "what", "advice"),
    [
        (exceptions.NotFound("Not found: Dataset p:d was not found in location EU"), "another location", "FULLCOURT_BIGQUERY_LOCATION"),
        (exceptions.NotFound("Not found: Table p:d.t was not found in location US"), "a table is missing", "_sources.yml"),
        (exceptions.Forbidden("Access Denied: Table p:d.t: User does not have permission to query"), "permission", "docs/bigquery.md"),
        (exceptions.Forbidden("Quota exceeded: Your project exceeded quota for free query bytes scanned"), "quota", "later"),
        (exceptions.TooManyRequests("Exceeded rate limits"), "quota", "FULLCOURT_THREADS"),
        (exceptions.BadRequest("UPDATE or DELETE statement over table p.d.t would affect rows in the streaming buffer"), "streaming buffer", "90 minutes"),
        (exceptions.BadRequest("Unrecognized name: pace; Did you mean place?"), "drifted", "contract"),
        (exceptions.BadRequest("Provided Schema does not match Table p:d.t. Field x is missing in new schema"), "drifted", "contract"),
        (exceptions.BadRequest("Query exceeded limit for bytes billed: 1000000. 20971520 or higher required."), "bill more", "MAX_BYTES_BILLED"),
        (exceptions.BadRequest("Cannot query over table 'p.d.t' without a filter over column(s) 'game_date'"), "no filter", "in_window"),
        (exceptions.BadRequest("Transaction is aborted due to concurrent update against table p.d.t. Transaction ID: 5"), "another transaction", "run again"),
        (exceptions.BadRequest("Could not serialize access to table p:d.t due to concurrent update"), "another transaction", "run again"),
        (exceptions.BadRequest("Resources exceeded during query execution: The query could not be executed in the allotted memory."), "more memory", "--chunk-dates"),
        (exceptions.Forbidden("Response too large to return. Consider specifying a destination table"), "more memory", "--chunk-dates"),
        (exceptions.BadRequest("The query is too large. The maximum standard SQL query length is 1024.00K characters"), "too long", "fewer dates"),
        (exceptions.ServiceUnavailable("503 backendError"), "could not be reached", "Run again"),
        (RefreshError("('invalid_grant: Token has been expired or revoked.')"), "credentials", "gcloud auth"),
        (DefaultCredentialsError("Your default credentials were not found."), "credentials", "gcloud auth"),
        (ConnectionError("Remote end closed connection without response"), "could not be reached", "Run again"),
    ],
)  # fmt: skip
def test_an_error_says_what_where_and_what_to_do(error: Exception, what: str, advice: str) -> None:
    said = str(explain(error, PLACE))
    assert what in said
    assert "project my-project, dataset nba_analytics, location us-west2" in said
    assert advice in said


def test_a_statement_that_lost_to_another_transaction_is_sent_again_and_no_other_is() -> None:
    sent: list[str] = []

    def send(sql: str, *, fails: int, why: str) -> str:
        sent.append(sql)
        if len(sent) <= fails:
            raise DbtDatabaseError(str(explain(exceptions.BadRequest(why), PLACE)))
        return "rows"

    again = sent_again(send, pause=0.001)
    assert again("merge", fails=2, why="Transaction is aborted due to concurrent update against table p.d.t.") == "rows"
    assert sent == ["merge"] * 3
    sent.clear()
    with pytest.raises(DbtDatabaseError, match="Syntax error"):
        again("select", fails=1, why="Syntax error")
    assert sent == ["select"]


NOT_FOUND = exceptions.NotFound(
    "404 Not found: Table my-project:nba_raw.nbac_schedule was not found in location us-west2"
)


def test_a_table_in_another_location_is_told_by_where_it_is() -> None:
    asked: list[str] = []

    def location_of(dataset: str) -> str:
        asked.append(dataset)
        return "US"

    said = str(explain(NOT_FOUND, PLACE, location_of))
    assert asked == ["my-project.nba_raw"]
    assert "the dataset nba_raw is in US, and was looked for in us-west2" in said
    assert "Set FULLCOURT_BIGQUERY_LOCATION=US." in said


@pytest.mark.parametrize("there", [None, "us-west2", "US-WEST2"])
def test_a_table_that_is_in_no_other_location_is_missing(there: str | None) -> None:
    assert "a table is missing" in str(explain(NOT_FOUND, PLACE, lambda _: there))


def test_an_error_nobody_foresaw_keeps_bigquerys_words() -> None:
    assert "the moon is full" in str(explain(exceptions.BadRequest("the moon is full"), PLACE))


def test_no_token_or_key_gets_into_a_message() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----"
    said = str(explain(exceptions.Unauthorized(f"Bearer ya29.a0Af-secret rejected, key {key}"), PLACE))
    assert "ya29" not in said
    assert "MIIEvQ" not in said
    assert "[secret]" in said


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (exceptions.TooManyRequests("slow down"), True),
        (exceptions.InternalServerError("oops"), True),
        (exceptions.ServiceUnavailable("later"), True),
        (exceptions.Forbidden("quota", errors=[{"reason": "rateLimitExceeded"}]), True),
        (exceptions.Forbidden("no", errors=[{"reason": "accessDenied"}]), False),
        (exceptions.BadRequest("syntax", errors=[{"reason": "invalidQuery"}]), False),
        (exceptions.NotFound("no table"), False),
        (
            exceptions.BadRequest(
                "Could not serialize access to table p:d.t due to concurrent update",
                errors=[{"reason": "invalidQuery"}],
            ),
            True,
        ),
        (exceptions.BadRequest("Transaction is aborted due to concurrent update against table p.d.t."), True),
        (ConnectionResetError("cut"), True),
        (ValueError("a fault of ours"), False),
    ],
)
def test_only_what_may_pass_is_tried_again(error: Exception, again: bool) -> None:
    assert is_transient(error) is again


def test_labels_are_what_bigquery_allows() -> None:
    assert label("Team Offense; DROP `x`") == "team-offense--drop--x-"
    assert len(label("x" * 100)) == 63


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FULLCOURT_BIGQUERY_PROJECT", "p`; drop table x; --"),
        ("FULLCOURT_BIGQUERY_PROJECT", "my project"),
        ("FULLCOURT_DATASET_PREFIX", "a'b"),
        ("FULLCOURT_DATASET_PREFIX", "x`.`y"),
        ("FULLCOURT_DATASET_PREFIX", "x;"),
    ],
)
def test_a_name_with_quotes_or_semicolons_is_refused(key_file: Path, tmp_path: Path, variable: str, value: str) -> None:
    settings = {
        "FULLCOURT_TARGET": "bigquery", "FULLCOURT_BIGQUERY_PROJECT": PROJECT,
        "FULLCOURT_BIGQUERY_KEYFILE": str(key_file), variable: value,
    }  # fmt: skip
    with environment(**settings):
        outcome = Warehouse(tmp_path / "unused.duckdb", tmp_path).dbt("parse")
    assert not outcome.success
    assert "is no valid name" in outcome.error


def test_a_window_with_quotes_is_refused(key_file: Path, tmp_path: Path) -> None:
    with environment(
        FULLCOURT_TARGET="bigquery", FULLCOURT_BIGQUERY_PROJECT=PROJECT, FULLCOURT_BIGQUERY_KEYFILE=str(key_file)
    ):
        outcome = Warehouse(tmp_path / "unused.duckdb", tmp_path).dbt(
            "parse", window=("2021-10-19'; drop", "2021-10-20")
        )
    assert not outcome.success
    assert "not a date of the form" in outcome.error


def test_a_missing_project_is_a_clear_error(tmp_path: Path) -> None:
    with environment(FULLCOURT_TARGET="bigquery"):
        outcome = Warehouse(tmp_path / "unused.duckdb", tmp_path).dbt("parse")
    assert not outcome.success
    assert "FULLCOURT_BIGQUERY_PROJECT" in outcome.error


def test_no_token_appears_in_a_debug_log(key_file: Path, tmp_path: Path) -> None:
    """The key of the service account, in the profile of a run with --debug against nothing."""
    secret = key_file.read_text().split("PRIVATE KEY-----")[1][20:60]
    with environment(
        FULLCOURT_TARGET="bigquery", FULLCOURT_BIGQUERY_PROJECT=PROJECT, FULLCOURT_BIGQUERY_KEYFILE=str(key_file)
    ):
        Warehouse(tmp_path / "unused.duckdb", tmp_path).dbt(
            "compile", "--no-populate-cache", "--no-introspect", "--log-level-file", "debug", "--select", "dim_games"
        )
    log = (tmp_path / "logs" / "dbt.log").read_text()
    assert "fullcourt" in log
    assert secret not in log
    assert "PRIVATE KEY" not in log
