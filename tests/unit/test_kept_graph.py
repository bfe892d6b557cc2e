"""What is kept of a parse stands for exactly the files, modules, libraries and settings that it came of."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dbt.config.project import PartialProject
from dbt.config.renderer import DbtProjectYamlRenderer
from dbt_common.context import set_invocation_context

from python_processors import project_code
from python_processors.orchestration import kept_graph
from python_processors.orchestration import project as project_module
from python_processors.orchestration.graph import AttachedTest, Node, ProjectGraph, ReadsError, graph_of
from python_processors.orchestration.kept_graph import Kept, keep, read_kept
from python_processors.orchestration.project import CodeChangedError, Project
from python_processors.project_code import digest_of_parsed, parsed_files, sources_of_parse

NODE = Node(
    "select 1", ("model.fullcourt.b",), ("macro.fullcourt.m",), "table", "nba_ops", "a", "models/a.sql", "0f",
    {"window_column": "game_date"},
)  # fmt: skip
GRAPH = ProjectGraph(
    "fullcourt", {"model.fullcourt.a": NODE}, (AttachedTest("a_is_unique", "unique_key", "model.fullcourt.a", ()),)
)
KEPT = Kept(GRAPH, {"a": "0123456789ab"})

PROJECT = """
name: fullcourt
model-paths: [models, more]
test-paths: [tests/dbt]
vars: {days: 3}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own, and a folder that is searched for libraries."""
    found = tmp_path / "project"
    for name, text in {
        "dbt_project.yml": PROJECT,
        "profiles/profiles.yml": "target: \"{{ env_var('WHICH_TARGET', 'duckdb') }}\"",
        "macros/a.sql": "{% macro a() %}{% endmacro %}",
    }.items():
        (found / name).parent.mkdir(parents=True, exist_ok=True)
        (found / name).write_text(text)
    (tmp_path / "libraries" / "dbt_core-1.11.0.dist-info").mkdir(parents=True)
    monkeypatch.setattr(project_code, "ROOT", found)
    monkeypatch.setattr("sys.path", [str(tmp_path / "libraries")])
    return found


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))
    return tmp_path / "target"


FILES = [
    "models/a.sql", "models/deep/er/a.yml", "models/docs.md", "more/a.sql", "macros/b.sql", "seeds/a.csv",
    "tests/dbt/a.sql", "snapshots/a.yml", "analyses/a.sql", "functions/a.sql", "profiles/b.yml", "packages.yml",
    "dependencies.yml", "package-lock.yml", "selectors.yml", "profiles.yml", ".dbtignore", "dbt_project.yml",
    "dbt_packages/utils/macros/a.sql", "models/a.py", "models/a.json",
]  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_each_kind_of_file_is_another_parse_when_it_comes_changes_or_goes(name: str, root: Path) -> None:
    path = root / name
    before = path.read_bytes() if path.exists() else None
    named = [sources_of_parse()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("one: 1")
    named.append(sources_of_parse())
    path.write_text("one: 2")
    named.append(sources_of_parse())
    assert len(set(named)) == 3
    path.unlink() if before is None else path.write_bytes(before)
    assert sources_of_parse() == named[0]


def test_a_file_that_moved_is_another_parse(root: Path) -> None:
    (root / "models").mkdir()
    (root / "models" / "a.sql").write_text("select 1")
    before = sources_of_parse()
    (root / "models" / "a.sql").rename(root / "models" / "b.sql")
    assert sources_of_parse() != before


def test_what_an_editor_or_dbt_leaves_beside_the_files_is_the_same_parse(root: Path) -> None:
    before = sources_of_parse()
    (root / "macros" / ".a.sql.swp").write_text("x")
    (root / ".user.yml").write_text("id: 1")
    (root / "target").mkdir()
    (root / "target" / "manifest.json").write_text("{}")
    assert sources_of_parse() == before


@pytest.mark.parametrize("name", ["WHICH_TARGET", "FULLCOURT_DATASET_PREFIX", "FULLCOURT_TARGET", "DBT_ANYTHING"])
def test_a_setting_is_another_parse(name: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = []
    for value in (None, "", "x", "y"):
        monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
        named.append(sources_of_parse())
    assert len(set(named)) == 4


def test_a_setting_that_nobody_names_is_the_same_parse_unless_a_name_is_made_up(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOMETHING_ELSE", "1")
    before = sources_of_parse()
    monkeypatch.setenv("SOMETHING_ELSE", "2")
    assert sources_of_parse() == before
    (root / "macros" / "b.sql").write_text("{% set name = 'SOMETHING' ~ '_ELSE' %}{{ env_var(name) }}")
    made_up = sources_of_parse()
    monkeypatch.setenv("SOMETHING_ELSE", "1")
    assert sources_of_parse() != made_up


def test_a_library_a_plugin_a_module_and_the_interpreter_are_another_parse(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = [sources_of_parse()]
    installed = tmp_path / "libraries"
    (installed / "dbt_core-1.11.0.dist-info").rename(installed / "dbt_core-1.11.1.dist-info")
    named.append(sources_of_parse())
    for text in ("plugins = []", "plugins = [1]"):
        (installed / "dbt_other.py").write_text(text)
        named.append(sources_of_parse())
    (installed / "dbt_package").mkdir()
    named.append(sources_of_parse())
    monkeypatch.setattr(project_code, "_AT_START", {**project_code._AT_START, "python_processors/hashing.py": "else"})
    named.append(sources_of_parse())
    monkeypatch.setattr("sys.version", "3.11.99")
    named.append(sources_of_parse())
    assert len(set(named)) == len(named)


def test_a_project_file_that_cannot_be_read_leaves_dbts_own_folders(root: Path) -> None:
    (root / "dbt_project.yml").write_text("name: [")
    (root / "models").mkdir()
    before = digest_of_parsed()
    (root / "models" / "a.sql").write_text("select 1")
    assert digest_of_parsed() != before


@pytest.mark.parametrize("said", [PROJECT, "name: fullcourt\nversion: 0.1.0\n", None], ids=["some", "none", "ours"])
def test_dbt_looks_nowhere_else(said: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By dbt's own reading of a project: of one that names folders, of one that names none, and of this one."""
    if said is not None:
        (tmp_path / "dbt_project.yml").write_text(said)
        monkeypatch.setattr(project_code, "ROOT", tmp_path)
    set_invocation_context({})
    monkeypatch.setattr("dbt.flags.GLOBAL_FLAGS", Namespace(TARGET_PATH=None, LOG_PATH=None))
    partial = PartialProject.from_project_root(str(project_code.ROOT))
    rendered = partial.render(DbtProjectYamlRenderer(None, {}))
    by_dbt = {name: value for name, value in vars(rendered).items() if name.endswith("_paths")}
    assert by_dbt.keys() == {key.replace("-", "_") for key in project_code._FOLDERS if key.endswith("-paths")}
    assert {folder for value in by_dbt.values() for folder in value} <= project_code._folders()
    assert rendered.packages_install_path in project_code._folders()


