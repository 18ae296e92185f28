"""Recipes: the cases that are made from a feeder and the catalogue, byte for byte the same on every run."""
