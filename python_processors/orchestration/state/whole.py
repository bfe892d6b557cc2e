"""Seeds and models that are built whole: which of them a run need not build, since nothing of what makes them changed.

What such a model is made of is every row of the raw tables that it comes of, the project's files, contracts and seeds
among them, and the libraries. A run that builds it writes that into the model ledger, together with what came out.
Where both are still so, building it would give the same rows.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date

from python_processors.logic_version import called_macros, project_macros
from python_processors.orchestration.project import LAYER, Project
from python_processors.orchestration.state.ledger import MADE_OF, ModelRow, confirmed_models
from python_processors.orchestration.state.memory import WHOLE, Memory
from python_processors.orchestration.state.stored import made_fingerprints
from python_processors.orchestration.warehouse import Session
from python_processors.raw_contract import raw_tables

# What a model gives that calls one of these may differ without any change of what it is made of.
_VOLATILE = re.compile(
    r"\b(current_(date|time|timestamp|datetime)\b|get_current_\w+|run_started_at|"
    r"(now|today|random|rand|uuid|\w+_uuid)\s*\()",
    re.IGNORECASE,
)


Origins = Mapping[str, str]
"""What each model or seed would be made of, as it is before it is built. One without a text is always built."""


def read_origins(project: Project, session: Session, models: Iterable[str]) -> Origins:
    """What models are made of now, without those that must be built each time. One query.

    To be read before they are built: what a loader changes meanwhile is then found by the next run.
    """
    chosen = sorted({*models}.intersection((*project.whole_models, *project.seeds)))
    made_from = {model: found for model in chosen if (found := _made_from(project, model)) is not None}
    raw = _raw_texts(session, sorted({name for names in made_from.values() for name in names if name in raw_tables()}))
    # Any file: contracts decide SQL, too, and a model that is built once too often costs little.
    shared = [project.files, project.logic_version(LAYER), project.libraries(session)]
    texts = {}
    for model, names in made_from.items():
        of_raw = {name: raw[name] for name in names if name in raw}
        of_seeds = {name: project.checksum(name) for name in names if name not in raw}
        texts[model] = json.dumps([*shared, of_raw, of_seeds], sort_keys=True)
    return texts


def unchanged(project: Project, session: Session, memory: Memory, origins: Origins) -> set[str]:
    """Models that are there, and hold what a run made of the same.

    :param memory: knows what the models hold, and what was confirmed of them.
    """
    return {
        model
        for model, of_now in _of_now(project, session, memory, origins, origins)
        if memory.confirmed_of(MADE_OF + model) == of_now
    }


def origins_made(
    project: Project, session: Session, memory: Memory, origins: Origins, built: Collection[str]
) -> list[ModelRow]:  # fmt: skip
    """What models were made of that were just built, where that is not what was confirmed last.

    Of a model whose raw tables changed while it was built nobody knows which rows it read: nothing is said of it.

    :param session: opened since they were built.
    :param built: without those of which a test failed: they are to be built and tested again.
    """
    models = origins.keys() & set(built)
    still = read_origins(project, session, models)
    return [
        ModelRow(MADE_OF + model, WHOLE, of_now)
        for model, of_now in _of_now(project, session, memory, origins, models)
        if still.get(model) == origins[model] and memory.confirmed_of(MADE_OF + model) != of_now
    ]


def memory_of(project: Project, session: Session, models: Collection[str]) -> Memory:
    """What models that are built whole hold, and what was confirmed of them, where no plan's memory is at hand."""
    memory = Memory()
    memory.add("made", made_fingerprints(session, project, models, date.min, date.max))
    memory.add("model_ledger", confirmed_models(session, [*models, *(MADE_OF + model for model in models)]))
    return memory


def _of_now(
    project: Project, session: Session, memory: Memory, origins: Origins, models: Iterable[str]
) -> list[tuple[str, str]]:  # fmt: skip
    """Of each model one text of what it would be made of and what it is: its columns, and its rows."""
    rows = memory.rows_made(sorted(models))
    return [
        (model, _digest([origins[model], session.columns(project.relation(model)), rows[model]]))
        for model in sorted(rows)
    ]


def _made_from(project: Project, model: str) -> set[str] | None:
    """Raw tables and seeds that a model comes of; None of a model that must be built each time."""
    raw: set[str] = set()
    codes, waiting, seen = [], [project.node_id(model)], set()
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        name = node.rpartition(".")[2]
        if node.startswith("source."):
            raw.add(name)
            continue
        if project.is_seed(name):
            raw.add(name)
            continue
        if not project.is_ephemeral(name) and name not in project.whole_models:
            return None
        codes.append(project.graph[node]["code"])
        waiting += project.graph[node]["parents"]
    macros = called_macros(codes, project_macros())
    return None if any(_VOLATILE.search(code) for code in [*codes, *macros.values()]) else raw


def _raw_texts(session: Session, names: Iterable[str]) -> dict[str, str]:
    """What raw tables hold, by name: their columns with types, how many rows, and the sums of their hashes."""
    columns = {name: session.columns(f"{raw_tables()[name].source}.{name}") for name in names}
    queries = []
    for name, live in columns.items():
        there = {column for column, _, _ in live}
        read = [column.name for column in raw_tables()[name].columns if column.name in there]
        if not read:
            continue
        high, low = session.row_hash(read)
        sums = ", ':', ".join(f"cast({total} as string)" for total in ("count(*)", f"sum({high})", f"sum({low})"))
        day = raw_tables()[name].partition_by
        where = f" where {day} >= date '{WHOLE:%Y-%m-%d}'" if day else ""  # as the models read them
        source = session.named(f"{raw_tables()[name].source}.{name}")
        queries.append(f"select '{name}' as relation, concat({sums}) as content from {source} as rows_read{where}")
    rows = session.read(" union all ".join(queries)).to_pylist() if queries else []
    content = {row["relation"]: row["content"] for row in rows}
    return {name: _digest([live, content.get(name)]) for name, live in columns.items()}


def _digest(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
