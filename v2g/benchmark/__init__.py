"""Solvers compared: instances from cases, one process for each run, every answer judged by code of its own."""
