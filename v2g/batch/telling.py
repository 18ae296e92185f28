"""How far a study is, for people: a line that is kept up to date on a terminal, one now and then elsewhere."""

from __future__ import annotations

from v2g.batch.driver import State
from v2g.reports.console import Line


class Telling(Line):
    """Used as a context manager, and called with the state of a study."""

    def __call__(self, state: State) -> None:
        """Say how far it is."""
        self.show(line(state))


def line(state: State) -> str:
    """The state in a line, with a bar.

    >>> import time
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
