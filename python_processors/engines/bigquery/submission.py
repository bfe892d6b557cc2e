"""The submission method `in_process` of dbt-bigquery: a job's Python runs where dbt runs."""

from __future__ import annotations

import sys
from typing import Any

METHOD = "in_process"


def register() -> None:
    """Offer the method, when dbt has loaded dbt-bigquery: its import is not worth a second otherwise."""
    if "dbt.adapters.bigquery" not in sys.modules:
        return
    from dbt.adapters.bigquery import BigQueryAdapter

    from python_processors.engines.bigquery import errors

    helpers: property = BigQueryAdapter.python_submission_helpers
    assert helpers.fget is not None
    if METHOD in getattr(helpers.fget, "offers", ()):
        return

    def with_in_process(adapter: Any) -> dict[str, Any]:
        return {**helpers.fget(adapter), METHOD: InProcessHelper}  # type: ignore[misc]

    with_in_process.offers = (METHOD,)  # type: ignore[attr-defined]
    BigQueryAdapter.python_submission_helpers = property(with_in_process)
    errors.install()


class InProcessHelper:
    """What dbt-bigquery makes for each Python statement, with the credentials it uses itself."""

    def __init__(self, parsed_model: dict[str, Any], credentials: Any) -> None:
        self._model = parsed_model
        self._credentials = credentials

    def submit(self, compiled_code: str) -> Any:
        """Run the job; its outcome travels back as the result's code (see job_outcome())."""
        from dbt.adapters.base import PythonSubmissionResult

        from python_processors.engines.bigquery.session import BigQuerySession

        session = BigQuerySession.from_dbt(self._credentials, table=self._model["alias"])
        module: dict[str, Any] = {"__name__": self._model["alias"]}
        exec(compile(compiled_code, f"<{self._model['alias']}>", "exec"), module)  # our own macro wrote it
        module["model"](None, session)
        return PythonSubmissionResult(run_id="in-process", compiled_code=session.outcome)
