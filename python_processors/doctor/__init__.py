"""One look before anything runs: whether a run would work, and what keeps it from working. Reads only.

| module | subject |
|---|---|
| setting | versions, contracts, names, channels |
| seen | the tables as they are |
| raw | raw tables and files, tip-off hours, the schedule's dates |
| targets | tables that runs write, lock, cost |
| macros | rules that stand in the project's macros |
| examination | all checks, in order |
"""

from python_processors.doctor.examination import Examination, examine

__all__ = ["Examination", "examine"]
