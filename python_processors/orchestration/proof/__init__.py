"""Whether what is stored is right: row checks, verification, skip audit, answers to people."""
