"""The dbt project as the planner sees it: relations, order, logic; and dbt itself, in this process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from python_processors.contract import hashed_tables, load_contract
from python_processors.contract.declared import declared_rows
from python_processors.contract.files import PROOF
from python_processors.contract.seeds import check_seeds
from python_processors.errors import FullcourtError, RefusedError
from python_processors.jobs import load_processor
from python_processors.logic_version import (
    called_macros,
    declared_of_played_games,
    logic_sources,
    logic_version,
    normalised_sql,
    project_macros,
    project_vars,
    read_vars,
)
from python_processors.orchestration.dbt_calls import DbtOutcome, ask_dbt, dates_var, outcome_of
from python_processors.orchestration.graph import Node, ProjectGraph, graph_of
from python_processors.orchestration.kept_files import target_folder
from python_processors.orchestration.kept_graph import Kept, forget_kept, keep, read_kept
from python_processors.orchestration.warehouse import Session, placed
from python_processors.places import PROJECT_ROOT, name_places
from python_processors.project_code import (
    changed_modules,
    digest_of_parsed,
    forget_code,
    libraries,
    remembered,
    sources_of_parse,
    touched_code,
)
from python_processors.raw_contract import raw_tables
from python_processors.schema.tables import stored_tables
from python_processors.yaml_files import read_yaml

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

LAYER = "staging_layer"  # the ledger's name for the models that only raw tables decide
COVERAGE = "coverage"  # the ledger's name for a day that was counted against the schedule
_NAMED_FILES = 5
_ATTEMPTS = 3  # at reading code that is being changed meanwhile


class ProjectError(FullcourtError):
    """The dbt project cannot be parsed."""

    def __init__(self, message: str) -> None:
        super().__init__(f"dbt cannot parse the project: {message}")


class CodeChangedError(RefusedError):
    """The code on disk is no longer the code of this process."""

    def __init__(self, files: Sequence[str]) -> None:
        more = f" and {len(files) - _NAMED_FILES} more" if files[_NAMED_FILES:] else ""
        super().__init__(
            f"The code changed while this command waited or read it ({', '.join(files[:_NAMED_FILES])}{more}), so that"
            " nothing could say which code built its rows. What was not confirmed is built again: run the same command."
        )


class Project:
    """The dbt project. Parsing names no window, so one parse serves every run.

    What is asked of it alone needs a parse only where none of the very same sources is kept; what calls dbt parses.
    """

    def __init__(self, *, is_kept: bool = False) -> None:
        """:param is_kept: what a parse gives is kept in dbt's target folder for the next command, and taken from it."""
        name_places()
        self._is_kept = is_kept
        self._sources = ""  # of what was kept, as long as dbt has not parsed
        self.kept_as = ""  # a name for the code as it was read, parsed or not; empty where nothing of it is kept
        self._touched = ""  # when the files of that code were
        self._versions: dict[str, str] = {}
        self._digest = ""
        self._seed_digests: dict[str, str] = {}
        self.run_id = "fullcourt"  # of the run at work, which macro failure_ledger counts attempts by

    @cached_property
    def manifest(self) -> Manifest:
        """:raises FullcourtError: a contract is wrong, or the project does not parse.
        :raises CodeChangedError: its files changed while they were read, again and again, or since they were read."""
        for _ in range(_ATTEMPTS):
            forget_code()
            touched, digest = touched_code(), digest_of_parsed()
            sources = sources_of_parse() if self._is_kept else ""
            if self._sources and digest != self._digest:
                break  # what was asked of the project so far is of other files
            # Before dbt reads the same files, and says less of what is wrong in them.
            check_seeds()
            stored_tables(), raw_tables()
            result = ask_dbt("parse", [], {})
            if digest_of_parsed() != digest:
                continue
            if not result.success:
                raise ProjectError(str(result.exception or "see logs/dbt.log"))
            manifest: Manifest = result.result
            if self._sources:
                self._check_kept(graph_of(manifest))
            self._digest = digest
            if self._is_kept and not self._sources:
                self._keep(manifest, sources, touched)
            return manifest
        raise CodeChangedError(["models, macros, seeds or dbt_project.yml"])

    @cached_property
    def known(self) -> ProjectGraph:
        """Models, seeds and tests. Without a parse where one of the same sources is kept.

        :raises FullcourtError: as `manifest`."""
        if self._is_kept and "manifest" not in self.__dict__:
            touched, digest, sources = touched_code(), digest_of_parsed(), sources_of_parse()
            kept = read_kept(sources)
            if kept is not None and digest_of_parsed() == digest:
                forget_code()  # what was read before may be of other files
                self._digest, self._sources, self._versions = digest, sources, dict(kept.versions)
                self.kept_as, self._touched = sources, touched
                return kept.graph
        return graph_of(self.manifest)

    def _keep(self, manifest: Manifest, sources: str, touched: str) -> None:
        """Keep the parse, and the logic versions of its sources, if they still are."""
        self.__dict__["known"] = graph_of(manifest)
        versions = {table: self.logic_version(table) for table in (LAYER, COVERAGE, *self.tables)}
        if sources_of_parse() == sources and touched_code() == touched and not changed_modules():
            keep(sources, Kept(self.known, versions))
            self.kept_as, self._touched = sources, touched

    def is_still(self, kept_as: str) -> bool:
        """Whether the code on disk, and of this process, is what a name is of, and nobody touched it since it was read:
        what changed and was put back may have been read in between."""
        return self.kept_as == kept_as == sources_of_parse() and touched_code() == self._touched

    def _check_kept(self, parsed: ProjectGraph) -> None:
        """Before the first call of dbt: the plan stands on what was kept, and dbt builds what it parsed.

        :raises CodeChangedError: they differ.
        """
        anew = Project()
        anew.__dict__["known"] = parsed
        if parsed == self.known and all(anew.logic_version(table) == of for table, of in self._versions.items()):
            return
        forget_kept(self._sources)
        raise CodeChangedError([f"what was kept of it in {target_folder()}"])

    @property
    def files(self) -> str:
        """A digest of all files that the parse came of: models, macros, contracts, seeds, their descriptions, vars."""
        _ = self.known
        return self._digest

    def read_anew(self) -> None:
        """Let all that follows be of the code as it is now: a run calls this once, when it holds the warehouse.

        :raises CodeChangedError: Python modules changed since the process started, which cannot be read anew.
        """
        changed = changed_modules()
        if changed:
            raise CodeChangedError(changed)
        if self._digest != digest_of_parsed():
            anew = Project(is_kept=self._is_kept)
            self.__dict__.clear()  # with the manifest, and all that was derived of it
            self.__dict__.update(anew.__dict__)
        self._seed_digests = {name: self._seed_digest(name) for name in self.seeds}
        for table in (LAYER, COVERAGE, *self.tables):
            self.logic_version(table)  # macros, vars and modules are read for it: now, and not once rows are built
        if self._digest != digest_of_parsed():
            raise CodeChangedError(["models, macros, seeds or dbt_project.yml"])
        if changed := changed_modules():
            raise CodeChangedError(changed)

    def check_seeds(self) -> None:
        """dbt reads a seed's file when it loads it, and not when it parses.

        :raises CodeChangedError: a seed is no longer the file that was read.
        """
        changed = [name for name in self.seeds if self._seed_digests.get(name) != self._seed_digest(name)]
        if changed:
            raise CodeChangedError([f"seeds/{name}.csv" for name in changed])

    def _seed_digest(self, name: str) -> str:
        path = PROJECT_ROOT / self._node(name).file
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""

    def libraries(self, session: Session) -> str:
        """Versions of the libraries that decide what is stored, on the session's engine."""
        return libraries(session.adapter, session.library)

    @cached_property
    def graph(self) -> dict[str, dict[str, Any]]:
        """Models and seeds: code, parents and whether they are hashed, by unique id (see logic_graph())."""
        return {
            name: {"code": node.code, "parents": list(node.parents), "is_hashed": node.materialized == "processor"}
            for name, node in self.known.nodes.items()
        }

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """The hashed tables, each after those that it reads; ties by name."""
        order: list[str] = []

        def add(table: str) -> None:
            if table not in order:
                for upstream in sorted(self.hashed_ancestors(self.node_id(table))):
                    add(upstream)
                order.append(table)

        for table in sorted(hashed_tables()):
            add(table)
        return tuple(order)

    @cached_property
    def _names(self) -> frozenset[str]:
        """Of all models: what else may be selected is no name of one."""
        return frozenset(self._name(node) for node in self.graph if node.startswith("model."))

    @cached_property
    def layer_models(self) -> tuple[str, ...]:
        """Models that no hashed table decides, directly or not: staging, dimensions and most intermediates."""
        names = (self._name(node) for node in self._layer_nodes())
        return tuple(sorted(name for name in names if not self.is_ephemeral(name)))

    @cached_property
    def ops_models(self) -> tuple[str, ...]:
        """Models that say what came of a date, and that no hashed table reads."""
        ancestors = {name for table in self.tables for name in self.models_between(table)}
        plain = (self._name(node) for node in self._plain_models())
        beside = set(plain) - ancestors - set(self.layer_models)
        return tuple(sorted(name for name in beside if not self.is_ephemeral(name)))

    @cached_property
    def fingerprinted_models(self) -> tuple[str, ...]:
        """Models other than hashed tables, whose rows are compared with what a run made of them.

        Without those that remember their own past, the failure ledgers: each build adds to it; and without views,
        which hold nothing of their own.
        """
        remembering = f"macro.{self.known.package}.failure_ledger"
        return tuple(sorted(
            self._name(node) for node in self._plain_models()
            if remembering not in self.known.nodes[node].macros
            and not self.is_ephemeral(self._name(node)) and not self.is_view(self._name(node))
        ))  # fmt: skip

    @cached_property
    def counting_models(self) -> tuple[str, ...]:
        """Models that tell what came of a date, without the failure ledgers."""
        return tuple(name for name in self.fingerprinted_models if name in self.ops_models)

    @cached_property
    def counted_models(self) -> tuple[str, ...]:
        """Models by window that say which rows are to be there: where one changes, rows are counted anew. Without those
        that lie between tables alone: some hold when rows were written, which an audit of skips changes.
        """
        asked = {*self.layer_models, *self.models_under_ops}.intersection(self.fingerprinted_models)
        return tuple(sorted(name for name in asked if self.window_column(name) is not None))

    @cached_property
    def whole_models(self) -> tuple[str, ...]:
        """Models of the staging layer that are built for every date at once."""
        return tuple(name for name in self.layer_models if self.window_column(name) is None and not self.is_view(name))

    def failed_of_every_date(self, outcome: DbtOutcome) -> str:
        """What a build says of a seed, or of a model without a window, that failed: no other date would fare better.
        Empty where none did."""
        for name in sorted(outcome.broken):
            is_seed = name in self.seeds
            if is_seed or (name in self._names and name not in self.tables and self.window_column(name) is None):
                what = f"{self._node(name).file} cannot be used" if is_seed else f"{name} cannot be built"
                said = outcome.failures.get(name, "").rstrip(".")
                return f"{what}, and every date reads it: {said}. Correct it, and run the same again."
        return ""

    def window_column(self, name: str) -> str | None:
        """The date column of a model that is built by window; None of one that is built whole."""
        column: str | None = self._node(name).meta.get("window_column")
        return column

    def days_rebuilt(self, name: str, days: Sequence[date]) -> list[date]:
        """The days of a model built by window that building some days makes anew: those, or, where it reaches back,
        every day from so many before the first one on (macro in_window)."""
        back = self._node(name).meta.get("window_days_before", 0)
        first = min(days) - timedelta(days=back)
        return [first + timedelta(days=n) for n in range((max(days) - first).days + 1)] if back else list(days)

    @cached_property
    def models_under_ops(self) -> frozenset[str]:
        """Models between the hashed tables and those that say what came of a date."""
        return frozenset({n for name in self.ops_models for n in self.models_between(name)} - set(self.ops_models))

    def models_between(self, table: str) -> set[str]:
        """Models between a hashed table and what it reads, without the staging layer: rebuilt with the table."""
        between = logic_sources(self.graph, self.node_id(table))
        models = {self._name(node) for node in between if node.startswith("model.") and node != self.node_id(table)}
        return {name for name in models - set(self.layer_models) if not self.is_ephemeral(name)}

    def made_of(self, model: str) -> set[str]:
        """A model, and the models and seeds that it is made of, up to hashed tables."""
        return {self._name(node) for node in logic_sources(self.graph, self.node_id(model))}

    @cached_property
    def windowed_with(self) -> dict[str, list[str]]:
        """Models with a window, without hashed tables, that the staging layer and each table are made with."""
        made_with = {LAYER: set(self.layer_models), **{table: self.models_between(table) for table in self.tables}}
        windowed = {name for name in self.fingerprinted_models if self.window_column(name) is not None}
        return {table: sorted(models & windowed) for table, models in made_with.items()}

    def is_ephemeral(self, name: str) -> bool:
        """Whether a model is a part of those that name it: dbt leaves no relation of it, and builds none."""
        return self._node(name).materialized == "ephemeral"

    def is_view(self, name: str) -> bool:
        """Whether a model is a view: what it shows changes with what it reads, whenever that does."""
        return self._node(name).materialized == "view"

    def parents(self, name: str) -> list[str]:
        """Models and seeds that a model's own SQL names."""
        return [self._name(parent) for parent in self.graph[self.node_id(name)]["parents"] if parent in self.graph]

    def tested_with(self, table: str) -> set[str]:
        """Models that the table's own tests look at beside it, and that come of nothing later than it."""
        beside: set[str] = set()
        allowed = self.hashed_ancestors(self.node_id(table)) | {table}
        for test in self.known.tests:
            if test.attached_to == self.node_id(table):
                beside |= {self._name(node) for node in test.parents if node in self.graph}
        beside -= {*self.tables, *self.layer_models}
        return {
            name for name in beside if not self.is_seed(name) and self.hashed_ancestors(self.node_id(name)) <= allowed
        }

    def hashed_ancestors(self, node: str) -> set[str]:
        """Hashed tables among a node's ancestors, without the node itself."""
        found: set[str] = set()
        waiting, seen = [node], set()
        while waiting:
            for parent in self.graph.get(waiting.pop(), {}).get("parents", []):
                if parent in seen or parent not in self.graph:
                    continue
                seen.add(parent)
                waiting.append(parent)
                if self.graph[parent]["is_hashed"]:
                    found.add(self._name(parent))
        return found

    def logic_version(self, table: str) -> str:
        """The version that a run of now would publish the table with; of LAYER, or of COVERAGE, over all its models."""
        if table not in self._versions:
            self._versions[table] = self._logic_version(table)
        return self._versions[table]

    def _logic_version(self, table: str) -> str:
        declared: Mapping[str, Any]
        if table == LAYER:
            codes, declared = [self.graph[node]["code"] for node in self._layer_nodes()], declared_of_played_games()
        elif table == COVERAGE:
            sources = [logic_sources(self.graph, self.node_id(name)) for name in self.ops_models]
            codes = [code for of_model in sources for code in of_model.values()]
            declared = {name: of_table.as_plain() for name, of_table in declared_rows().items()}
        else:
            contract = load_contract(table)
            return logic_version(
                logic_sources(self.graph, self.node_id(table)), load_processor(contract.processor, table), contract
            )
        macros = called_macros(codes, project_macros())
        read = read_vars([*codes, *macros.values()], project_vars())
        parts = [sorted({normalised_sql(code) for code in codes}), macros, read, declared]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]

    def relation(self, name: str) -> str:
        """`dataset.table` of a model, a seed or a raw table, without the prefix of the target's datasets."""
        if name in raw_tables():
            return f"{raw_tables()[name].source}.{name}"
        node = self._node(name)
        return f"{node.schema.removeprefix(placed(''))}.{node.alias}"

    def kept_relations(self) -> list[str]:
        """`dataset.table` of each model and seed that is a table."""
        names = [name.rpartition(".")[2] for name in sorted(self.known.nodes)]
        return [self.relation(name) for name in names if self._node(name).materialized not in ("ephemeral", "view")]

    def date_column(self, name: str) -> str | None:
        """The column that says which date a row is of; None of reference data."""
        if name in raw_tables():
            return raw_tables()[name].day_column
        if name in self.tables:
            return load_contract(name).partition_by
        return None if self.is_seed(name) else "game_date"

    def spans_season(self, name: str) -> bool:
        """Whether a change of the schedule on one day reaches the model's rows of the whole season."""
        return bool(self._node(name).meta.get("spans_season"))

    @cached_property
    def seeds(self) -> tuple[str, ...]:
        return tuple(sorted(self._name(node) for node in self.graph if node.startswith("seed.")))

    def seeds_of(self, models: Iterable[str]) -> list[str]:
        """Seeds that models read, directly or through ephemeral models."""
        found: set[str] = set()
        waiting = list(models)
        while waiting:
            for parent in self.parents(waiting.pop()):
                if self.is_seed(parent):
                    found.add(parent)
                elif self.is_ephemeral(parent):
                    waiting.append(parent)
        return sorted(found)

    def is_seed(self, name: str) -> bool:
        return name not in raw_tables() and self.node_id(name).startswith("seed.")

    def node_id(self, name: str) -> str:
        """:raises KeyError: no model or seed of that name."""
        package = self.known.package
        for kind in ("model", "seed"):
            if f"{kind}.{package}.{name}" in self.known.nodes:
                return f"{kind}.{package}.{name}"
        raise KeyError(name)

    def build(
        self, models: Sequence[str], dates: Sequence[str], judged: Sequence[str] | None = None,
        given: Mapping[str, Any] | None = None, kept_seeds: Collection[str] = (),
    ) -> DbtOutcome:  # fmt: skip
        """`dbt build` of models, with their tests and the seeds that they read, for exactly these dates.

        :param judged: hashed tables that tests are to judge; all without it.
        :param given: vars for this build alone, such as which dates' rows are replaced.
        :param kept_seeds: seeds that hold what loading them would give: they are not loaded.
        """
        tables = self.tables if judged is None else judged
        read = self.seeds_of(model for model in models if model in self._names)
        models = [*models, *(seed for seed in read if seed not in kept_seeds)]
        variables = {**self._window(dates), "judged_tables": sorted(tables), **(given or {})}
        # Tests of a selected model whose other parents stand already; none of a table that is not selected: that one
        # was tested when it was built, and where it failed, its tests must not keep dbt from counting what is there.
        options = ["--indirect-selection", "buildable"]
        others = {self.node_id(table) for table in self.tables if table not in tables or table not in models}
        skipped = {test.name for test in self.known.tests if test.attached_to in others}
        result = ask_dbt("build", options, variables, self.manifest, select=models, exclude=skipped)
        outcome = outcome_of(result, self._judged_by)
        # dbt leaves out, in silence, a test of which it does not build all that the test looks at.
        for table in {*tables}.intersection(models, outcome.built) - outcome.failures.keys():
            if outcome.tests.isdisjoint(self.tests_of(table, PROOF)):
                outcome.failures[table] = f"its checks did not run: dbt left out the test {PROOF}"
                outcome.succeeded.discard(table)
        return outcome

    def remake_views(self, dates: Sequence[str]) -> None:
        """Make every view anew, by the code as it is now. They hold nothing, and no ledger knows of them.

        :raises ProjectError: one of them cannot be made.
        """
        views = {self._name(node) for node in self._plain_models() if self.is_view(self._name(node))}
        outcome = outcome_of(ask_dbt("run", [], self._window(dates), self.manifest, select=views), self._judged_by)
        if outcome.error or not outcome.built.issuperset(views):
            raise ProjectError(outcome.error or "; ".join(outcome.failures.values()) or "a view was not made")

    def recompute(self, tables: Sequence[str], models: Collection[str], dates: Sequence[str]) -> DbtOutcome:
        """Run the SQL and processor of tables for some dates, and leave their rows in `<table>__audit`.

        :param models: made anew with them, in their place.
        """
        variables = {**self._window(dates), "audited": sorted(tables)}
        options = ["--resource-type", "model", "--resource-type", "seed"]
        selected = {*models, *tables, *self.seeds_of([*models, *tables])}
        return outcome_of(ask_dbt("build", options, variables, self.manifest, select=selected), self._judged_by)

    def tests_of(self, table: str, test: str) -> list[str]:
        """Names of a table's tests of one kind, such as is_proven."""
        return [of.name for of in self.known.tests if of.attached_to == self.node_id(table) and of.kind == test]

    def compiled(self, names: Sequence[str], dates: Sequence[str], checks: Sequence[str] = ()) -> dict[str, str]:
        """The SELECT of each table or test for these dates, as dbt would run it.

        :param checks: of a test that holds several, these alone; all without it.
        """
        variables = {**self._window(dates), **({"checks_compiled": list(checks)} if checks else {})}
        result = ask_dbt("compile", [], variables, self.manifest, select=names)
        if not result.success:
            raise ProjectError(str(result.exception or "see logs/dbt.log"))
        return {run.node.name: run.node.compiled_code for run in result.result.results}

    def _window(self, dates: Sequence[str]) -> dict[str, Any]:
        # dbt reads its vars from the file at each invocation; a run has read them once.
        of_project = read_yaml(PROJECT_ROOT / "dbt_project.yml").get("vars") or {}
        return {
            **of_project, "start_date": min(dates), "end_date": max(dates), "dates": dates_var(dates),
            "run_id": self.run_id,
        }  # fmt: skip

    def checksum(self, seed: str) -> str:
        """dbt's, of a seed's file."""
        return self._node(seed).checksum

    def _node(self, name: str) -> Node:
        """:raises KeyError: no model or seed of that name."""
        return self.known.nodes[self.node_id(name)]

    def _judged_by(self, node: Any) -> str:
        """What a node's outcome is said of: itself, or of a test the model that it judges, the last one by the DAG."""
        if node.resource_type != "test":
            return str(node.name)
        attached = getattr(node, "attached_node", None)
        judged = [attached] if attached else [n for n in node.depends_on.nodes if n in self.graph]
        return self._name(max(judged, key=lambda n: len(self.hashed_ancestors(n)))) if judged else str(node.name)

    def _plain_models(self) -> list[str]:
        return [node for node, of in self.graph.items() if node.startswith("model.") and not of["is_hashed"]]

    def _layer_nodes(self) -> list[str]:
        return [node for node in self._plain_models() if not self.hashed_ancestors(node)]

    def _name(self, node: str) -> str:
        return node.rpartition(".")[2]


@remembered
def precompute_reads() -> dict[str, dict[str, str]]:
    """What each table that starts after the season's first days waits for, and over which window: its contract says."""
    return {
        table: dict(of_table.waits_for)
        for table, of_table in declared_rows().items()
        if of_table.rows is not None and of_table.rows.after_bootstrap
    }
