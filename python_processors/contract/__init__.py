"""The contract of a hashed table, read from the YAML file beside its dbt model.

That file is the only place where a table's columns, types, key, partition and hash fields are
written. dbt reads it as model properties; this package gives Python the same view, and refuses a file
that is wrong by file, line and what is allowed.

| module | subject |
|---|---|
| keys | which keys a contract file may have, and of what kind their values are |
| types | the types of columns |
| table | a table's contract, and the rules that it keeps by itself |
| reads | the rules of what a table declares to read |
| relations | the relations that can be read, and their columns |
| shapes | a file compared with its keys |
| files | the contract files of the project |
| raw | the contract of the raw tables |
"""

from python_processors.contract.files import (
    contract_file,
    hashed_tables,
    load_contract,
    parse_contract,
    processor_error,
)
from python_processors.contract.keys import WINDOWS
from python_processors.contract.reads import check_read
from python_processors.contract.table import PUBLISH_COLUMNS, Column, Contract
from python_processors.contract.types import MAX_PRECISION, MAX_SCALE, ContractType
from python_processors.places import PROJECT_ROOT

__all__ = [
    "MAX_PRECISION",
    "MAX_SCALE",
    "PROJECT_ROOT",
    "PUBLISH_COLUMNS",
    "WINDOWS",
    "Column",
    "Contract",
    "ContractType",
    "check_read",
    "contract_file",
    "hashed_tables",
    "load_contract",
    "parse_contract",
    "processor_error",
]
