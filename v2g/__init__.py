"""v2g: dispatch of electric vehicles into an outaged feeder.

The verbs are those of the command line: `read`, `check`, `solve`, `verify`, `explain`; `values` is what
`v2g explain --values` shows, `shortfalls` what drivers lack, as a table.
"""

from v2g.case import Case
from v2g.errors import V2GError
from v2g.explain import explain
from v2g.plan import Plan
from v2g.planning import solve
from v2g.reading import check, read
from v2g.replay import Verdict
from v2g.replay import audit as verify
from v2g.shortfalls import shortfalls
from v2g.values import values

__all__ = ["Case", "Plan", "V2GError", "Verdict", "check", "explain", "read", "shortfalls", "solve", "values", "verify"]
