"""Decides what is built and in which order: state, plan, run and proof of each table and date."""
