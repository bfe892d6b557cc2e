"""The page as one file: template, styles, scripts and data, with nothing to fetch.

Its content security policy allows the scripts that are written here, by their hashes, and no connection:
a text that got past the escaping would still not run.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jinja2
import vl_convert
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from python_processors.compare.page import TEMPLATES
from python_processors.engines.base import environment_name
from python_processors.outputs import OutputError, output_file, write_whole
from python_processors.places import IS_INSTALLED, WORK_FOLDER
from python_processors.report.change import BesideProduction

_TEMPLATES = Path(__file__).parent / "templates"


def target_folder() -> Path:
    """Where dbt's files go."""
    return Path(os.environ.get("DBT_TARGET_PATH") or WORK_FOLDER / "target")


def default_file() -> Path:
    name = environment_name()
    return target_folder() / (f"report.{name}.html" if name else "report.html")


def render(data: Mapping[str, Any], change: BesideProduction | None = None) -> str:
    """The page of page_data(), and of what an environment changed."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([_TEMPLATES, TEMPLATES]), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["seconds"] = spelled_seconds
    scripts = [_as_script(script) for script in (chart_library(), _file("report.js"))]
    shown = {name: data[name] for name in ("matrix", "charts")}
    return environment.get_template("report.html.j2").render(
        **{**data, "change": change}, embedded=htmlsafe_json_dumps(shown, separators=(",", ":")),
        library=Markup(scripts[0]), script=Markup(scripts[1]), style=Markup(_file("report.css")),
        policy=_policy(scripts),
    )  # fmt: skip


def chart_library() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script. Bundling takes 1 to 3 s (2026-11), so it is kept in target/.

    The digest of what is kept is its first line: a file that was cut off or changed is made anew.
    """
    files = _kept_libraries()
    for kept in files:
        try:
            digest, _, bundle = kept.read_bytes().partition(b"\n") if kept.is_file() else (b"", b"", b"")
        except OSError:
            continue
        if digest == _digest_line(bundle):
            return bundle.decode()
    made = str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))
    for kept in files:
        with suppress(OutputError):  # it is only kept to save time
            write_whole(output_file(kept, own_folder=True), f"{_digest_line(made.encode()).decode()}\n{made}")
            break
    return made


def _kept_libraries() -> list[Path]:
    """Where the charts' library may lie, the first place that can be written: in a checkout its own target/ before the
    one that DBT_TARGET_PATH names, since it is the same for every warehouse."""
    folders = [target_folder()] if IS_INSTALLED else [WORK_FOLDER / "target", target_folder()]
    return [folder / f"vega-{version('vl-convert-python')}.js" for folder in dict.fromkeys(folders)]


def _digest_line(script: bytes) -> bytes:
    return b"// " + hashlib.sha256(script).hexdigest().encode()


def spelled_seconds(seconds: float) -> str:
    """As a person says it."""
    if seconds < 100:
        return f"{seconds:,.1f} s"
    if seconds < 7200:
        return f"{seconds / 60:,.0f} min"
    return f"{seconds / 3600:,.1f} h"


def _file(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _as_script(source: str) -> str:
    """In a form in which no text of it ends the element."""
    return source.replace("</script", r"<\/script").replace("<!--", r"<\!--")


def _policy(scripts: list[str]) -> str:
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in hashes)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )
