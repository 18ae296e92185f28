"""What the AC replay of a plan says: voltages, overloads, losses, and what the linear model got wrong."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from v2g.ac.flow import Flow, solve
from v2g.ac.losses import lost_at_nodes
from v2g.case import Case
from v2g.plan import Plan
from v2g.replay.clock import stamp
from v2g.replay.feeder import PHASES
from v2g.replay.record import Record
from v2g.replay.verdict import Array, Index, Mask

VOLTAGE_ROOM = 1e-4
"""Per unit by which a voltage may miss its band before it counts: the engine solves to about 1e-8, plans to 1e-6."""
POWER_ROOM = 1e-3
"""Relative room of ratings and of what forming sources give."""
LEAST_KW = 0.05
"""Differences of power below this count as none in a single interval."""
UNSUPPLIED = 0.01
"""Share of the losses that a plan may leave to the sources that form its islands, over the whole horizon."""
DUST_KWH = 1e-6
UNSOLVED = "no AC solution"
MORE = "gives more than planned"
NAMED = 6
"""Intervals without a solution that are told one by one."""


@dataclass(frozen=True)
class Extreme:
    """A voltage and where it is."""

    pu: float
    where: str


@dataclass(frozen=True)
class Breach:
    """A limit that does not hold under AC, at the thing and time where it is worst; ``times`` counts intervals."""

    kind: str
    where: str
    value: float
    limit: float
    unit: str
    times: int

    def __str__(self) -> str:
        if self.kind == UNSOLVED:
            return f"{self.kind} in {self.value:g} {self.unit}: {self.where}"
        more = f", in {self.times} intervals" if self.times > 1 else ""
        limit = "planned" if self.kind == MORE else "limit"
        return f"{self.kind}: {self.where}: {self.value:.4g} {self.unit}, {limit} {self.limit:.4g}{more}"


@dataclass(frozen=True)
class AcVerdict:
    """The plan under AC. ``secure`` only where nothing is breached and the plan itself supplies the losses.

    ``difference_pu`` are the largest and the 95th percentile of the voltage difference to the plan's own, over all
    live nodes and intervals; ``loss_kwh`` is lost in lines and transformers, ``off_nominal_kwh`` what loads and buses
    that follow the voltage draw beyond nominal; ``unsupplied_kwh`` is what forming sources give beyond the plan.
    """

    engine: str
    intervals: int
    converged: int
    lowest: Extreme | None
    highest: Extreme | None
    difference_pu: tuple[float, float]
    loss_kwh: float
    off_nominal_kwh: float
    given_kwh: float
    unsupplied_kwh: float
    dead_bus_kwh: float
    ratings: tuple[int, int]
    breaches: tuple[Breach, ...]

    @property
    def secure(self) -> bool:
        """Whether the plan holds under AC, its losses supplied."""
        return self.converged == self.intervals and not self.breaches and self.dead_bus_kwh == 0.0

    @property
    def headline(self) -> str:
        """The verdict in one line."""
        if self.secure and not self.intervals:
            return "AC-secure: the feeder is dead throughout, nothing to solve"
        if self.secure:
            return f"AC-secure: losses of {energy(self.loss_kwh)} supplied, no limit breached"
        what = f"{len(self.breaches)} breaches" if len(self.breaches) != 1 else "1 breach"
        return f"not AC-secure: {what}, {energy(self.unsupplied_kwh)} of losses not supplied"

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, ready for JSON."""
        return {"secure": self.secure, "headline": self.headline, **asdict(self)}


def energy(kwh: float) -> str:
    """Energy in words, with small amounts not rounded away.

    >>> energy(1234.56), energy(0.0123)
    ('1,234.6 kWh', '0.012 kWh')
    """
    return f"{kwh:,.1f} kWh" if abs(kwh) >= 1.0 else f"{kwh:.2g} kWh"


def verify(case: Case, plan: Plan, time_limit: float = 600.0) -> AcVerdict:
    """Replay a plan under AC. Raises as `v2g.ac.flow.solve`."""
    record = Record(case, plan, 1e-6)
    return judge(record, solve(record, time_limit))


def judge(record: Record, flow: Flow) -> AcVerdict:
    """The verdict on a solved replay."""
    live = record.live & flow.converged
    squared = np.where(record.node_sheet.blank["voltage_pu"], np.nan, record.given_w)
    gap = np.abs(flow.voltage - np.sqrt(squared))[live]
    gap = gap[np.isfinite(gap)]
    hours = record.hours
    lost, unsupplied = float((losses(record, flow) * hours).sum()), float((beyond(record, flow) * hours).sum())
    breaches = [*voltages(record, flow, live), *ratings(record, flow), *formers(record, flow)]
    if unsupplied > UNSUPPLIED * max(lost, 0.0) + DUST_KWH:
        breaches.append(Breach("losses not in the plan", "whole horizon", unsupplied, UNSUPPLIED * lost, "kWh", 1))
    if not flow.converged[flow.solved].all():
        open_ = np.flatnonzero(flow.solved & ~flow.converged)
        unit = "interval" if open_.size == 1 else "intervals"
        breaches.insert(0, Breach(UNSOLVED, _stamps(record, open_), float(open_.size), 0.0, unit, 1))
    known = np.isfinite([branch.rating_kva for branch in record.feeder.branches])
    return AcVerdict(
        engine=flow.engine,
        intervals=int(flow.solved.sum()),
        converged=int(flow.converged.sum()),
        lowest=extreme(record, flow.voltage, live, -1.0),
        highest=extreme(record, flow.voltage, live, 1.0),
        difference_pu=(float(gap.max()), float(np.percentile(gap, 95))) if gap.size else (0.0, 0.0),
        loss_kwh=lost,
        off_nominal_kwh=float((lost_at_nodes(record, flow).real.sum(axis=0) * hours).sum()) - lost,
        given_kwh=float((np.maximum(record.devices.real, 0.0) * record.live * hours).sum()),
        unsupplied_kwh=unsupplied,
        dead_bus_kwh=float((np.abs(record.devices.real) * ~record.live * hours).sum()),
        ratings=(int(known.sum()), int((~known).sum())),
        breaches=tuple(breaches),
    )


