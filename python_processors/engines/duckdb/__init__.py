"""DuckDB: one file, one writing process, and a lock by the file's identity."""