def manifest_of(*nodes: SimpleNamespace) -> Any:
    metadata = SimpleNamespace(project_name="fullcourt")
    return SimpleNamespace(metadata=metadata, nodes={of.unique_id: of for of in nodes})


def node(
    kind: str, package: str, name: str = "table", parents: tuple[str, ...] = (), **kwargs: object
) -> SimpleNamespace:
    return SimpleNamespace(
        unique_id=f"{kind}.{package}.{name}", name=name, resource_type=kind, package_name=package, raw_code="select 1",
        depends_on=SimpleNamespace(nodes=list(parents), macros=[]), schema="nba_ops", alias=name,
        config=SimpleNamespace(materialized="table", meta={}), original_file_path=f"models/{name}.sql",
        checksum=SimpleNamespace(checksum="a"), attached_node=f"model.{package}.{name}" if kind == "test" else None,
        test_metadata=SimpleNamespace(name="is_proven" if kwargs else "unique", kwargs=kwargs),
    )  # fmt: skip


def test_nodes_of_an_installed_package_are_none_of_the_projects() -> None:
    graph = graph_of(manifest_of(*(node(kind, of) for kind in ("model", "test") for of in ("another", "fullcourt"))))
    assert set(graph.nodes) == {"model.fullcourt.table"}
    assert [test.attached_to for test in graph.tests] == ["model.fullcourt.table"]


