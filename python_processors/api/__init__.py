"""What `import fullcourt` gives: a warehouse to read, as Arrow, pandas or Polars. Nothing is written."""

from python_processors.api.frames import Frame
from python_processors.api.reading import AsOfError, RequestError, UntrustedError
from python_processors.api.warehouse import TrainingSet, Warehouse, open_warehouse

__all__ = ["AsOfError", "Frame", "RequestError", "TrainingSet", "UntrustedError", "Warehouse", "open_warehouse"]
