"""Carrying a plan out: dbt calls, lock, progress, history."""
