"""A DAG of Airflow 3: the season, brought up to today each morning. docs/schedulers.md says where this file goes.

Airflow and fullcourt share no Python: each command runs in fullcourt's own environment, on the worker's machine.
"""

from datetime import timedelta

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

FOLDER = "/srv/fullcourt"  # a checkout after `make setup`
FULLCOURT = f"{FOLDER}/.venv/bin/fullcourt"

with DAG(
    dag_id="fullcourt_today",
    description="Load, build and verify the season up to today's date in New York.",
    schedule="0 7 * * *",
    start_date=pendulum.datetime(2021, 10, 1, tz="America/New_York"),
    catchup=False,  # one start brings every date up to date, also after days without one
    max_active_runs=1,
    default_args={
        "cwd": FOLDER,
        "append_env": True,  # FULLCOURT_TARGET and what else names the warehouse is the worker's
        "do_xcom_push": False,
        # Safe after any end: what is up to date is left alone, and what was published stays.
        "retries": 2,
        "retry_delay": timedelta(minutes=30),
        # Past it the command gets SIGTERM, and ends by itself after the step at work.
        "execution_timeout": timedelta(hours=3),
    },
    tags=["fullcourt"],
):
    today = BashOperator(
        task_id="today",
        bash_command=f"{FULLCOURT} today --no-report",
        skip_on_exit_code=None,  # another run at work (3) is no success: `today` is tried again once that has ended
    )
    # Fails where no run ended in time, or dates need attention.
    status = BashOperator(
        task_id="status",
        bash_command=f"{FULLCOURT} status --max-age 26h",
        skip_on_exit_code=None,
    )
    today >> status
