"""The cases that are timed, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import v2g
from benchmarks.synthetic import fleet
from v2g.case import Case

SIZES = ((20, 24), (50, 48), (200, 48), (500, 96), (2_000, 96), (10_000, 96))

CASES: Mapping[str, Callable[[], Case]] = {
    **{name: partial(v2g.read, name) for name in ("village", "ieee13-blackout", "ieee123-storm")},
    **{f"fleet-{vehicles}x{intervals}": partial(fleet, vehicles, intervals) for vehicles, intervals in SIZES},
}
"""Shipped cases, and fleets made by `benchmarks.synthetic`: vehicles x intervals."""
