"""The Python side of fullcourt: the table contract, the shared hasher and the processors dbt runs."""

__version__ = "0.1.0"
