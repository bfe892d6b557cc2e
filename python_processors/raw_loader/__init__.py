"""Bring a folder of raw files into DuckDB's `nba_raw` and `nba_reference`.

A file is one table's rows: `<anything>/<table>.parquet`, `.pq`, `.csv` or `.csv.gz`, the table named as in the
raw contract. The raw tables hold what the folder holds: a file is known by its content, so that one that moved
is only renamed, a changed one replaces its own rows, and one that has gone takes its rows along. Where two files
give the same row, the newer one has it. Each row remembers its file.

Everything is decided and checked before anything is written (`plan_load`); a plan of dates goes by the same
decision (`rows_to_come`). Each file is then a transaction of its own, so that memory grows with the largest file
and not with their number; a load that is cut off goes on with the files that are left. On BigQuery the raw
tables exist already: nothing downstream uses the column and the table that the loader adds for itself.

| module | subject |
|---|---|
| folder | which folder, or the simulated league |
| listing | what is in it: files, what is ignored, what is wrong |
| reading, csv_files | one file's rows in the contract's types |
| leagues | real and simulated games never meet |
| ledger | what is stored, and what was said of it |
| read_files | what a plan read of files, for the load after it |
| overlaps | two files that give the same row |
| plan | what a load would do |
| overlay | rows as they will be |
| deletions | what needs a yes |
| load | carrying a plan out |
| links | a folder of some tables alone |
"""

from python_processors.raw_loader.deletions import (
    DeletionsRefusedError,
    check_deletions,
    deletes_allowed,
    max_deleted_pct,
    refusals_of,
)
from python_processors.raw_loader.folder import SIMULATED_UNTIL, RawFolder, find_raw_dir
from python_processors.raw_loader.leagues import LeaguesMeetError
from python_processors.raw_loader.ledger import FILE_COLUMN, holds_simulated
from python_processors.raw_loader.links import link_files
from python_processors.raw_loader.listing import mark_of_files
from python_processors.raw_loader.load import LoadOutcome, load_raw, tell
from python_processors.raw_loader.overlay import rows_to_come
from python_processors.raw_loader.plan import LoadPlan, TableChange, loads_files, plan_load
from python_processors.raw_loader.read_files import ReadFiles

__all__ = [
    "FILE_COLUMN", "SIMULATED_UNTIL", "DeletionsRefusedError", "LeaguesMeetError", "LoadOutcome", "LoadPlan",
    "RawFolder", "ReadFiles", "TableChange", "check_deletions", "deletes_allowed", "find_raw_dir", "holds_simulated",
    "link_files", "load_raw", "loads_files", "mark_of_files", "max_deleted_pct", "plan_load", "refusals_of",
    "rows_to_come", "tell",
]  # fmt: skip
