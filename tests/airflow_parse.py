"""Run by a Python that has Airflow: what its own parser makes of a folder of DAG files, and its operators of exit codes.

JSON on the last line.
"""

import json
import sys

from airflow.exceptions import AirflowException, AirflowSkipException
from airflow.models import DagBag


def end_by(task, code):
    """How a task ends whose command exits with a code."""
    task.bash_command, task.cwd = f"exit {code}", None
    try:
        task.execute({"ti": None})
    except AirflowSkipException:
        return "skipped"
    except AirflowException:
        return "failed"
    return "success"


bag = DagBag(sys.argv[1], include_examples=False)
found = {
    dag_id: {
        task.task_id: {
            "command": task.bash_command,
            "cwd": task.cwd,
            "retries": task.retries,
            "rule": str(getattr(task.trigger_rule, "value", task.trigger_rule)),
            "after": sorted(task.upstream_task_ids),
            "ends": [end_by(task, code) for code in range(4)],
        }
        for task in dag.tasks
    }
    for dag_id, dag in bag.dags.items()
}
print(json.dumps({"errors": bag.import_errors, "dags": found}))
