"""Measurements: `make bench`. Ratios in one run, since machines are noisy; figures, never assertions."""
