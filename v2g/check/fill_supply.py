"""Supply from outside: windows of grid connections from events, and connections at buses that are energised."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, cast

import numpy as np
import pandas as pd

from v2g.check.fill import Filling, instant
from v2g.check.rows import Place, clock
from v2g.formats.draft import as_text

SUPPLY = ("energised", "dead")


NEVER = cast(pd.Timestamp, pd.NaT)
"""The end of a window that is open."""


class Window(NamedTuple):
    """When a connection is there (NaT = open-ended), and the row of the event that begins it."""

    start: pd.Timestamp
    end: pd.Timestamp
    row: int


def windows_of_events(filling: Filling) -> None:
    """Rows of grid are there from ``energised`` until ``dead``; a bus that is energised gets a row of its own."""
    events = filling.table("events", "at_utc", "event", "element")
    if events is None or "grid" not in filling.specs or filling.boundaries is None:
        return
    known = events[events["event"].isin(SUPPLY) & events["at_utc"].notna()].sort_values("at_utc", kind="stable")
    buses = filling.frames["buses"]
    phases = dict(zip(buses["bus"], buses["phases"], strict=True))
    for element, group in known.groupby("element", sort=False):
        name = str(element)
        grids = filling.frames["grid"]
        names = grids["grid"].to_list()
        if name in names:
            _set(filling, names.index(name), _windows(group, lit=str(group["event"].iloc[0]) == "dead"))
        elif name in phases:
            _at_bus(filling, name, phases[name], _windows(group, lit=False))


def _windows(events: pd.DataFrame, *, lit: bool) -> list[Window]:
    """Times between ``energised`` and ``dead``, in order."""
    found: list[Window] = []
    start, row = NEVER, int(events.index[0])
    for at, event, index in zip(events["at_utc"], events["event"], events.index, strict=True):
        if event == "energised" and not lit:
            lit, start, row = True, at, int(index)
        elif event == "dead" and lit:
            lit = False
            if pd.isna(start) or at > start:
                found.append(Window(start, at, row))
    return [*found, Window(start, NEVER, row)] if lit else found


def _at_bus(filling: Filling, bus: str, phases: str, windows: list[Window]) -> None:
    name = f"{bus} energised"
    names = filling.frames["grid"]["grid"].to_list()
    if name in names:
        _set(filling, names.index(name), windows)
    elif windows:
        place = {"bus": bus, "phases": phases}
        _add(filling, {"grid": name, **place}, windows[:1])
        _more(filling, len(filling.frames["grid"]) - 1, windows[1:])


def _set(filling: Filling, row: int, windows: list[Window]) -> None:
    """Windows of a connection that has a row: the first goes into that row, each further one into a row of its own."""
    assert filling.boundaries is not None
    never = Window(filling.boundaries[-1], NEVER, -1)
    first = windows[0] if windows else never
    grid = filling.frames["grid"]
    for column, time in (("from_utc", first.start), ("until_utc", first.end)):
        own, times = grid[column].iloc[row], grid[column].to_list()
        if not pd.isna(own) and own != time:
            filling.say(
                Place("grid", row, column), "window-overruled",
                f"{grid['grid'].iloc[row]} has events, and these say when it is there.",
                "Leave the cell blank, or take the events away.", found=clock(own), severity="warning",
            )  # fmt: skip
        times[row] = time
        filling.fill("grid", "events", **{column: times})
    if first.row >= 0:
        filling.written["grid", row] = Place("events", first.row, "at_utc")
    _more(filling, row, windows[1:])


def _more(filling: Filling, row: int, windows: Iterable[Window]) -> None:
    """Rows for the further windows of the connection in a row."""
    own = {str(name): as_text(value) for name, value in filling.frames["grid"].iloc[row].to_dict().items()}
    for number, window in enumerate(windows, start=2):
        name = f"{own['grid']} ({number})"
        there = np.flatnonzero((filling.frames["grid"]["grid"] == name).to_numpy(bool))
        if there.size:
            _set(filling, int(there[0]), [window])
        else:
            _add(filling, {**own, "grid": name}, [window])


def _add(filling: Filling, row: dict[str, str], windows: list[Window]) -> None:
    rows = [{**row, "from_utc": instant(w.start), "until_utc": instant(w.end)} for w in windows]
    filling.add("grid", "events", rows, [Place("events", w.row, "at_utc") for w in windows])
    filling.leans["grid"].add("buses")
