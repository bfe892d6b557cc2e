"""dbt's YAML files: the one reader. What it cannot read is an error that names the file and the line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from python_processors.errors import ContractError
from python_processors.places import PROJECT_ROOT
from python_processors.project_code import remembered

# libyaml, which PyYAML's wheels bring along, takes a tenth of the time: seconds of every command's start.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "tag:yaml.org,2002:merge"
_PLAIN = tuple(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "timestamp"))
# libyaml's composer calls itself once per level and ends the process at about 100,000 (PyYAML 6.0.3).
_MAX_DEPTH = 5_000
_MAY_NEST = re.compile(rb"[\[{]|[-?:]\s")


@dataclass(frozen=True)
class Document:
    """What a YAML file holds, and where each part of it stands."""

    file: Path
    value: Any
    root: yaml.Node | None

    def line(self, path: Iterable[str | int] = ()) -> int:
        """The line of a part, by its keys and positions; of one that is not there, the line of what should hold it."""
        node, line = self.root, 1 if self.root is None else self.root.start_mark.line + 1
        for step in path:
            if isinstance(node, yaml.MappingNode):
                found = next(((key, value) for key, value in node.value if key.value == step), None)
                if found is None:
                    break
                line, node = found[0].start_mark.line + 1, found[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = node.start_mark.line + 1
            else:
                break
        return line

    def error(self, path: Iterable[str | int], problem: str, table: str = "") -> ContractError:
        return ContractError(table, problem, file=named(self.file), line=self.line(path))


def named(file: Path) -> str:
    """A file as a message names it: from the project's root."""
    return file.relative_to(PROJECT_ROOT).as_posix() if file.is_relative_to(PROJECT_ROOT) else str(file)


@remembered
def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file of dbt's holds; empty for an empty file. Not to be changed: it is shared.

    :raises ContractError: it cannot be read, or holds something else.
    """
    value = parse(read_bytes(path), path, strict=False).value
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ContractError("", "the file must be a mapping of keys to values.", file=named(path), line=1)
    return value


def read_bytes(path: Path) -> bytes:
    """:raises ContractError: there is no such file, or it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        why = f"the file cannot be read ({error.strerror}). Restore it, or make it readable."
        raise ContractError("", why, file=named(path), line=1) from error


def parse(data: bytes, file: Path, *, strict: bool = True) -> Document:
    """Read the text of a YAML file.

    :param strict: as contracts are: each key is text and stands once, and nothing is anchored, merged or tagged.
    :raises ContractError: the text is no YAML of that kind.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _at(file, data[: error.start].count(b"\n"), "not UTF-8. Save the file as UTF-8.") from error
    _check_depth(data, text, file)
    loader = _LOADER(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return Document(file, None, None)
        value = _Strict(loader, file).value(root) if strict else loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        raise _broken(file, text, error) from error
    except yaml.reader.ReaderError as error:
        line = text.encode()[: error.position].count(b"\n")
        raise _at(file, line, "a control character cannot stand in YAML. Remove it.") from error
    except RecursionError as error:
        raise _at(file, 0, "nested too deep to be read.") from error
    except (ValueError, TypeError) as error:  # a date of no calendar, a key that is a list
        raise _at(file, 0, f"holds a value that cannot be read: {error}.") from error
    finally:
        loader.dispose()
    return Document(file, value, root)


class _Strict:
    """Makes values of nodes one by one, so that a fault has a line."""

    def __init__(self, loader: Any, file: Path) -> None:
        self._loader, self._file = loader, file
        self._seen: set[int] = set()

    def value(self, node: yaml.Node) -> Any:
        if id(node) in self._seen:
            raise self._error(node, "a contract has no aliases (`*name`): write the value out.")
        self._seen.add(id(node))
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return [self.value(item) for item in node.value]
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return self._mapping(node)
        if isinstance(node, yaml.ScalarNode) and node.tag in _PLAIN:
            try:
                return self._loader.construct_object(node)
            except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
                raise self._error(node, f"`{node.value[:40]}` cannot be read; quote it if it is text.") from error
        raise self._error(node, f"a contract has no tags (`{node.tag[:40]}`): quote what is text.")

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                raise self._error(key, "a contract has no merges (`<<`): write the keys out.")
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                raise self._error(key, "a key must be text; quote it.")
            if key.value in made:
                raise self._error(key, f"key `{key.value}` stands twice in one mapping. Keep one.")
            made[key.value] = self.value(value)
        return made

    def _error(self, node: yaml.Node, problem: str) -> ContractError:
        return _at(self._file, node.start_mark.line, problem)


def _check_depth(data: bytes, text: str, file: Path) -> None:
    """:raises ContractError: the text nests so deep that reading it would end the process."""
    if len(_MAY_NEST.findall(data)) < _MAX_DEPTH:
        return
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _MAX_DEPTH:
                raise _at(file, 0, "nested too deep to be read.")
    except yaml.YAMLError:
        return  # said by who reads it


def _broken(file: Path, text: str, error: yaml.MarkedYAMLError) -> ContractError:
    mark = error.problem_mark or error.context_mark
    line = 0 if mark is None else min(mark.line, max(text.count("\n") - text.endswith("\n"), 0))
    said = ", ".join(part for part in (error.context, error.problem) if part)
    return _at(
        file, line, f"no YAML: {said}. Indent with spaces, and quote text that holds `: ` or begins with a sign."
    )


def _at(file: Path, line: int, problem: str) -> ContractError:
    return ContractError("", problem, file=named(file), line=line + 1)
