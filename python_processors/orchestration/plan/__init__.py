"""What a run would do, why, and at what cost."""
