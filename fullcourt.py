"""The warehouse in Python: features, training sets and tables as data frames. See docs/python.md.

import fullcourt
warehouse = fullcourt.open("data/fullcourt.duckdb")
known = warehouse.features("2021-11-05", form="pandas")
"""

from python_processors.api import AsOfError, RequestError, TrainingSet, UntrustedError, Warehouse
from python_processors.api import open_warehouse as open

__all__ = ["AsOfError", "RequestError", "TrainingSet", "UntrustedError", "Warehouse", "open"]
