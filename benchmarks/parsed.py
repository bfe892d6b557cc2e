"""The project, imported and parsed: for processes forked from one that has it, as both take seconds."""

from python_processors.orchestration.project import Project
from tests import preloaded as preloaded

PROJECT = Project()
PROJECT.tables  # noqa: B018  parses
