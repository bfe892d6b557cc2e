"""What BigQuery says, as one error of ours: what, where (project, dataset, location), what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
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
            r"aborted due to concurrent update",
            r"could not serialize access",
            r"transaction is aborted",
        ),
        "another transaction changed the table meanwhile, also after retries",
        "Let the other run end, and run again; nothing was published.",
    ),
    _known(
        (
            r"resources? exceeded",
            r"resourcesExceeded",
            r"responseTooLarge",
            r"response too large",
            r"not enough resources for query planning",
            r"exceeded shuffle",
        ),
        "the query needs more memory than the service gives it",
        "Build fewer dates at a time (`--chunk-dates`, or a shorter window of dbt); nothing was published.",
    ),
    _known(
        (
            r"query is too (large|complex)",
            r"maximum .*query length",
            r"query exceeds? the maximum",
            r"too many (subqueries|nested)",
            r"request (payload|entity) (size )?(exceeds|too large)",
        ),
        "the query's text is too long for the service",
        "Build fewer dates at a time (dates that do not follow one another make it long); nothing was published.",
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


_LOST_TO_ANOTHER = re.compile(r"aborted due to concurrent update|could not serialize access", re.IGNORECASE)

# What the service says where a table or dataset is not in the location that was asked: it may be in another one.
_NOT_FOUND_IN = re.compile(
    r"not found: (?:table|dataset) (?P<project>[\w.:-]+?)[:.](?P<dataset>\w+)(?:\.[\w$*-]+)? was not found in location"
    r" (?P<location>[\w-]+)",
    re.IGNORECASE,
)


def explain(
    error: BaseException, place: Place, location_of: Callable[[str], str | None] = lambda dataset: None
) -> BigQueryError:
    """Our error for one of BigQuery's, or of its client's.

    :param location_of: where a dataset, `project.dataset`, really is; None where it is not there, or nobody can tell.
    """
    cause = _text(error)
    found = _NOT_FOUND_IN.search(cause)
    there = location_of(f"{found['project']}.{found['dataset']}") if found else None
    if found and there and there.lower() != found["location"].lower():
        what = f"the dataset {found['dataset']} is in {there}, and was looked for in {found['location']}"
        return BigQueryError(what, place, f"Set FULLCOURT_BIGQUERY_LOCATION={there}.", cause)
    for known in KNOWN:
        if known.pattern.search(f"{type(error).__name__} {cause}"):
            return BigQueryError(known.what, place, known.advice, cause)
    return BigQueryError("a request failed", place, "See the message, and docs/bigquery.md.", cause)


def _text(error: BaseException) -> str:
    message = getattr(error, "message", None) or str(error) or type(error).__name__
    return without_secrets(" ".join(str(message).split()))


def lost_to_another(error: BaseException) -> bool:
    """Whether a statement or script was rolled back whole since another one changed the table first. The service calls
    that an invalid query, and the same one may succeed when it is sent again."""
    return bool(_LOST_TO_ANOTHER.search(str(error)))


def sent_again(send: Callable[..., Any], pause: float = 1.0) -> Callable[..., Any]:
    """A function that sends a statement, and for up to two minutes sends it again where it lost to another transaction.

    dbt's own retries ask for the same job again, and a job that failed stays failed.
    """
    from google.api_core.retry import Retry

    return wraps(send)(Retry(lost_to_another, initial=pause, maximum=20.0, timeout=120.0)(send))


def location_of(client: Any, dataset: str) -> str | None:
    """Where a dataset is: one request, and no job."""
    try:
        return str(client.get_dataset(dataset, retry=None, timeout=30).location or "") or None
    except Exception:  # the error that is explained matters; that this one cannot be asked changes nothing
        return None


def install() -> None:
    """Have dbt-bigquery raise our errors for the statements that dbt itself runs, and send those again that lost to
    another transaction."""
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
            connection = manager.get_thread_connection()
            credentials = connection.credentials
            place = Place(credentials.execution_project, credentials.schema, credentials.location or "default")
            said = explain(error.__cause__ or error, place, partial(location_of, connection.handle))
            raise DbtDatabaseError(str(said)) from error

    BigQueryConnectionManager.exception_handler = explained
    BigQueryConnectionManager.raw_execute = sent_again(BigQueryConnectionManager.raw_execute)
