"""The contract files of the project: one `<table>.yml` beside each `<table>.sql` that a processor materializes."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Mapping
from pathlib import Path

from python_processors.contract.keys import ContractFile
from python_processors.contract.raw import optional_inputs
from python_processors.contract.reads import check_reads
from python_processors.contract.shapes import Wrong, of_document, shaped
from python_processors.contract.table import Contract
from python_processors.errors import ContractError
from python_processors.places import PROJECT_ROOT
from python_processors.project_code import remembered
from python_processors.yaml_files import Document, named, parse, read_bytes, read_yaml

PROJECT_FILE = PROJECT_ROOT / "dbt_project.yml"
MODELS = PROJECT_ROOT / "models"
PROOF = "is_proven"  # the test that every hashed table has (macros/generic_tests/is_proven.sql)
_META = ("models", 0, "config", "meta")


@remembered
def load_contract(table: str) -> Contract:
    """The contract of a table.

    :raises ContractError: there is no such file, or it does not describe the table.
    """
    return parse_contract(read_bytes(contract_file(table)), contract_file(table))


@remembered
def hashed_tables() -> tuple[str, ...]:
    """Every table with a contract, by folder and name.

    :raises ContractError: a table has no contract or two, or a contract no table.
    """
    return tuple(_files())


def contract_file(table: str) -> Path:
    """:raises ContractError: no file is the contract of that table."""
    if table not in _files():
        folders = ", ".join(f"models/{folder}" for folder in datasets())
        raise ContractError(table, f"there is no {table}.yml in {folders}. The tables are {', '.join(_files())}.")
    return _files()[table]


def parse_contract(data: bytes, file: Path) -> Contract:
    """What a contract file says, once it is right in itself and beside the other files of the project.

    :raises ContractError: it is wrong; names the line.
    """
    document = parse(data, file)
    return of_document(document, file.stem, lambda: _contract(document))


@remembered
def datasets() -> Mapping[str, str]:
    """The folders of models that processors materialize, and their datasets, by dbt_project.yml.

    :raises ContractError: it says none, or not how.
    """
    project, found = read_yaml(PROJECT_FILE), {}
    models = project.get("models")
    folders = models.get(project.get("name")) if isinstance(models, dict) else None
    for folder, config in folders.items() if isinstance(folders, dict) else []:
        if isinstance(config, dict) and config.get("+materialized") == "processor":
            if not isinstance(config.get("+schema"), str):
                raise ContractError("", f"models/{folder} needs a `+schema`, its dataset.", file=named(PROJECT_FILE))
            found[folder] = config["+schema"]
    if not found:
        why = "no folder of `models` is `+materialized: processor`, so that there is no hashed table."
        raise ContractError("", why, file=named(PROJECT_FILE))
    return found


@remembered
def _files() -> Mapping[str, Path]:
    """The contract file of each table."""
    files: dict[str, Path] = {}
    written = [path for path in sorted(MODELS.rglob("*.y*ml")) if path.suffix in (".yml", ".yaml")]
    tables = {path.stem: path for folder in datasets() for path in sorted((MODELS / folder).rglob("*.sql"))}
    for path in written:
        other = files.get(path.stem)
        if other is not None and path.stem in tables:
            raise ContractError(path.stem, f"two files describe it: {named(other)} and {named(path)}. Keep one.")
        if path.stem in tables or (path.relative_to(MODELS).parts[0] in datasets() and not path.stem.startswith("_")):
            files[path.stem] = path
    for table, sql in tables.items():
        if table not in files:
            why = f"{named(sql)} has no contract. Write {table}.yml beside it (docs/add-a-table.md)."
            raise ContractError(table, why, file=named(sql))
    for table, path in files.items():
        if table not in tables or path.parent != tables[table].parent or path.suffix != ".yml":
            why = f"a contract lies beside its model, {table}.sql, as {table}.yml. Move the file, or remove it."
            raise ContractError(table, why, file=named(path))
    return files


def _contract(document: Document) -> Contract:
    table = document.file.stem
    file = shaped(ContractFile, document.value, document.line)
    for position, model in enumerate(file.models):
        if model.name != table:
            why = f"the file is the contract of {table}, and the model is called {model.name}. One file per table."
            raise Wrong(("models", position, "name"), why)
    if len(file.models) != 1:
        raise Wrong(("models", 1), f"the file must describe {table} once, and does {len(file.models)} times.")
    model = file.models[0]
    try:
        contract = Contract.from_keys(model, _dataset_of(document.file))
    except Wrong as wrong:
        raise Wrong(("models", 0, *wrong.path), wrong.said) from None
    _check_needs(contract)
    if not any(test == PROOF or (isinstance(test, dict) and PROOF in test) for test in model.data_tests):
        why = f"{table} needs the test `{PROOF}`, which holds its checks: `data_tests: [{PROOF}]` is enough at first."
        raise Wrong(("models", 0, "data_tests"), why)
    check_processor(contract.processor)
    own = [column.name for column in contract.columns]
    check_reads(model.config.meta.reads, table, own, (*_META, "reads"))
    return contract


def _check_needs(contract: Contract) -> None:
    """:raises Wrong: what a column `needs` is no optional raw input."""
    known = optional_inputs()
    for position, column in enumerate(contract.columns):
        needed = column.meta.get("needs")
        if needed is not None and needed not in known:
            why = (
                f"column `{column.name}` needs {needed}, which is no optional raw input; there are {', '.join(known)}."
            )
            raise Wrong(("models", 0, "columns", position, "config", "meta", "needs"), why)


def _dataset_of(file: Path) -> str:
    folder = file.relative_to(MODELS).parts[0] if file.is_relative_to(MODELS) else ""
    if folder not in datasets():
        why = f"a contract lies in a folder that processors materialize: {', '.join(datasets())} (dbt_project.yml)."
        raise Wrong((), why)
    return datasets()[folder]


def processor_error(table: str, said: str) -> ContractError:
    """An error of the processor that a table's contract names, with its line."""
    file = contract_file(table)
    return parse(read_bytes(file), file).error((*_META, "processor"), said, table)


def check_processor(name: str) -> None:
    """Whether a processor's module and function are there, without running the module: it may be the one that asks.

    :raises Wrong: they are not.
    """
    path = (*_META, "processor")
    if not name:
        why = "`config.meta` needs a `processor`, such as python_processors.processors.<table>.summarise."
        raise Wrong(path, why)
    module, _, function = name.rpartition(".")
    if not module or not all(part.isidentifier() for part in name.split(".")):
        raise Wrong(path, f"processor `{name}` is not of the form package.module.function.")
    try:
        found = importlib.util.find_spec(module)
    except Exception as error:  # whatever a package does when it is imported
        raise Wrong(path, f"processor `{name}` cannot be imported: {type(error).__name__}: {error}.") from error
    if found is None or found.origin is None:  # None of a folder without modules
        raise Wrong(path, f"processor `{name}` cannot be imported: there is no module {module}.")
    if found.origin and found.origin.endswith(".py"):
        try:
            there = _names_in(Path(found.origin))
        except (OSError, SyntaxError, ValueError) as error:
            raise Wrong(path, f"processor `{name}` cannot be imported: {error}.") from error
        if function not in there:
            raise Wrong(path, f"processor `{name}`: {module} has no {function}; it has {', '.join(sorted(there))}.")


@remembered
def _names_in(file: Path) -> frozenset[str]:
    """Public functions, and names that a module imports."""
    names: set[str] = set()
    for node in ast.parse(file.read_bytes()).body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return frozenset(name for name in names if not name.startswith("_"))
