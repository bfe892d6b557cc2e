"""The way in where names of ours hold tables of somebody else: an environment's take their place, and they are kept.

| module | subject |
|---|---|
| plan | what is there, what would become of it, and why not |
| moves | one unit put in place, or taken back, so that a kill leaves either state and the same command goes on |
| adopting | a command from its locks to its last step |
"""

from python_processors.orchestration.adoption.adopting import adopt, look, undo
from python_processors.orchestration.adoption.plan import AdoptionPlan, NotAdoptedError

__all__ = ["AdoptionPlan", "NotAdoptedError", "adopt", "look", "undo"]
