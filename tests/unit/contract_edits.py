"""Random edits of a YAML file, as hands and merges make them: of its parts, of its lines, of its bytes."""

from __future__ import annotations

import random
from collections.abc import Iterator

import yaml

# Other shapes than what stood there: scalars of each kind, lists, mappings, and what YAML alone knows.
SHAPES = (
    "", "null", "true", "3", "-1", "1.5", ".nan", "1e400", "''", "text", "two words", "A", "[]", "{}", "[[]]", "[a]", "{a: b}",
    "{a: {b: [c]}}", "[1, 2]", "[null]", "[{}]", "{from: x}", "2021-10-19", "2021-13-45", "0b_", "0x_", "1_0", "*anchor",
    "&anchor text", "&a [*a]", "!tag x", "!!int x", "!!set {a}", "!!binary =", "!!python/object:os.system {}", "<<", "=",
    "{<<: {a: b}}", "? [a]", "@", "`", "%", "- a", "|", "> ", '"', "'", "{", "[", "]", "a: b: c", "\t", "FLOAT64", "NUMERIC(99,1)",
    "NUMERIC(5,9)", "ARRAY<ARRAY<INT64>>", "ARRAY<", "INT64", "DATE", "game_id", "data_hash", "whole", "games", "no_such_thing",
    "${x}", "{{ var('x') }}", "\x00", "\ufeff", "é", "٣", "9" * 5000, "[" * 300 + "]" * 300,
)  # fmt: skip


def edited(text: str, chance: random.Random) -> bytes:
    """The text with one to three random edits."""
    data = text
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        data = chance.choice((_of_node, _of_node, _of_node, _of_key, _of_lines, _of_characters))(data, chance)
    raw = data.encode("utf-8", "replace")
    if chance.random() < 0.05:
        place = chance.randrange(len(raw) + 1)
        raw = raw[:place] + bytes([chance.randrange(128, 256)]) + raw[place:]
    if chance.random() < 0.02:
        raw = data.encode("utf-16")
    return raw


def _of_node(text: str, chance: random.Random) -> str:
    """A part goes, comes twice, is another shape or another part of the file."""
    nodes = list(_nodes(text))
    if not nodes:
        return text
    node, other = chance.choice(nodes), chance.choice(nodes)
    start, end = node.start_mark.index, node.end_mark.index
    part, elsewhere = text[start:end], text[other.start_mark.index : other.end_mark.index]
    new = chance.choice(("", part + part, f"{part}, {part}", f"[{part}]", elsewhere, *[chance.choice(SHAPES)] * 6))
    return text[:start] + new + text[end:]


def _of_key(text: str, chance: random.Random) -> str:
    """A key is renamed, or has another's name."""
    keys = [key for node in _nodes(text) if isinstance(node, yaml.MappingNode) for key, _ in node.value]
    if not keys:
        return text
    key, other = chance.choice(keys), chance.choice(keys)
    name = str(key.value)
    new = chance.choice((name + "s", name[:-1], name.upper(), str(other.value), chance.choice(SHAPES)))
    return text[: key.start_mark.index] + new + text[key.end_mark.index :]


def _of_lines(text: str, chance: random.Random) -> str:
    """A line goes, comes twice, moves, or is indented otherwise; or the rest is cut off."""
    lines = text.split("\n")
    place, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    line = lines[place]
    kind = chance.randrange(7)
    if kind == 0:
        del lines[place : place + chance.choice((1, 1, 3, 10))]
    elif kind == 1:
        lines.insert(place, line)
    elif kind == 2:
        lines[place], lines[other] = lines[other], line
    elif kind == 3:
        lines[place] = "\t" + line
    elif kind == 4:
        lines[place] = "  " + line
    elif kind == 5:
        lines[place] = line[2:]
    else:
        return text[: chance.randrange(len(text) + 1)]
    return "\n".join(lines)


def _of_characters(text: str, chance: random.Random) -> str:
    """A character goes or comes."""
    place = chance.randrange(len(text) + 1)
    new = chance.choice(
        ("", "\t", "\n", ":", "-", "[", "{", "}", "'", '"', "#", ",", "&", "*", "!", "|", "%", "\x07", "\u2028", "\r")
    )
    return text[:place] + new + text[place + chance.randrange(2) :]


def _nodes(text: str) -> Iterator[yaml.Node]:
    """Each part of the file; none of a file that is no YAML any more."""
    try:
        waiting = [yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))]
    except (yaml.YAMLError, ValueError, RecursionError):
        return
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        for part in node.value if isinstance(node, yaml.CollectionNode) else ():
            waiting += part if isinstance(part, tuple) else [part]
