"""Reports: one file for each audience."""
