"""What BigQuery says, as one error of ours: what, where (project, dataset, location), what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from python_processors.errors import FullcourtError
from python_processors.redaction import without_secrets


@dataclass(frozen=True)
class Place:
    """Where a statement ran."""

    project: str
    dataset: str
    location: str

    def __str__(self) -> str:
        return f"project {self.project}, dataset {self.dataset}, location {self.location}"


class BigQueryError(FullcourtError):
    """A request that BigQuery refused, or that never reached it."""

    def __init__(self, what: str, place: Place, advice: str, cause: str) -> None:
        self.what, self.place, self.advice, self.cause = what, place, advice, cause
        super().__init__(f"BigQuery: {what} ({place}). {advice} BigQuery said: {cause}")


@dataclass(frozen=True)
class _Known:
    """One kind of error: how it is recognised, and what is said of it."""

    pattern: re.Pattern[str]
    what: str
    advice: str


def _known(patterns: tuple[str, ...], what: str, advice: str) -> _Known:
    return _Known(re.compile("|".join(patterns), re.IGNORECASE | re.DOTALL), what, advice)


# First match wins, so what is narrower stands first. Wordings are the service's own, from its
# documentation of error messages and from public issue threads.
KNOWN = (
    _known(
        (r"streaming buffer",),
        "rows are still in the streaming buffer, and DML cannot touch them",
        "Wait up to 90 minutes, or load the table with load jobs; nothing was published.",
    ),
    _known(
        (
            r"not found: table",
            r"table .* was not found",
        ),
        "a table is missing",
        "Raw tables are the platform's (models/staging/_sources.yml); a full `dbt build` makes all others.",
    ),
    _known(
        (
            r"not found: dataset",
            r"different location",
            r"cannot read and write in different locations",
        ),
        "a dataset is in another location, or is not there",
        "Set FULLCOURT_BIGQUERY_LOCATION to the datasets' location, keep all datasets in one, and check their names.",
    ),
    _known(
        (
            r"unrecognized name",
            r"no such field",
            r"schema does not match",
            r"provided schema",
            r"schema update",
            r"missing in new schema",
            r"column .* not found",
            r"has type .* which cannot be (assigned|coerced)",
        ),
        "a table's columns are not the ones expected: its schema drifted",
        "Compare the table with its contract (models/**/<table>.yml, or _sources.yml for raw tables).",
    ),
    _known(
        (
            r"bytesBilledLimitExceeded",
            r"exceeded limit for bytes billed",
        ),
        "the query would bill more than the limit",
        "Build a shorter window, or raise FULLCOURT_BIGQUERY_MAX_BYTES_BILLED.",
    ),
    _known(
        (
            r"quotaExceeded",
            r"rateLimitExceeded",
            r"jobRateLimitExceeded",
            r"exceeded (rate limits|quota)",
            r"quota exceeded",
            r"too many",
            r"\b429\b",
            r"exceeded your quota",
        ),
        "a quota or rate limit is used up, also after retries",
        "Run again later or with fewer FULLCOURT_THREADS; nothing was published.",
    ),
    _known(
        (
            r"reauthentication",
            r"refresherror",
            r"invalid_grant",
            r"token has been expired",
            r"invalid authentication credentials",
            r"unauthenticated",
            r"\b401\b",
            r"default credentials were not found",
        ),
        "the credentials are missing or have expired",
        "Run `gcloud auth application-default login`, or point FULLCOURT_BIGQUERY_KEYFILE at a service account's key.",
    ),
    _known(
        (
            r"access denied",
            r"permission",
            r"accessDenied",
            r"\b403\b",
        ),
        "a permission is missing",
        "Grant the role that docs/bigquery.md lists for this dataset.",
    ),
    _known(
        (r"cannot query over table .* without a filter",),
        "a query has no filter on the partition column",
        "This is a fault of the model: filter it with in_window().",
    ),
    _known(
        (
            r"connection",
            r"timed? ?out",
            r"deadline",
            r"max retries",
            r"unavailable",
            r"internal error",
            r"backendError",
            r"\b50[0234]\b",
            r"remote end closed",
        ),
        "the service could not be reached or failed, also after retries",
        "Run again; nothing half-done was left behind.",
    ),
)


def explain(error: BaseException, place: Place) -> BigQueryError:
    """Our error for one of BigQuery's, or of its client's."""
    cause = _text(error)
    for known in KNOWN:
        if known.pattern.search(f"{type(error).__name__} {cause}"):
            return BigQueryError(known.what, place, known.advice, cause)
    return BigQueryError("a request failed", place, "See the message, and docs/bigquery.md.", cause)


def _text(error: BaseException) -> str:
    message = getattr(error, "message", None) or str(error) or type(error).__name__
    return without_secrets(" ".join(str(message).split()))


def install() -> None:
    """Have dbt-bigquery raise our errors for the statements that dbt itself runs."""
    from dbt.adapters.bigquery.connections import BigQueryConnectionManager
    from dbt_common.exceptions import DbtDatabaseError

    original: Callable[..., Any] = BigQueryConnectionManager.exception_handler

    from contextlib import contextmanager

    @contextmanager
    def explained(manager: Any, sql: str) -> Any:
        try:
            with original(manager, sql):
                yield
        except DbtDatabaseError as error:
            credentials = manager.get_thread_connection().credentials
            place = Place(credentials.execution_project, credentials.schema, credentials.location or "default")
            raise DbtDatabaseError(str(explain(error.__cause__ or error, place))) from error

    BigQueryConnectionManager.exception_handler = explained
