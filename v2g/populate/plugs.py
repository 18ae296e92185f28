"""Where plugs go: at homes in proportion to load, within their service transformers, and at shared places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from v2g.errors import UsageError
from v2g.formats.nameplates import nameplates
from v2g.populate.feeder import PHASES, Feeder, LoadPoint
from v2g.populate.stream import Stream

Cell = str | int | float
COPIED = ("charge_kw", "discharge_kw", "charge_eff", "discharge_eff", "feeds", "standby_kw", "connector")
PAIRS = ("ab", "bc", "ca")


def plug_kw(kind: str) -> float:
    """Power of a charger of the catalogue, whichever way is more, in kW."""
    plate = nameplates("chargers")[kind]
    return max(float(plate["charge_kw"]), float(plate["discharge_kw"]))


def wired(point: LoadPoint, present: str, kind: str, stream: Stream) -> tuple[str, str]:
    """Phases and connection of a charger at a load point: three phases for one that needs them, else as the load.

    A charger of one phase is between two where the load is in delta, as there may be no neutral.
    """
    if nameplates("chargers")[kind]["phases"] == "3":
        if present != PHASES:
            raise ValueError(f"{kind} needs three phases, and {point.bus} has {present}")
        return PHASES, point.connection
    return one_phase(point.phases, point.connection, stream), point.connection


def one_phase(phases: str, connection: str, stream: Stream) -> str:
    """One phase of a load, or the two that it is between where it is in delta."""
    if connection != "delta":
        return stream.one_of(phases)
    return phases if len(phases) == 2 else stream.one_of(PAIRS)


def charger_row(name: str, kind: str, bus: str, phases: str, connection: str, site: str = "") -> dict[str, Cell]:
    """A row of ``chargers.csv`` with the nameplate of the catalogue."""
    plate = nameplates("chargers")[kind]
    row: dict[str, Cell] = {"charger": name, "type": kind, "bus": bus, "phases": phases, "connection": connection}
    return row | {"site": site} | {key: plate[key] for key in COPIED} | {"plugs": 1}


@dataclass
class Homes:
    """Homes are load points, each as likely as its load; ``used`` is the kVA taken of each service transformer.

    Where the transformer of a home that is drawn has no room left for the charger, the next home that has is taken.
    """

    feeder: Feeder
    stream: Stream
    used: dict[str, float] = field(default_factory=dict)

    def take(self, plain: str, abc: str) -> tuple[LoadPoint, str]:
        """A home and the charger that goes there: ``abc`` where the bus has three phases, else ``plain``."""
        points = self.feeder.points
        first = self.stream.by_weight(self.feeder.sums)
        for k in range(len(points)):
            point = points[(first + k) % len(points)]
            kind = self._fitting(point, plain, abc)
            if not point.via:
                return point, kind
            taken = self.used.get(point.via, 0.0) + plug_kw(kind)
            if taken <= point.kva + 1e-9:
                self.used[point.via] = taken
                return point, kind
        raise UsageError(
            f"The service transformers of the feeder (map.csv) have no room for another charger of {plug_kw(plain):g} "
            "kW. Ask for fewer vehicles (--vehicles), or delete kva in map.csv where it is not known."
        )

    def _fitting(self, point: LoadPoint, plain: str, abc: str) -> str:
        """Homes behind a service transformer have the phases of their load alone."""
        present = point.phases if point.via else self.feeder.phases[point.bus]
        return abc if present == PHASES else plain


def spread(feeder: Feeder, count: int, stream: Stream, buses: Sequence[str] | None = None) -> list[str]:
    """So many buses for shared places, in proportion to load; none twice while there are others."""
    pool = list(buses) if buses else feeder.three_phase or list(feeder.kw_at)
    open_: dict[str, float] = {}
    found: list[str] = []
    for _ in range(count):
        open_ = open_ or {bus: feeder.kw_at.get(bus, 1.0) for bus in pool}
        found.append(list(open_)[stream.by_weight(list(accumulate(open_.values())))])
        del open_[found[-1]]
    return found


def point_of(feeder: Feeder, bus: str) -> LoadPoint:
    """The largest load of a bus, or one in its place where the bus has none."""
    return feeder.point_at.get(bus) or LoadPoint("", bus, feeder.phases[bus], "wye", 0.0)


def usable(row: Mapping[str, str], way: str, feeder: Feeder) -> bool:
    """Whether a kind of vehicle has a charger of a way (``plain``, ``v2g``) that the feeder can hold."""
    if row["place"] == "home":
        return bool(row[way])
    return bool(row[way] or (row[f"{way}_abc"] and feeder.three_phase))
