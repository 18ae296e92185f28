"""The feeder that is populated: load points, islands without the head, and the state it is started in."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import pandas as pd

from v2g.case import Case
from v2g.errors import UsageError
from v2g.populate.assumed import BAND

TAPS = ("tap_a", "tap_b", "tap_c")
PHASES = "abc"
PEOPLED = (
    "vehicles", "chargers", "stays", "trips", "sites", "needs", "fleet_minimum", "events", "durations", "tanks",
)  # fmt: skip
"""Tables of an emergency: a case that has one is not a bare feeder."""


@dataclass(frozen=True)
class LoadPoint:
    """A load of the feeder: where homes are. ``via`` is its service transformer of ``kva``, where known."""

    name: str
    bus: str
    phases: str
    connection: str
    kw: float
    via: str = ""
    kva: float = 0.0


@dataclass(frozen=True)
class Feeder:
    """What populating asks of a feeder.

    ``phases`` and ``kv`` by bus; ``points`` are its loads above 0 kW; ``island`` of each bus once the head is gone,
    and ``rank`` of each bus: how many elements lie between it and the head (of the first bus of its island if it
    has none).
    """

    case: Case
    phases: Mapping[str, str]
    kv: Mapping[str, float]
    points: Sequence[LoadPoint]
    island: Mapping[str, int]
    rank: Mapping[str, int]

    @cached_property
    def load_kw(self) -> float:
        """Load of the feeder as it is given, in kW."""
        return sum(point.kw for point in self.points)

    @cached_property
    def sums(self) -> list[float]:
        """Loads of the points up to each, in kW."""
        return list(accumulate(point.kw for point in self.points))

    @cached_property
    def kw_at(self) -> dict[str, float]:
        """Load of each bus that has one, in kW, in the order of the table."""
        total: dict[str, float] = {}
        for point in self.points:
            total[point.bus] = total.get(point.bus, 0.0) + point.kw
        return total

    @cached_property
    def point_at(self) -> dict[str, LoadPoint]:
        """The largest load of each bus."""
        best: dict[str, LoadPoint] = {}
        for point in self.points:
            if point.bus not in best or point.kw > best[point.bus].kw:
                best[point.bus] = point
        return best

    @cached_property
    def three_phase(self) -> list[str]:
        """Buses where three-phase customers can be: with load and all phases; else others of the same voltage."""
        loaded = [bus for bus in self.kw_at if self.phases[bus] == PHASES]
        levels = {self.kv[bus] for bus in self.kw_at}
        return loaded or [bus for bus, phases in self.phases.items() if phases == PHASES and self.kv[bus] in levels]

    @cached_property
    def lit(self) -> list[int]:
        """Islands with load, the first of the table first."""
        return list(dict.fromkeys(self.island[bus] for bus in self.kw_at))

    def gateway(self, island: int) -> str:
        """Bus where an island is best fed: the nearest to the head at the voltage that most of its buses have.

        Three-phase buses come before others.
        """
        mine = [bus for bus, own in self.island.items() if own == island]
        full = [bus for bus in mine if self.phases[bus] == PHASES] or mine
        levels = [self.kv[bus] for bus in full]
        common = max(dict.fromkeys(levels), key=levels.count)
        return min((bus for bus in full if self.kv[bus] == common), key=lambda bus: self.rank[bus])


def feeder_of(case: Case, moved: pd.DataFrame | None) -> Feeder:
    """The feeder of a case; ``moved`` is the map of an import, where there is one.

    Raises UsageError for a case that is no feeder, has no load, or holds an emergency already.
    """
    _refuse_what_is_no_feeder(case)
    buses = case.table("buses")
    names = buses["bus"].to_list()
    phases = dict(zip(names, buses["phases"], strict=True))
    kv = dict(zip(names, buses["kv_ln_kv"].to_list(), strict=True))
    island, rank = _islands(case, names)
    points = _points(case, _services(moved))
    if not points:
        raise UsageError(f"{case.name} has no load above 0 kW that is not critical: there is nobody to place.")
    return Feeder(case, phases, kv, points, island, rank)


def _refuse_what_is_no_feeder(case: Case) -> None:
    there = [name for name in PEOPLED if len(case.table(name))]
    if there:
        listed = ", ".join(f"{name}.csv" for name in there)
        raise UsageError(
            f"{case.name} is an emergency already ({listed}). Populate a bare feeder: an imported one, or one that "
            "comes along, such as ieee123-base."
        )
    if not len(case.table("buses")) or not len(case.table("loads")):
        raise UsageError(f"{case.name} has no feeder with loads (buses.csv, loads.csv).")


def _services(moved: pd.DataFrame | None) -> dict[str, tuple[str, float]]:
    """Service transformer and its kVA by load, from the map of an import."""
    if moved is None or not {"table", "name", "via", "kva"} <= set(moved.columns):
        return {}
    known = moved[(moved["table"] == "loads") & (moved["via"] != "") & (moved["kva"] != "")]
    columns = (known[name].to_list() for name in ("name", "via", "kva"))
    return {name: (via, float(kva)) for name, via, kva in zip(*columns, strict=True)}


def _points(case: Case, services: Mapping[str, tuple[str, float]]) -> list[LoadPoint]:
    loads = case.table("loads")
    keys = ("load", "bus", "phases", "connection", "kw", "tier")
    columns = (loads[key].to_list() for key in keys)
    return [
        LoadPoint(name, bus, phases, connection, kw, *services.get(name, ("", 0.0)))
        for name, bus, phases, connection, kw, tier in zip(*columns, strict=True)
        if tier == 0 and kw > 0.0
    ]


def _islands(case: Case, buses: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Island and distance of each bus, heads first."""
    near: dict[str, list[str]] = {bus: [] for bus in buses}
    for table in ("lines", "transformers"):
        frame = case.table(table)
        if len(frame):
            ends = zip(frame["from_bus"], frame["to_bus"], frame["closed"], strict=True)
            for one, two, closed in ends:
                if closed:
                    near[one].append(two)
                    near[two].append(one)
    grid = case.table("grid")
    heads = grid["bus"].to_list() if len(grid) else []
    island: dict[str, int] = {}
    rank: dict[str, int] = {}
    for number, start in enumerate(dict.fromkeys([*heads, *buses])):
        if start not in island:
            island[start], rank[start] = number, 0
            queue = deque([start])
            while queue:
                bus = queue.popleft()
                for other in near[bus]:
                    if other not in island:
                        island[other], rank[other] = number, rank[bus] + 1
                        queue.append(other)
    return island, rank


