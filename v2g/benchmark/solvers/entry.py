"""What the register says of a solver, and what a solver gets and gives back."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from v2g.benchmark.program import Floats, Program
from v2g.benchmark.watch import Watch

CLAIMS = ("optimal", "feasible", "infeasible", "unbounded", "time limit", "failed", "refused")
"""What a solver may say of its own run. ``refused``: its licence does not allow the size."""
EXACT, FIRST_ORDER = "exact", "first-order"
EXTRA = "pip install 'v2g[solvers]'"
"""How to get the solvers that are free."""


@dataclass(frozen=True)
class Asked:
    """What a run is asked for. The limits are in seconds and for one thread; ``folder`` is for files of the run."""

    seed: int
    time_limit: float
    folder: Path


@dataclass(frozen=True)
class Reply:
    """What a solver hands back: its claim, a point (n,), row multipliers (m,), and its own figures, if it has any.

    A positive multiplier belongs to the lower side of its row.
    """

    claim: str
    x: Floats | None = None
    y: Floats | None = None
    objective: float | None = None
    bound: float | None = None
    said: str = ""

    def __post_init__(self) -> None:
        if self.claim not in CLAIMS:
            raise ValueError(f"a solver may not say '{self.claim}', but one of {', '.join(CLAIMS)}")


Run = Callable[[Program, Asked, Watch], Reply]


@dataclass(frozen=True)
class Solver:
    """One row of the register.

    Parameters
    ----------
    kind
        ``exact`` (simplex, interior point, branch and cut), or ``first-order``, which stops near an optimum.
    solves
        ``lp``, ``milp``, or both.
    package, program, install
        Name of the installed distribution, or else of the program on the path, that says whether it is here, and how
        to get it.
    run
        Solves a program; called in a process of its own, and imports its package only then.
    versions, algorithms
        Patterns looked for in what the run printed: the first group of a version, and a word for each algorithm.
    must
        The algorithm that has to be among those seen, or the run was one of another solver.
    tolerance, measure
        By how much rows may be violated in an answer that is called optimal, and in which measure: ``row`` each by
        the size of its own terms, ``l2`` norm by norm of the sides, ``max`` the largest by the largest.
    near
        How far its value may be from the best proven one, relative.
    publish
        Where the licence asks for something before results are published, that.
    """

    name: str
    title: str
    kind: str
    solves: tuple[str, ...]
    package: str
    install: str
    run: Run
    versions: tuple[str, ...]
    algorithms: tuple[tuple[str, str], ...]
    must: str = ""
    program: str = ""
    tolerance: float = 1e-6
    measure: str = "row"
    near: float = 1e-6
    publish: str = ""

    def installed(self) -> str | None:
        """Version of the installed distribution, or path of the program; None where there is neither."""
        try:
            return version(self.package)
        except PackageNotFoundError:
            return shutil.which(self.program) if self.program else None

    def version_seen(self, log: str) -> str:
        """Version as the run printed it, blank where it did not."""
        found = [match for pattern in self.versions if (match := re.search(pattern, log))]
        return " ".join(match.group(1) for match in found)

    def algorithms_seen(self, log: str) -> str:
        """Algorithms whose marks the run printed, in the order of the register."""
        words = [word for pattern, word in self.algorithms if re.search(pattern, log)]
        return " + ".join(dict.fromkeys(words))
