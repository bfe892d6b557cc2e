"""BigQuery: dbt's own client, Arrow in and out, a lease for the run, and errors that say where and what to do."""
