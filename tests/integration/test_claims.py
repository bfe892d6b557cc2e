"""The project's macros and generic tests, each on literal rows (tests/dbt/claims)."""

from __future__ import annotations

from pathlib import Path

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


def test_a_claim_that_does_not_hold_is_noticed(tmp_path: Path, league: Path) -> None:
    """The helper behind every claim: one row missing and one surplus are two differences."""
    warehouse = Warehouse(tmp_path / "claims.duckdb", league)
    inline = "{{ differences('select 1 as a union all select 2', 'select 2 as a union all select 3') }}"
    assert warehouse.dbt("compile", "--inline", inline).success
    (compiled,) = (tmp_path / "target" / "compiled").rglob("inline_query*")
    assert sorted(warehouse.query(compiled.read_text())) == [("not expected", 1), ("not found", 3)]
