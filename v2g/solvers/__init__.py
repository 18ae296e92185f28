"""Solvers, one file each: a linear program in, an answer out.

A name is ``family`` or ``family:variant``, such as ``highs``, ``highs:ipx`` or ``pyomo:cbc``.
"""

from __future__ import annotations

import difflib

from v2g.errors import UsageError
from v2g.solvers.highs import VARIANTS as HIGHS_VARIANTS
from v2g.solvers.pyomo import VARIANTS as PYOMO_VARIANTS

FAMILIES = {"highs": HIGHS_VARIANTS, "pyomo": PYOMO_VARIANTS}


def split(name: str) -> tuple[str, str]:
    """Family and variant of a solver's name.

    >>> split("highs"), split("pyomo:cbc")
    (('highs', ''), ('pyomo', 'cbc'))
    """
    family, _, variant = name.partition(":")
    known = [f"{f}:{v}" if v else f for f, variants in FAMILIES.items() for v in variants]
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        raise UsageError(f"There is no solver '{name}'.{hint} Known: {', '.join(known)}.")
    return family, variant
