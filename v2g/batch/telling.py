"""How far a study is, for people: a line that is kept up to date on a terminal, one now and then elsewhere."""

from __future__ import annotations

import time

from rich.text import Text

from v2g.batch.driver import State
from v2g.reports.console import stderr

EVERY = 30.0
"""Seconds between lines where the output is no terminal."""


class Telling:
    """Used as a context manager, and called with the state of a study."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.console, self.quiet = stderr(), quiet
        live = self.console.is_terminal and not quiet
        self.status = self.console.status(Text("")) if live else None
        self.said = time.monotonic()

    def __enter__(self) -> Telling:
        if self.status is not None:
            self.status.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.status is not None:
            self.status.stop()

    def __call__(self, state: State) -> None:
        """Say how far it is."""
        if self.status is not None:
            self.status.update(Text(line(state)))
        elif not self.quiet and time.monotonic() - self.said > EVERY:
            self.said = time.monotonic()
            self.console.print(Text(line(state)))


def line(state: State) -> str:
    """The state in a line, with a bar.

    >>> line(State(8, 1, {"planned": 3, "refused": 1}, began=time.monotonic() - 30.0))
    '##########..........  4 of 8 done, 1 failed, 0:00:40 to go'
    """
    width = 20
    filled = width * state.done // state.total if state.total else width
    left = state.left_s
    time_left = "" if left is None else f", {clock(left)} to go"
    return (
        f"{'#' * filled}{'.' * (width - filled)}  {state.done} of {state.total} done, {state.failed} failed{time_left}"
    )


def clock(seconds: float) -> str:
    """Hours, minutes and seconds.

    >>> clock(3725.4)
    '1:02:05'
    """
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
