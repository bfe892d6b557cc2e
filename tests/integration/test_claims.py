"""The project's macros and generic tests, each on literal rows (tests/dbt/claims), and models on literal rows (unit_tests)."""

from __future__ import annotations

from pathlib import Path

import yaml

from python_processors.contract import PROJECT_ROOT
from tests.warehouse import Warehouse


def test_every_generic_test_has_a_claim() -> None:
    generic = {path.stem for path in (PROJECT_ROOT / "macros" / "generic_tests").glob("*.sql")} - {
        "helpers",
        "expect_rows",
    }
    claims = {path.stem for path in (PROJECT_ROOT / "tests" / "dbt" / "claims").glob("*.sql")}
    assert {name for name in generic if not any(claim.startswith(name) for claim in claims)} == set()


def test_the_claims_hold(tmp_path: Path, league: Path) -> None:
    outcome = Warehouse(tmp_path / "claims.duckdb", league).dbt("test", "--select", "tag:claims", claims=True)
    assert outcome.success, outcome.failures or outcome.error


def test_the_unit_tests_of_models_pass(copy_of_built: Warehouse) -> None:
    """They ask the built tables for the types of the columns that their rows leave out."""
    outcome = copy_of_built.dbt("test", "--select", "test_type:unit", claims=True)
    assert outcome.success, outcome.failures or outcome.error
    written = [yaml.safe_load(path.read_text()) for path in (PROJECT_ROOT / "models").rglob("*.yml")]
    assert outcome.unit_tests_passed == sum(len(of.get("unit_tests", [])) for of in written) > 0


def test_a_build_runs_no_unit_test(copy_of_built: Warehouse) -> None:
    outcome = copy_of_built.dbt("test", "--select", "test_type:unit")
    assert outcome.unit_tests_passed == 0


def test_a_claim_that_does_not_hold_is_noticed(tmp_path: Path, league: Path) -> None:
    """The helper behind every claim: one row missing and one surplus are two differences."""
    warehouse = Warehouse(tmp_path / "claims.duckdb", league)
    inline = "{{ differences('select 1 as a union all select 2', 'select 2 as a union all select 3') }}"
    assert warehouse.dbt("compile", "--inline", inline).success
    (compiled,) = (tmp_path / "target" / "compiled").rglob("inline_query*")
    assert sorted(warehouse.query(compiled.read_text())) == [("not expected", 1), ("not found", 3)]
