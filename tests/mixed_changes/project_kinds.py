"""Changes of code, contracts, vars and seeds, in a copy of the project."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path

from tests.mixed_changes.site import NotPossibleError, Site, kind

# Text of the project, and what it becomes. Each stands in one file, wherever that lies.
MACROS = (
    (r"3958\.8", "3959.8"),  # the Earth's radius, for travel
    (r"<= 8 then 'paint'(?P<rest>[\s\S]*)> 8 then", r"<= 7 then 'paint'\g<rest>> 7 then"),  # what a paint shot is
    (r"having 2 \* count\(distinct starts_before", "having 3 * count(distinct starts_before"),  # a regular starter
)
MODELS = (
    ("days_ago <= 13 and", "days_ago <= 12 and"),  # back-to-backs of a fortnight
    ("days_rest >= 2 then", "days_rest >= 1 then"),
    (r"'targets', var\('team_form_games'\)\)", "'targets', 9)"),  # games of a team's form
)
PYTHON = (
    (r"pc\.if_else\(back_to_back, -15", "pc.if_else(back_to_back, -14"),
    ("LEAST_GAMES = 5", "LEAST_GAMES = 4"),
    (r"tier\(players\[\"games_recent\"\], recent, 7\)", 'tier(players["games_recent"], recent, 6)'),
)
VARS = (
    ("max_possible_total", "225"), ("min_possible_total", "215"), ("max_possible_spread", "5"),
    ("min_players_for_team_box", "9"), ("regular_starter_days", "10"), ("production_ready_pct", "100"),
    ("bootstrap_days", "10"),
)  # fmt: skip


class TextNotFoundError(Exception):
    """The project no longer has a text that is to be edited."""


def _edit(site: Site, rng: random.Random, folder: str, suffix: str, edits: Sequence[tuple[str, str]]) -> str:
    """Make one of some edits that is not yet made."""
    root = site.code()
    possible = []
    for pattern, replacement in edits:
        paths = [path for path in sorted((root / folder).rglob(f"*{suffix}")) if re.search(pattern, path.read_text())]
        if paths:
            possible.append((paths[0], pattern, replacement))
        elif not any(re.search(pattern, path.read_text()) for path in (site.project / folder).rglob(f"*{suffix}")):
            raise TextNotFoundError(f"No file of {folder} has `{pattern}`: give project_kinds.py another text.")
    if not possible:
        raise NotPossibleError("all of them are edited")
    path, pattern, replacement = rng.choice(possible)
    path.write_text(re.sub(pattern, replacement, path.read_text(), count=1))
    return f"{path.relative_to(root)}: {pattern} to {replacement}"


@kind("code")
def macro_edited(site: Site, rng: random.Random) -> str:
    return _edit(site, rng, "macros", ".sql", MACROS)


@kind("code")
def model_edited(site: Site, rng: random.Random) -> str:
    return _edit(site, rng, "models", ".sql", MODELS)


@kind("code")
def processor_edited(site: Site, rng: random.Random) -> str:
    return _edit(site, rng, "python_processors", ".py", PYTHON)


@kind("code")
def remark_added(site: Site, rng: random.Random) -> str:
    """Changes no row."""
    path = rng.choice(sorted((site.code() / "models").rglob("*.sql")))
    path.write_text(path.read_text() + "\n-- It's only a remark.\n")
    return str(path.relative_to(site.edited))


@kind("code")
def seed_edited(site: Site, rng: random.Random) -> str:
    """An arena that lies a degree further north."""
    path = site.code() / "seeds" / "arenas.csv"
    lines = path.read_text().splitlines()
    team = rng.choice(["BOS", "NYK", "DEN", "LAL"])
    at = next(number for number, line in enumerate(lines) if line.startswith(team))
    values = lines[at].split(",")
    values[6] = str(round(float(values[6]) + 1, 4))
    lines[at] = ",".join(values)
    path.write_text("\n".join(lines) + "\n")
    return lines[at]


@kind("var")
def var_changed(site: Site, rng: random.Random) -> str:
    """The project's vars stand in one file, or, where one has moved, in the file that has it now."""
    name, value = rng.choice(VARS)
    paths = [site.code() / "dbt_project.yml", *sorted((site.code() / "models").rglob("*.yml"))]
    for path in paths:
        text = re.sub(rf"^(\s*{name}:) \S+", rf"\g<1> {value}", path.read_text(), flags=re.MULTILINE)
        if text != path.read_text():
            path.write_text(text)
            return f"{name} is {value} in {path.name}"
    raise NotPossibleError(f"{name} is {value} already")


def _contracts(site: Site, pattern: str) -> list[Path]:
    folders = ("analytics", "precompute", "predictions")
    paths = [path for folder in folders for path in sorted((site.code() / "models" / folder).glob("*.yml"))]
    return [path for path in paths if re.search(pattern, path.read_text(), re.MULTILINE)]


def _edit_contract(site: Site, rng: random.Random, pattern: str, replacement: str) -> str:
    """Edit one place, drawn among all that match."""
    paths = _contracts(site, pattern)
    if not paths:
        raise NotPossibleError("no contract has such a place any more")
    path = rng.choice(paths)
    text = path.read_text()
    match = rng.choice(list(re.finditer(pattern, text, re.MULTILINE)))
    path.write_text(text[: match.start()] + match.expand(replacement) + text[match.end() :])
    line = text[: match.start()].count("\n") + 1
    return f"{path.name}, line {line}: {' '.join(match[0].split())}"


@kind("contract")
def window_made_longer(site: Site, rng: random.Random) -> str:
    """What a read declares, and not what the model does."""
    return _edit_contract(site, rng, r"(size: \d+)", r"\g<1>5")


@kind("contract")
def read_declared(site: Site, rng: random.Random) -> str:
    return _edit_contract(
        site, rng, r"^( +)(reads:)\n(?! +- \{from: teams)", r"\g<1>\g<2>\n\g<1>  - {from: teams, window: whole}\n"
    )


@kind("contract")
def column_hashed(site: Site, rng: random.Random) -> str:
    """One that was compared only is part of the hash now."""
    # Not when rows last changed: two builds do not agree on that.
    column = r"^( +- name: (?!\w*last_updated)\w+\n(?:(?! +- name:).*\n)*?)"
    return _edit_contract(
        site, rng, column + r' +config: \{meta: \{not_hashed: "[^"]*", compared: true\}\}\n', r"\g<1>"
    )


@kind("contract")
def column_no_longer_hashed(site: Site, rng: random.Random) -> str:
    return _edit_contract(
        site, rng, r"^( +)(- name: \w*(?:avg|pct|rate|points)\w*\n(?:(?! +- name:| +config:).*\n)+)(?= +- name:)",
        r'\g<1>\g<2>\g<1>  config: {meta: {not_hashed: "Tried out.", compared: true}}\n',
    )  # fmt: skip
