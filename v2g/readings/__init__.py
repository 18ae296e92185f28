"""Four interpreters of the same text: arrays, Pyomo, LaTeX, units."""
