"""What the commercial solvers share: they get an MPS file, and may say that a licence does not allow its size."""

from __future__ import annotations

from pathlib import Path

from v2g.benchmark.program import Program
from v2g.benchmark.solvers.entry import Asked, Reply
from v2g.benchmark.texts import mps

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


def written(program: Program, asked: Asked) -> str:
    """Path of the program as an MPS file."""
    source = Path(asked.folder) / "program.mps"
    source.write_text(mps(program, "program"), encoding="ascii")
    return str(source)


def refusal(error: Exception) -> Reply:
    """Refused where the words are about a licence, failed elsewhere."""
    words = " ".join(str(error).split()) or type(error).__name__
    refused = any(mark in words.lower() for mark in REFUSALS)
    return Reply("refused" if refused else "failed", said=words)
