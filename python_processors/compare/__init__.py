"""Two copies of the same tables held against each other: rows, keys, and each column's values.

| module | subject |
|---|---|
| asked | what is to be compared: databases or tables by name, keys, columns, dates |
| sql | the queries: how many rows differ in what, and examples |
| differences | what was found of each table, in words and as JSON |
| known | a file of differences that are explained |
| comparison | all tables of two databases, one after another |
| page | the same as one HTML file |
"""