def _stamps(record: Record, intervals: Index) -> str:
    """When intervals begin, the first ones by name."""
    named = ", ".join(stamp(record.case, int(t)) for t in intervals[:NAMED])
    return named if intervals.size <= NAMED else f"{named} and {intervals.size - NAMED} more"


def losses(record: Record, flow: Flow) -> Array:
    """Active losses of all legs in kW, where the flow converged, shape (T,)."""
    return np.where(flow.converged, (flow.entered - flow.arrived).real.sum(axis=0), 0.0)


def forming_now(record: Record, flow: Flow) -> Mask:
    """Where and when a phase of a source holds its island, (sources, 3, T)."""
    found = np.zeros(flow.given.shape, dtype=bool)
    islands, sources = record.islands, np.flatnonzero(record.sources.forming)
    for rank, nodes in enumerate(islands.former_nodes):
        for node in nodes:
            phase = PHASES.index(record.feeder.nodes[node][1])
            found[sources[rank], phase] |= islands.former[node] == rank
    return found & flow.converged


def beyond(record: Record, flow: Flow) -> Array:
    """What forming sources give beyond the plan in kW, all phases of a source together, shape (T,)."""
    gap = np.where(forming_now(record, flow), (flow.given - record.source_power).real, 0.0)
    return np.asarray(np.maximum(gap.sum(axis=1), 0.0).sum(axis=0))


def extreme(record: Record, voltage: Array, live: Mask, sign: float) -> Extreme | None:
    """The highest (sign 1) or lowest (-1) live voltage."""
    if not live.any():
        return None
    at = np.unravel_index(int(np.where(live, sign * voltage, -np.inf).argmax()), voltage.shape)
    where = f"{record.feeder.node_name(int(at[0]))}, {stamp(record.case, int(at[1]))}"
    return Extreme(float(voltage[at]), where)


def voltages(record: Record, flow: Flow, live: Mask) -> list[Breach]:
    """Nodes outside their band."""
    names = [record.feeder.node_name(node) for node in range(len(record.feeder.nodes))]
    low, high = record.feeder.vmin_pu[:, None], record.feeder.vmax_pu[:, None]
    under = _by_thing(record, "voltage too low", names, np.where(live, low - flow.voltage, 0.0), -1.0, low, "p.u.")
    over = _by_thing(record, "voltage too high", names, np.where(live, flow.voltage - high, 0.0), 1.0, high, "p.u.")
    return under + over


def ratings(record: Record, flow: Flow) -> list[Breach]:
    """Legs beyond a known rating, at the end that carries more."""
    legs, branches = record.feeder.legs, record.feeder.branches
    rating = np.array([branches[leg.branch].rating_kva for leg in legs], dtype=float)[:, None]
    carried = np.maximum(np.abs(flow.entered), np.abs(flow.arrived))
    excess = np.where(np.isfinite(rating), carried - np.where(np.isfinite(rating), rating, 0.0), 0.0)
    names = [record.feeder.leg_name(leg) for leg in range(len(legs))]
    room = np.maximum(LEAST_KW, POWER_ROOM * np.where(np.isfinite(rating), rating, 0.0))
    return _by_thing(record, "overload", names, excess, 1.0, rating, "kVA", room)


def formers(record: Record, flow: Flow) -> list[Breach]:
    """Forming sources that give another power than the plan has, or more than they can."""
    held = forming_now(record, flow)
    names = [record.sources.name(row) for row in range(len(record.sources.names))]
    total = np.where(held, flow.given - record.source_power, 0.0).sum(axis=1)
    stated = np.where(held, np.abs(record.source_power), 0.0).sum(axis=1)
    room = np.maximum(LEAST_KW, POWER_ROOM * stated)
    meant = np.where(held, record.source_power.real, 0.0).sum(axis=1)
    found = _by_thing(record, MORE, names, total.real, 1.0, meant, "kW", room)
    kva = record.sources.phase_kva[:, None, None]
    excess = np.where(held & np.isfinite(kva), np.abs(flow.given) - kva, 0.0).max(axis=1)
    limit = kva[:, 0]
    room = np.maximum(LEAST_KW, POWER_ROOM * np.where(np.isfinite(limit), limit, 0.0))
    return found + _by_thing(record, "source beyond its rating", names, excess, 1.0, limit, "kVA per phase", room)


def _by_thing(
    record: Record, kind: str, names: list[str], excess: Array, sign: float, limit: Array, unit: str,
    room: Array | float = VOLTAGE_ROOM,
) -> list[Breach]:  # fmt: skip
    """One breach for each thing whose excess is above the room, at its worst time, the worst thing first."""
    over = excess > room
    found = []
    for row in np.flatnonzero(over.any(axis=1)):
        t = int(np.where(over[row], excess[row], -np.inf).argmax())
        own = float(np.broadcast_to(limit, excess.shape)[row, t])
        where = f"{names[row]}, {stamp(record.case, t)}"
        found.append((float(excess[row, t]), Breach(kind, where, own + sign * float(excess[row, t]), own, unit,
                                                    int(over[row].sum()))))  # fmt: skip
    return [breach for _, breach in sorted(found, key=lambda pair: -pair[0])]
