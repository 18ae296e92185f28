"""Who is at which plug when, and with what power: a plan as its charging stations see it.

Times are whole seconds after the start of the case. A plan has the mean of each interval; here a vehicle that is
there for part of an interval has the power of that part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from v2g.case import Case
from v2g.errors import UsageError
from v2g.replay.clock import edges, nanoseconds, overlap_hours
from v2g.replay.columns import numbers, texts, times
from v2g.replay.record import Record
from v2g.replay.stands import row_of
from v2g.replay.verdict import Array, Index

NANO = 1_000_000_000
NOTHING_W = 0.05
"""Less than that is no power: messages have tenths of a watt."""


@dataclass(frozen=True)
class Slice:
    """Power in W of a vehicle from one second to another, positive = it takes."""

    start: int
    end: int
    watts: float

    @property
    def kwh(self) -> float:
        """Energy at the plug, positive = taken."""
        return self.watts * (self.end - self.start) / 3.6e6


@dataclass(frozen=True)
class Session:
    """One stay (a row) of a vehicle (a row) at a plug of a charger (a row, and plugs from 1)."""

    stay: int
    charger: int
    plug: int
    vehicle: int
    start: int
    end: int
    slices: tuple[Slice, ...]

    def energy(self, sign: int) -> float:
        """kWh taken (``sign`` 1) or given (-1), positive."""
        return float(sum(max(sign * piece.kwh, 0.0) for piece in self.slices))


def seconds(case: Case) -> Index:
    """The T + 1 boundaries, shape (T + 1,)."""
    return seconds_of(case, edges(case))


def seconds_of(case: Case, moments: Index) -> Index:
    """UTC nanoseconds as seconds after the start."""
    return np.asarray(np.rint((moments - edges(case)[0]) / NANO), dtype=np.int64)


def utc(case: Case, second: int) -> str:
    """A time as OCPP and OpenADR write it (RFC 3339).

    >>> utc(Case("", "", {}, pd.date_range("2026-01-15 18:00", periods=2, freq="h", tz="UTC"), {}, ""), 90)
    '2026-01-15T18:01:30Z'
    """
    return (case.boundaries[0] + pd.Timedelta(seconds=second)).isoformat().replace("+00:00", "Z")


def drawn_kw(record: Record) -> Array:
    """What each vehicle takes at its plug less what it gives there, by V2G and V2H, in kW, shape (V, T).

    Raises UsageError for a plan that does not say it for every vehicle and interval.
    """
    sheet = record.vehicle_sheet
    if sheet.faults:
        raise UsageError(f"Table vehicles of the plan: {'; '.join(sheet.faults)}. Solve again, or verify the plan.")
    return np.asarray(sheet["charge_kw"] - sheet["discharge_kw"] - sheet["v2h_kw"])


def stay_rows(record: Record) -> Index:
    """Row of the stay that counts for each vehicle and interval, -1 = none, (V, T): the longest, as for the audit."""
    table, vehicle_of = record.case.table("stays"), row_of(record.fleet.names)
    inside = overlap_hours(record.case, times(table, "from_utc"), times(table, "until_utc"))
    shape = (len(record.fleet.names), record.case.steps)
    found, most = np.full(shape, -1, dtype=np.int64), np.zeros(shape)
    for row, name in enumerate(texts(table, "vehicle")):
        vehicle = vehicle_of[name]
        longer = inside[row] > most[vehicle]
        found[vehicle, longer], most[vehicle, longer] = row, inside[row, longer]
    return found


def sessions(record: Record) -> list[Session]:
    """All stays at chargers within the horizon, by charger and arrival; each has the first plug that is free."""
    case, fleet = record.case, record.fleet
    table, last = case.table("stays"), int(seconds(case)[-1])
    vehicle_of, charger_of = row_of(fleet.names), row_of(fleet.chargers)
    bounds = (np.clip(seconds_of(case, nanoseconds(times(table, name))), 0, last) for name in ("from_utc", "until_utc"))
    stays = zip(texts(table, "vehicle"), texts(table, "charger"), *bounds, strict=True)
    pieces = _Pieces(record)
    found = [
        (charger_of[charger], int(start), row, vehicle_of[vehicle], int(end))
        for row, (vehicle, charger, start, end) in enumerate(stays)
        if charger and start < end
    ]
    free = [[0] * int(plugs) for plugs in numbers(case.table("chargers"), "plugs", 1.0)]
    out = []
    for charger, start, row, vehicle, end in sorted(found):
        plug = next(number for number, until in enumerate(free[charger]) if until <= start)
        free[charger][plug] = end
        out.append(Session(row, charger, plug + 1, vehicle, start, end, tuple(pieces(row, vehicle, start, end))))
    return out


class _Pieces:
    """Pieces of a stay, one for each interval that counts for it."""

    def __init__(self, record: Record) -> None:
        self.rows, self.drawn, self.edge = stay_rows(record), drawn_kw(record), seconds(record.case)

    def __call__(self, row: int, vehicle: int, start: int, end: int) -> Iterator[Slice]:
        for t in np.flatnonzero(self.rows[vehicle] == row):
            length = int(self.edge[t + 1] - self.edge[t])
            begin, finish = max(start, int(self.edge[t])), min(end, int(self.edge[t + 1]))
            if begin < finish:
                yield Slice(begin, finish, float(self.drawn[vehicle, t]) * 1000.0 * length / (finish - begin))


def joined(pieces: Iterable[Slice]) -> Iterator[Slice]:
    """Pieces that follow each other with the same power as one."""
    held: Slice | None = None
    for piece in pieces:
        if held is not None and held.end == piece.start and round(held.watts, 1) == round(piece.watts, 1):
            held = Slice(held.start, piece.end, held.watts)
            continue
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield held
