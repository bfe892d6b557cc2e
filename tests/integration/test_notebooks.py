"""The notebook for modellers runs on a simulated league, and what it prints is what the warehouse holds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import fullcourt
from python_processors.contract import PROJECT_ROOT
from tests.warehouse import Warehouse, environment

NOTEBOOK = PROJECT_ROOT / "docs" / "notebooks" / "points.ipynb"
TRAIN, TEST = ("2021-11-02", "2021-11-12"), ("2021-11-13", "2021-11-19")


@pytest.fixture(scope="module")
def printed(confirmed: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> str:
    """All that the notebook prints of the simulated month; a cell that fails raises."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    (parameters,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    parameters.source = f"DATABASE = {str(confirmed.path)!r}\nTRAIN = {TRAIN!r}\nTEST = {TEST!r}"
    folder = tmp_path_factory.mktemp("notebook")
    with environment(MPLCONFIGDIR=str(folder), IPYTHONDIR=str(folder), PYTHONPATH=str(PROJECT_ROOT)):
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    return "\n".join(said(output) for output in outputs)


def said(output: Any) -> str:
    return str(output.get("text") or output.get("data", {}).get("text/plain") or "")


def test_the_notebook_compares_with_the_average_of_the_season(printed: str, confirmed: Warehouse) -> None:
    rows = fullcourt.open(confirmed.path).training_set(*TEST, form="pandas")
    error = (rows.known["points_avg_season"] - rows.result["points"].astype(float)).abs().mean()
    found = re.search(r"average of the season +([\d.]+)", printed)
    assert found is not None
    assert float(found[1]) == pytest.approx(error, abs=0.0051)
    assert f"test: {len(rows.known):,} rows" in printed
    for name in ("boosted trees", "linear, without the line", "the line"):
        assert re.search(rf"^{name} +[\d.NaN]+ +[\d.]+$", printed, re.MULTILINE), name


def test_the_notebook_names_what_is_constant_in_training(printed: str, confirmed: Warehouse) -> None:
    known = fullcourt.open(confirmed.path).training_set(*TRAIN, form="pandas")
    constant = [name for name in known.feature_names if known.known[name].nunique() == 1]
    assert constant
    assert f"constant in training: {', '.join(constant)}" in printed


def test_its_kept_outputs_are_of_its_code_as_it_is() -> None:
    """Every cell has run, in order and in one go: outputs of another version would be figures of nothing."""
    cells = [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [output for cell in cells for output in cell.outputs if output.output_type == "error"]


def test_the_figures_of_its_text_are_those_of_its_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    shown = "\n".join(said(output) for cell in notebook.cells for output in cell.get("outputs", []))
    table = re.findall(r"^\| ([a-z, ]+) \| ([\d.]*) ?\| \**([\d.]+)\** \|$", notebook.cells[-1].source, re.MULTILINE)
    assert len(table) == 7
    for name, every, with_line in table:
        assert re.search(rf"^{name} +{every or 'NaN'} +{with_line}$", shown, re.MULTILINE), name


def test_pages_lead_to_it() -> None:
    assert "notebooks/points.ipynb" in Path(PROJECT_ROOT / "docs" / "python.md").read_text()
