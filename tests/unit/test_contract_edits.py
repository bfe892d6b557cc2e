"""However a contract file is edited, it is a contract that keeps its rules, or refused by file and line."""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pyarrow as pa
import pytest

from python_processors.contract import PROJECT_ROOT, Contract, contract_file, hashed_tables, parse_contract
from python_processors.contract.raw import SOURCES_FILE, parse_raw_tables
from python_processors.errors import ContractError
from python_processors.orchestration.state.reads import Read
from python_processors.schema.tables import OPS_FILE, parse_ops_tables
from tests.unit.contract_edits import edited

EDITS = int(os.environ.get("CONTRACT_EDITS", "30"))
BREAKS = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # as YAML counts lines
FILES = [*(contract_file(table) for table in hashed_tables()), SOURCES_FILE, OPS_FILE]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PROJECT_ROOT / "models").as_posix())
def test_an_edited_file_is_a_contract_or_is_refused_by_file_and_line(file: Path) -> None:
    chance = random.Random(f"{file.stem} 16")
    text = file.read_text(encoding="utf-8")
    refused = 0
    for number in range(EDITS):
        data = edited(text, chance)
        said = _refusal(data, file, number)
        if said is None:
            continue
        refused += 1
        line = re.search(rf"{file.relative_to(PROJECT_ROOT).as_posix()}, line (\d+): .", said)
        assert line is not None, f"edit {number}: {said}"
        assert 1 <= int(line[1]) <= len(BREAKS.findall(data.decode("utf-8", "replace"))) + 1, f"edit {number}: {said}"
    assert refused / EDITS > 0.3  # else the edits, or the rules, are not what they should be
    assert _refusal(text.encode(), file, EDITS) is None  # as it stands it is none of the refused


def _refusal(data: bytes, file: Path, number: int) -> str | None:
    """What is said of the file; None of one that is read."""
    try:
        _check(data, file)
    except ContractError as error:
        return str(error)
    except Exception as error:
        pytest.fail(f"edit {number} of {file.name} raised {type(error).__name__}: {error}")
    return None


def _check(data: bytes, file: Path) -> None:
    """The file's contract, held to what those who read it count on."""
    if file == SOURCES_FILE:
        for table in parse_raw_tables(data, file).values():
            assert len(set(table.schema().names)) == len(table.columns) > 0
            assert table.partition_by is None or table.schema().field(table.partition_by).type == pa.date32()
    elif file == OPS_FILE:
        for stored in parse_ops_tables(data, file):
            assert len(set(stored.schema().names)) == len(stored.columns) > 0
            assert {stored.partition_by, *stored.cluster_by} <= set(stored.schema().names)
    else:
        _keeps_its_rules(parse_contract(data, file), file)


def _keeps_its_rules(contract: Contract, file: Path) -> None:
    names = [column.name for column in contract.columns]
    assert contract.table == file.stem
    assert contract.dataset
    assert len(set(names)) == len(names)
    assert contract.entity_column in names
    assert {*contract.key, contract.partition_by} <= set(contract.hash_fields)
    assert set(contract.cluster_by) <= set(names)
    assert contract.schema().field(contract.partition_by).type == pa.date32()
    reads = [Read.parse(contract.table, read).name for read in contract.reads]
    assert 0 < len(set(reads)) == len(reads)
