"""An independent audit: the physics re-run from the case's tables and the plan's tables alone.

Nothing here imports the model, its readings, a solver or the engine, and nothing there imports
this. :func:`audit` checks a plan, :func:`bound_by_tier` says how much any plan could serve at most,
:func:`dual_bound` how good the best plan could be, from row multipliers.
"""

from v2g.replay.auditor import CHECKS, audit
from v2g.replay.certificate import dual_bound, exact_dual_bound, implied_caps
from v2g.replay.energy_bound import bound_by_tier
from v2g.replay.verdict import Check, Verdict

__all__ = ["CHECKS", "Check", "Verdict", "audit", "bound_by_tier", "dual_bound", "exact_dual_bound", "implied_caps"]
