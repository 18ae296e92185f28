"""What is said aloud while something runs: findings, errors, progress. Names are data here, never markup."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Self

from rich.console import Console
from rich.text import Text

from v2g.errors import Finding

SHOWN = 20
EVERY_S = 30.0
"""Between lines about how far something is, where the output is no terminal."""
COLOURS = {"error": "bold red", "warning": "yellow"}


def printable(text: str) -> str:
    """Text without characters that steer a terminal; line ends stay.

    >>> printable("clinic" + chr(27) + "[2J")
    'clinic?[2J'
    """
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)


def stderr() -> Console:
    """A console on the standard error stream as it is now."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)


def show_findings(findings: Sequence[Finding], console: Console, shown: int = SHOWN) -> None:
    """Findings, errors first, at most ``shown`` of them, and how many there are."""
    errors = [f for f in findings if f.severity == "error"]
    warnings = [f for f in findings if f.severity != "error"]
    for finding in [*errors, *warnings][:shown]:
        line = Text(f"{finding.severity:8} ", COLOURS.get(finding.severity, ""))
        console.print(line.append(printable(f"{finding.where}: {finding.message}"), "default"))
        more = [f"Found: {finding.found}." if finding.found is not None else ""]
        more += [f"Allowed: {finding.allowed}." if finding.allowed is not None else "", finding.remedy]
        if any(more):
            console.print(Text(printable(" " * 9 + " ".join(word for word in more if word))))
    hidden = len(findings) - shown
    if hidden > 0:
        console.print(Text(f"... and {hidden} more"))
    if findings:
        console.print(Text(f"{counted(len(errors), 'error')}, {counted(len(warnings), 'warning')}"))


def counted(number: int, noun: str, nouns: str = "") -> str:
    """``1 error``, ``2 errors``; ``nouns`` where more of them are called otherwise."""
    return f"{number} {noun}" if number == 1 else f"{number} {nouns or noun + 's'}"


class Line:
    """How far something is, for people: a line kept up to date on a terminal, one now and then elsewhere.

    Used as a context manager. ``quiet``: nothing at all; without ``live``, no line is kept up to date.
    """

    def __init__(self, *, quiet: bool = False, live: bool = True) -> None:
        self.console, self.quiet = stderr(), quiet
        shown = self.console.is_terminal and live and not quiet
        self.status = self.console.status(Text("")) if shown else None
        self.said = time.monotonic()

    def __enter__(self) -> Self:
        if self.status is not None:
            self.status.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.status is not None:
            self.status.stop()

    def show(self, text: str) -> None:
        """What the line says now."""
        if self.status is not None:
            self.status.update(Text(printable(text)))
        elif time.monotonic() - self.said > EVERY_S:
            self.keep(text)

    def keep(self, text: str) -> None:
        """A line that stays."""
        self.said = time.monotonic()
        if not self.quiet:
            self.console.print(Text(printable(text)))


class Progress(Line):
    """One line for each phase on a terminal, and one now and then elsewhere; ``verbose``: every report.

    Called with a phase, a detail such as a gap, and seconds. A detail that names a step (``step: gap``) keeps its line
    on a terminal.
    """

    def __init__(self, *, verbose: bool = False, quiet: bool = False) -> None:
        super().__init__(quiet=quiet, live=not verbose)
        self.verbose = verbose
        self.last: tuple[str, str, float] | None = None

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        if self.status is not None and self.last is not None:
            self.keep(_report(*self.last))

    def __call__(self, phase: str, detail: str, seconds: float) -> None:
        """Report a phase; a later report of the same phase takes its place on a terminal."""
        if self.verbose:
            self.keep(_report(phase, detail, seconds))
        else:
            if self.status is not None and self.last is not None and (self.last[0] != phase or ":" in self.last[1]):
                self.keep(_report(*self.last))
            self.show(_report(phase, detail, seconds))
        self.last = (phase, detail, seconds)


def _report(phase: str, detail: str, seconds: float) -> str:
    return f"{phase:<8} {detail:<56} {seconds:7.1f} s"


def tolerant_output() -> None:
    """Let a terminal that lacks a character show another one in its place, not fail."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