def test_a_model_of_the_project_that_reads_one_of_a_package_is_refused() -> None:
    reads = node("model", "fullcourt", "mine", ("model.another.table",))
    with pytest.raises(ReadsError, match=r"models/mine\.sql reads model\.another\.table of the package another"):
        graph_of(manifest_of(node("model", "another"), reads))


def test_a_check_that_looks_at_what_its_table_is_not_made_of_is_refused() -> None:
    first = node("model", "fullcourt", "first")
    between = node("model", "fullcourt", "between", ("model.fullcourt.first",))
    table = node("model", "fullcourt", "table", ("model.fullcourt.between", "source.fullcourt.raw.box"))
    later = node("model", "fullcourt", "later", ("model.fullcourt.table",))
    models = (first, between, table, later)
    for upstream in ("first", "between"):
        graph_of(manifest_of(*models, node("test", "fullcourt", checks=["a", {"exists": {"upstream": upstream}}])))
    for upstream in ("later", "table", "frist"):
        with pytest.raises(ReadsError, match=f"table: its check exists looks at {upstream}, which the table is not"):
            graph_of(manifest_of(*models, node("test", "fullcourt", checks=[{"exists": {"upstream": upstream}}])))


def test_what_is_kept_is_read_as_it_was(target: Path) -> None:
    assert read_kept("sources") is None
    keep("sources", KEPT)
    assert read_kept("sources") == KEPT
    assert read_kept("others") is None
    assert [path.suffix for path in (target / "graphs").iterdir()] == [".json"]


def damaged(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        plain = json.loads(file.read_text())
        change(plain)
        file.write_text(json.dumps(plain))

    return damage


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut off": lambda file: file.write_bytes(file.read_bytes()[:-20]),
    "empty": lambda file: file.write_bytes(b""),
    "no text": lambda file: file.write_bytes(b"\xff\xfe\x00"),
    "another file": lambda file: file.write_text('{"metadata": {}}'),
    "a list": lambda file: file.write_text("[]"),
    "a version changed": damaged(lambda plain: plain.update(body=plain["body"].replace("0123456789ab", "0" * 12))),
    "without a checksum": damaged(lambda plain: plain.pop("checksum")),
    "a folder": lambda file: (file.unlink(), file.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_none_and_is_written_anew(damage: Callable[[Path], object], target: Path) -> None:
    keep("sources", KEPT)
    (file,) = (target / "graphs").glob("*.json")
    damage(file)
    assert read_kept("sources") is None
    keep("sources", KEPT)
    assert read_kept("sources") == (None if file.is_dir() else KEPT)


def test_a_file_of_other_sources_under_this_name_is_none(target: Path) -> None:
    keep("sources", KEPT)
    (file,) = (target / "graphs").glob("*.json")
    file.rename(file.with_name("others.json"))
    assert read_kept("others") is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a_file").write_text("")
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "a_file"))
    keep("sources", KEPT)
    assert read_kept("sources") is None


def test_a_value_that_json_does_not_keep_is_not_kept(target: Path) -> None:
    odd = replace(GRAPH, nodes={"model.fullcourt.a": replace(NODE, meta={"window_column": (1, 2)})})
    keep("sources", Kept(odd, {}))
    assert read_kept("sources") is None
    keep("sources", Kept(replace(GRAPH, nodes={"model.fullcourt.a": replace(NODE, meta={"spans_season": {1}})}), {}))
    assert read_kept("sources") is None


