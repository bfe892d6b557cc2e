"""BigQuery: dbt's own client, Arrow in and out, and errors that say where and what to do."""
