"""The truth of AC: a plan replayed in a power-flow engine that shares nothing with the linear model."""