def _keep_often(name: str) -> None:
    for _ in range(30):
        keep("sources", replace(KEPT, versions={"a": name * 5000}))


def test_commands_that_keep_at_once_leave_a_whole_file(target: Path) -> None:
    context = multiprocessing.get_context("fork")
    others = [context.Process(target=_keep_often, args=(name,)) for name in "ab"]
    for other in others:
        other.start()
    while any(other.is_alive() for other in others):
        found = read_kept("sources")
        assert found is None or set(found.versions["a"]) in ({"a"}, {"b"})
    assert read_kept("sources") is not None
    assert len(list((target / "graphs").iterdir())) == 1


def test_the_newest_files_alone_are_kept(target: Path) -> None:
    for number in range(kept_graph._FILES + 3):
        keep(f"{number:02d}", KEPT)
    assert len(list((target / "graphs").iterdir())) == kept_graph._FILES


class Dbt:
    """Stands for dbt: how often it parsed, and the graph that it gives."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.parsed, self.graph, self.during = 0, GRAPH, lambda: None
        monkeypatch.setattr(project_module, "ask_dbt", self.ask)
        monkeypatch.setattr(project_module, "graph_of", lambda manifest: self.graph)
        monkeypatch.setattr(project_module, "stored_tables", dict)
        monkeypatch.setattr(project_module, "raw_tables", dict)
        monkeypatch.setattr(project_module, "hashed_tables", tuple)
        monkeypatch.setattr(Project, "_logic_version", lambda project, table: f"{table} {project.known.package}")

    def ask(self, *_: Any) -> SimpleNamespace:
        self.parsed += 1
        self.during()
        return SimpleNamespace(success=True, result=object())


@pytest.fixture
def dbt(root: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> Dbt:
    monkeypatch.setattr(project_code, "_modules", lambda: project_code._AT_START)
    return Dbt(monkeypatch)


def test_the_second_command_parses_nothing_and_a_library_call_always_parses(dbt: Dbt) -> None:
    for _ in range(2):
        project = Project(is_kept=True)
        assert (project.known, project.logic_version("coverage")) == (GRAPH, "coverage fullcourt")
    assert dbt.parsed == 1
    assert Project().known == GRAPH
    assert dbt.parsed == 2


@pytest.mark.parametrize("name", ["macros/a.sql", "seeds/new.csv", "dbt_project.yml", "profiles/profiles.yml"])
def test_a_changed_file_is_parsed_and_the_old_one_is_remembered(name: str, dbt: Dbt, root: Path) -> None:
    _ = Project(is_kept=True).known
    path = root / name
    before = path.read_text() if path.exists() else None
    path.parent.mkdir(exist_ok=True)
    path.write_text((before or "") + "\n# another")
    dbt.graph = replace(GRAPH, package="changed")
    project = Project(is_kept=True)
    assert (project.known.package, project.logic_version("coverage"), dbt.parsed) == ("changed", "coverage changed", 2)
    path.unlink() if before is None else path.write_text(before)
    assert (Project(is_kept=True).known.package, dbt.parsed) == ("fullcourt", 2)


def test_a_setting_is_parsed_for(dbt: Dbt, monkeypatch: pytest.MonkeyPatch) -> None:
    _ = Project(is_kept=True).known
    monkeypatch.setenv("FULLCOURT_DATASET_PREFIX", "mine_")
    _ = Project(is_kept=True).known
    assert dbt.parsed == 2


def test_files_that_change_while_dbt_reads_them_are_not_kept_as_they_were(dbt: Dbt, root: Path) -> None:
    def change() -> None:
        dbt.during = lambda: None
        (root / "macros" / "a.sql").write_text("another")

    before = sources_of_parse()
    dbt.during = change
    _ = Project(is_kept=True).known
    assert dbt.parsed == 2
    assert read_kept(before) is None
    assert read_kept(sources_of_parse()) is not None


def test_a_run_parses_and_builds_by_what_it_planned_with(dbt: Dbt) -> None:
    _ = Project(is_kept=True).known
    project = Project(is_kept=True)
    project.read_anew()
    assert dbt.parsed == 1
    assert project.manifest is not None
    assert (dbt.parsed, project.known) == (2, GRAPH)


def test_a_run_whose_parse_is_not_what_it_planned_with_is_refused_and_the_next_one_is_right(dbt: Dbt) -> None:
    _ = Project(is_kept=True).known
    project = Project(is_kept=True)
    project.read_anew()
    dbt.graph = replace(GRAPH, nodes={"model.fullcourt.a": replace(NODE, code="select 2")})
    with pytest.raises(CodeChangedError, match="run the same command"):
        _ = project.manifest
    again = Project(is_kept=True)
    again.read_anew()
    assert (again.manifest is not None, again.known) == (True, dbt.graph)


def test_a_run_whose_versions_are_not_what_it_planned_with_is_refused(
    dbt: Dbt, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ = Project(is_kept=True).known
    project = Project(is_kept=True)
    project.read_anew()
    monkeypatch.setattr(Project, "_logic_version", lambda project, table: "another")
    with pytest.raises(CodeChangedError):
        _ = project.manifest


def test_a_run_whose_files_change_before_dbt_reads_them_is_refused(dbt: Dbt, root: Path) -> None:
    _ = Project(is_kept=True).known
    project = Project(is_kept=True)
    project.read_anew()
    (root / "macros" / "a.sql").write_text("another")
    with pytest.raises(CodeChangedError):
        _ = project.manifest
    assert dbt.parsed == 1


def test_a_run_that_waited_takes_what_is_kept_of_the_files_as_they_are(dbt: Dbt, root: Path) -> None:
    project = Project(is_kept=True)
    assert project.known == GRAPH
    (root / "macros" / "a.sql").write_text("another")
    dbt.graph = replace(GRAPH, package="changed")
    project.read_anew()
    assert (project.known.package, project.logic_version("coverage")) == ("changed", "coverage changed")


_OPENED = """
import os, sys
opened = set()
def hook(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes, os.PathLike)):
        opened.add(os.path.realpath(os.fsdecode(arguments[0])))
