"""`python -m python_processors.cli`: the same as `fullcourt`."""

from python_processors.cli import app

app()
