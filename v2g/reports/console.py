"""What is said aloud while something runs: findings, errors, progress. Names are data here, never markup."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from v2g.errors import Finding

SHOWN = 20
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


class Progress:
    """One line for each phase on a terminal; nothing where the output is piped, unless ``verbose``.

    Used as a context manager, and called with a phase, a detail such as a gap, and seconds. A detail that
    names a step (``step: gap``) keeps its line.
    """

    def __init__(self, *, verbose: bool = False, quiet: bool = False) -> None:
        self.console = stderr()
        self.on = (self.console.is_terminal or verbose) and not quiet
        self.live = self.console.is_terminal and self.on and not verbose
        self.status = self.console.status(Text("")) if self.live else None
        self.last: tuple[str, str, float] | None = None
        self.began = time.perf_counter()

    def __enter__(self) -> Progress:
        if self.status is not None:
            self.status.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.status is not None:
            self.status.stop()
        if self.live and self.last is not None:
            self._say(self.last)

    def __call__(self, phase: str, detail: str, seconds: float) -> None:
        """Report a phase; a later report of the same phase takes its place on a terminal."""
        if not self.on:
            return
        now = (phase, detail, seconds)
        if self.status is None:
            self._say(now)
        else:
            if self.last is not None and (self.last[0] != phase or ":" in self.last[1]):
                self._say(self.last)
            self.status.update(Text(self._line(now)))
        self.last = now

    def _say(self, report: tuple[str, str, float]) -> None:
        self.console.print(Text(self._line(report)))

    @staticmethod
    def _line(report: tuple[str, str, float]) -> str:
        phase, detail, seconds = report
        return printable(f"{phase:<8} {detail:<56} {seconds:7.1f} s")


def tolerant_output() -> None:
    """Let a terminal that lacks a character show another one in its place, not fail."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