from python_processors.orchestration.project import COVERAGE, LAYER, Project
sys.addaudithook(hook)
project = Project()
_ = [project.logic_version(table) for table in (LAYER, COVERAGE, *project.tables)]
print("\\n".join(sorted(opened)))
"""


def test_every_file_that_a_parse_and_the_logic_versions_open_counts(tmp_path: Path) -> None:
    """Asked of the interpreter: what of the project dbt or we open meanwhile."""
    kept_apart = {"DBT_TARGET_PATH": str(tmp_path / "target"), "DBT_LOG_PATH": str(tmp_path / "logs")}
    said = subprocess.run(
        [sys.executable, "-c", _OPENED], capture_output=True, text=True, check=True, cwd=project_code.ROOT,
        env={**os.environ, **kept_apart, "PYTHONPATH": str(project_code.ROOT)},
    ).stdout  # fmt: skip
    root = project_code.ROOT.resolve()
    opened = {path for path in map(Path, said.splitlines()) if path.is_relative_to(root)}
    beside = {".venv", "__pycache__", ".user.yml"}  # the last is by whom dbt tells who sends it figures
    opened = {path for path in opened if not beside & set(path.relative_to(root).parts)}
    counted = {path.resolve() for path in parsed_files()} | {root / name for name in project_code._modules()}
    counted |= set(root.glob("dbt_*.py"))
    assert opened - counted == set()
    assert len(opened & counted) > 100
