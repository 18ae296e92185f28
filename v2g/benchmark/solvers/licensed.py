"""What the commercial solvers share: they get an MPS file, and may say that a licence does not allow its size."""

from __future__ import annotations

from v2g.benchmark.solvers.entry import EXACT, Reply, Run, Solver

REFUSALS = (
    "licen",
    "too large",
    "size limit",
    "limits exceeded",
    "size-limited",
    "promotional",
    "limitations",
    "too many rows",
)
PUBLISH = "its licence may ask for consent before results are published"


def licensed(
    name: str, title: str, package: str, run: Run, versions: tuple[str, ...], algorithms: tuple[tuple[str, str], ...],
) -> tuple[Solver]:  # fmt: skip
    """The row of the register of such a solver."""
    install = f"pip install {package}, and a licence"
    return (Solver(name, title, EXACT, ("lp", "milp"), package, install, run, versions, algorithms, publish=PUBLISH),)


def refusal(error: Exception) -> Reply:
    """Refused where the words are about a licence, failed elsewhere."""
    words = " ".join(str(error).split()) or type(error).__name__
    refused = any(mark in words.lower() for mark in REFUSALS)
    return Reply("refused" if refused else "failed", said=words)
