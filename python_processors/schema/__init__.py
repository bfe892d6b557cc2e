"""The tables that runs write, as contracts have them and as they are."""
