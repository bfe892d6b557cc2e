"""What the figures mean: formulas, factors, features, quality."""
