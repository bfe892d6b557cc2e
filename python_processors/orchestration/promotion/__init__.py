"""Publishing what an environment built to production: the rows that were compared, and no others.

| module | subject |
|---|---|
| code | which code an environment has that production's rows were not built by |
| copies | the relations that go along, what they hold by day on both sides, and the statements that copy them |
| moved | which rows differ, by table and model |
| change | what is to be published, held against the comparison, and why it may not be |
| publishing | carrying that out: rows, views, ledgers |
"""
