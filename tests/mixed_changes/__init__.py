"""The random test of mixed changes: a finished warehouse, a few changes of any kind, one backfill, and its rows
compared with those of a build from nothing.

| module | subject |
|---|---|
| league | four teams that play every day: rows in all ten tables after seventeen dates |
| worker | dbt and the project, imported once in a process that is forked for each run |
| site | one trial's database, raw folder and copy of the project |
| raw_kinds, project_kinds, stored_kinds | what may change, by kind |
| machine | makes changes, runs, compares, counts |
| tour | draws changes: trials in great number, which share what takes long |
| kills, strike | commands killed at named moments of the same league |
"""
