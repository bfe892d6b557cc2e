"""Precompute rows of the real archive, reckoned again from its raw files by plain Python.

It shares nothing with the models: it reads the Parquet files, tells players apart by the NBA's own ids and not by
their names, walks over games in loops, and reckons in exact fractions. It follows the column descriptions of the
contracts in models/precompute and models/predictions and the formulas of models/analytics.

Two values come from stored rows of upcoming_player_game_context, because reckoning them anew would mean writing a
subsystem anew that other tests hold to raw: fourth_quarter_minutes_last_7 (line-ups of every play) and
star_teammates_out (injury reports against rosters).
"""