def neutral_taps(rows: Iterable[MutableMapping[str, str]]) -> int:
    """Set every tap that is not blank to neutral, as an island is started with; returns how many elements changed.

    A tap whose range leaves neutral out is set to what is nearest in it.
    """
    changed = 0
    for row in rows:
        given = [tap for tap in TAPS if row.get(tap)]
        start = max(1.0, float(row.get("tap_min") or 0.0))
        start = min(start, float(row.get("tap_max") or "inf"))
        changed += any(float(row[tap]) != start for tap in given)
        row.update(dict.fromkeys(given, f"{start:.17g}"))
    return changed


def charging_kvar(case: Case, island: Mapping[str, int], kv: Mapping[str, float]) -> dict[int, float]:
    """What the lines of each island charge at nominal voltage, in kvar, less what its reactors take; either way."""
    lines = case.table("lines")
    total = _reactors(case, island)
    own = [f"b_{p}{p}_us" for p in PHASES if f"b_{p}{p}_us" in lines]
    if len(lines) and own:
        given = zip(lines["from_bus"], lines[own].sum(axis=1).to_list(), lines["closed"], strict=True)
        for bus, microsiemens, closed in given:
            if closed:
                total[island[bus]] = total.get(island[bus], 0.0) + microsiemens * kv[bus] ** 2 / 1000.0
    return {number: abs(kvar) for number, kvar in total.items()}


def _reactors(case: Case, island: Mapping[str, int]) -> dict[int, float]:
    """What reactors give in each island, in kvar: less than nothing."""
    banks = case.table("capacitors")
    total: dict[int, float] = {}
    given = zip(banks["bus"], banks["kvar"].to_list(), banks["closed"], strict=True) if len(banks) else ()
    for bus, kvar, closed in given:
        if closed and kvar < 0.0:
            total[island[bus]] = total.get(island[bus], 0.0) + kvar
    return total


def band(case: Case) -> tuple[float, float]:
    """Voltages that are allowed, in per unit: the usual ones, wider where the case says so for fixed taps."""
    low, high = float(str(case.header["vmin_pu"])), float(str(case.header["vmax_pu"]))
    transformers = case.table("transformers")
    fixed = len(transformers) and bool((transformers[list(TAPS)][~regulators(case)] != 1.0).to_numpy().any())
    return (min(low, BAND[0]), max(high, BAND[1])) if fixed else BAND


def regulators(case: Case) -> pd.Series[bool]:
    """Transformers between buses of one voltage: their taps move; those of others are part of their ratio."""
    transformers, buses = case.table("transformers"), case.table("buses")
    kv = dict(zip(buses["bus"], buses["kv_ln_kv"], strict=True))
    ends = zip(transformers["from_bus"], transformers["to_bus"], strict=True)
    return pd.Series([abs(kv[one] / kv[two] - 1.0) < 1e-3 for one, two in ends], index=transformers.index, dtype=bool)
