"""What a run needs beside the warehouse: versions, contracts, channels."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from python_processors import __version__
from python_processors.alerts.channels import CHANNELS, channels_of, is_known
from python_processors.contract import hashed_tables, load_contract
from python_processors.contract.declared import declared_rows
from python_processors.doctor.macros import Macros
from python_processors.engines.base import Warehouse, placed
from python_processors.engines.look import NOTE, OK, PROBLEM, Line
from python_processors.errors import FullcourtError
from python_processors.orchestration.kept_files import target_folder
from python_processors.orchestration.kept_graph import read_kept
from python_processors.places import PROJECT_ROOT, WORK_FOLDER
from python_processors.project_code import sources_of_parse
from python_processors.raw_contract import raw_tables
from python_processors.schema.tables import stored_tables
from python_processors.yaml_files import read_yaml

_BOUND = re.compile(r"(>=|<)\s*([0-9.]+)")


def versions(warehouse: Warehouse) -> Iterator[Line]:
    """Of fullcourt, Python, dbt and what the target needs, as they are installed. None of them is imported."""
    asked = {"dbt-core": _installed("dbt-core"), **{name: _installed(name) for name in warehouse.packages}}
    spelled = ", ".join(f"{name} {found}" for name, found in asked.items() if found)
    python = ".".join(map(str, sys.version_info[:3]))
    missing = [name for name, found in asked.items() if found is None]
    if missing:
        yield Line("versions", PROBLEM, f"{', '.join(missing)} is not installed.", "Run `make setup`.")
        return
    wanted = read_yaml(PROJECT_ROOT / "dbt_project.yml").get("require-dbt-version") or []
    wanted = [wanted] if isinstance(wanted, str) else wanted
    dbt = asked["dbt-core"]
    if dbt and not all(is_within(dbt, bound) for bound in wanted):
        said = f"dbt-core is {dbt}, and dbt_project.yml asks for {', '.join(wanted)}."
        yield Line("versions", PROBLEM, said, "Run `make setup`.")
    else:
        yield Line("versions", OK, f"fullcourt {__version__}, Python {python}, {spelled}.")


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def is_within(found: str, bound: str) -> bool:
    """Whether a version keeps a bound such as `>=1.11.0`. A bound of another form is for dbt to judge."""
    match = _BOUND.fullmatch(bound.strip())
    if match is None:
        return True
    one, other = (tuple(int(part) for part in re.findall(r"\d+", text)[:3]) for text in (found, match[2]))
    return one >= other if match[1] == ">=" else one < other


def folders(warehouse: Warehouse) -> Iterator[Line]:
    """Where dbt and a run leave what they do: dbt's target and logs, and what is told of a run."""
    logs = Path(os.environ.get("DBT_LOG_PATH") or WORK_FOLDER / "logs")
    closed = []
    for folder in (target_folder(), logs, warehouse.side_file("").parent):
        there = next(of for of in (folder, *folder.absolute().parents) if of.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            closed.append(str(folder))
    if closed:
        to_do = "Give this account the right to write there, or set DBT_TARGET_PATH and DBT_LOG_PATH."
        yield Line("folders", PROBLEM, f"{', '.join(closed)} cannot be written.", to_do)
    else:
        yield Line("folders", OK, f"dbt's target {target_folder()} and logs {logs} can be written.")


def contracts() -> Iterator[Line]:
    """:raises FullcourtError: one is wrong."""
    tables = hashed_tables()
    for table in tables:
        load_contract(table)
    declared_rows()
    ledgers = len(stored_tables()) - len(tables)
    yield Line(
        "contracts",
        OK,
        f"{len(tables)} hashed tables, {ledgers} ledgers and {len(raw_tables())} raw tables can be read.",
    )


def parse() -> Iterator[Line]:
    """Whether dbt has parsed the project as it is: that is kept, and asked for without dbt."""
    if read_kept(sources_of_parse()) is None:
        said = "dbt has not parsed the project as it is: whether its SQL and YAML can be read shows then."
        yield Line("contracts", NOTE, said, "`dbt parse` says so at once; `fullcourt plan` keeps what it parsed.")
    else:
        yield Line("contracts", OK, "dbt has parsed the project as it is.")


def names(warehouse: Warehouse) -> Iterator[Line]:
    """:raises FullcourtError: a dataset or database is called as it cannot be, by the rule of the macros."""
    placed("nba_ops")
    macros = Macros(warehouse.kind, database=warehouse.database)
    datasets = {of.partition(".")[0] for of in stored_tables()}
    try:
        if warehouse.database:
            macros.call("generate_database_name")
        for dataset in sorted(datasets):
            macros.call("generate_schema_name", dataset, None)
    except FullcourtError as error:
        yield Line("database", PROBLEM, str(error))


def channels() -> Iterator[Line]:
    """Whether somebody hears of a run. Nothing is sent."""
    found = channels_of(os.environ.get(CHANNELS, ""))
    unknown = [channel.name for channel in found if not is_known(channel)]
    if unknown:
        said = f"{', '.join(unknown)} of {CHANNELS} is no URL that Apprise knows: it hears of no run."
        yield Line("channels", NOTE, said, "See docs/alerts.md.")
    elif found:
        named = ", ".join(channel.name for channel in found)
        yield Line("channels", OK, f"{named}; `fullcourt alerts --test` tries them.")
    else:
        yield Line("channels", NOTE, f"{CHANNELS} is not set: nobody hears of a run.", "See docs/alerts.md.")
