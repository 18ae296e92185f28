"""Parts of a few lines with numbers written beside them, for tests of the language and its readings."""

from __future__ import annotations

from typing import Any

import numpy as np

from v2g.language import Part, Shared
from v2g.problem import Numbers, Problem

HOURS = np.array([1.0, 0.5, 0.25])
SUM = Shared("purse", "kWh", "W", ())
NODAL = Shared("injection", "kW", "p", ("n", "t"))


def problem(*parts: type[Part], sets: dict[str, Any] | None = None, **values: Any) -> Problem:
    """Parts over three intervals and two nodes; ``part__param`` gives the array of a param."""
    times = ["t0", "t1", "t2"]
    members = {
        "intervals": times,
        "points": [*times, "end"],
        "nodes": ["n0", "n1"],
        "tiers": ["1", "2"],
        **(sets or {}),
    }
    arrays = {tuple(name.split("__")): np.asarray(value) for name, value in values.items()}
    return Problem(tuple(parts), (SUM, NODAL), Numbers(members, {("", "dt"): HOURS, **arrays}))
