"""What is known of each table and date: reads, fingerprints, ledger, state."""
