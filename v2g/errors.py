"""Everything that can go wrong, by kind of fault.

::

    V2GError
    ├── CaseError            a case cannot be read at all (missing folder, broken TOML)
    │   ├── InvalidCase      it can be read, and has findings (all of them, at once)
    │   │   ├── ImportRefused    a feeder file would lose data, or asks for what no feeder needs
    │   │   └── InvalidStudy     a study asks for what cannot be run
    │   └── ReaderStopped    a reader was stopped or died: too long, too large, or a crash
    ├── ModelError           a part is wrongly written (names part, rule, file, line)
    ├── SolveError           no plan came back
    │   ├── SolverMissing    the solver asked for is not installed
    │   ├── Unmeetable       the limits of the case clash, whatever is served
    │   └── AuditFailed      a plan came back and the audit refused it
    └── UsageError           a verb was asked for something it does not do
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


class V2GError(Exception):
    """Root of every error this package raises on purpose."""

    exit_code = 2


class UsageError(V2GError):
    """A wrong option, name or combination."""


class CaseError(V2GError):
    """The case cannot be read."""

    exit_code = 1


@dataclass(frozen=True)
class Finding:
    """One fault of the input: where it is, what was found, what is allowed, what to do.

    ``row`` is the row as a spreadsheet shows it (the header is row 1); ``None`` where the fault
    belongs to the file as a whole.
    """

    file: str
    message: str
    remedy: str = ""
    row: int | None = None
    column: str | None = None
    found: str | None = None
    allowed: str | None = None
    severity: Literal["error", "warning"] = "error"
    code: str = ""

    @property
    def where(self) -> str:
        """File, row and column in the order in which a reader looks for them."""
        place = self.file
        if self.row is not None:
            place += f", row {self.row}"
        if self.column is not None:
            place += f", column {self.column}"
        return place

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}"
        if self.found is not None:
            text += f" Found: {self.found}."
        if self.allowed is not None:
            text += f" Allowed: {self.allowed}."
        return f"{text} {self.remedy}".rstrip()


class InvalidCase(CaseError):
    """The case was read and has faults; ``findings`` holds them all."""

    def __init__(self, findings: Sequence[Finding], shown: int = 20) -> None:
        self.findings = tuple(findings)
        errors = [f for f in self.findings if f.severity == "error"]
        lines = [str(f) for f in errors[:shown]]
        if len(errors) > shown:
            lines.append(f"... and {len(errors) - shown} more.")
        super().__init__("\n".join(lines))


class ImportRefused(InvalidCase):
    """A feeder file holds what is not understood or not allowed; ``findings`` name file and line of each."""


class InvalidStudy(InvalidCase):
    """A study asks for what cannot be run; ``findings`` name the key of each fault."""


class ReaderStopped(CaseError):
    """A reader ran beyond its limits or died; nothing of its file was taken."""


class ModelError(V2GError):
    """A part is wrongly written."""


class SolveError(V2GError):
    """No plan can be handed over; the message says why."""

    exit_code = 3


class SolverMissing(SolveError):
    """The solver asked for is not installed here."""

    exit_code = 4


class Unmeetable(SolveError):
    """No plan keeps all limits of the case; ``items`` are those that clash, not one of them to be spared."""

    def __init__(self, message: str, items: Sequence[object] = ()) -> None:
        self.items = tuple(items)
        super().__init__(message)


class AuditFailed(SolveError):
    """A plan was found, and the audit found violations in it."""
