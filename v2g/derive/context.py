"""What every device may ask about the case: nodes, points of connection, live buses, availability."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from v2g.affine import Floats, Ints
from v2g.case import Case
from v2g.derive.feeder import Feeder, build
from v2g.derive.islands import Islands, find
from v2g.derive.losses import Losses, losses
from v2g.derive.mobility import Mobility, mobility
from v2g.derive.places import Places, Told, column, places
from v2g.derive.timeline import Timeline, read
from v2g.language import Part, param

DELTA_SHIFT = 0.5 / 3.0**0.5
POSITIVE_SEQUENCE = ("ab", "bc", "ca")
DIRECTIONS = 32
MET_IN = ("loads", "vehicles", "chargers", "sites")
"""Tables whose rows are index sets of the case."""
STATIONS = "stations"
"""Chargers that can form an island, as sources of their own."""


@dataclass(frozen=True)
class Links:
    """Points of connection of a table: for each, its unit (row), node, and shares of the unit's power.

    Active power at the node is ``share P + cross Q``, reactive power ``share Q - cross P``.
    """

    unit: Ints
    node: Ints
    share: Floats
    cross: Floats
    labels: list[str]


class Context:
    """One case, and the index sets found so far."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.timeline: Timeline = read(case)
        self.feeder: Feeder = build(case, self.timeline)
        starts = [f"{t:%Y-%m-%d %H:%M}" for t in case.boundaries]
        top = int(case.table("loads")["tier"].max()) if len(case.table("loads")) else 0
        self.sets: dict[str, Any] = {
            "intervals": starts[:-1],
            "points": starts,
            "nodes": self.feeder.nodes,
            "tiers": [str(r) for r in range(1, max(top, 1) + 1)],
            "directions": [f"{360 * h / DIRECTIONS:g} deg" for h in range(DIRECTIONS)],
            **{table: list(case.table(table).get(table[:-1], ())) for table in MET_IN},
        }
        self._links: dict[str, Links] = {}

    @cached_property
    def places(self) -> Places:
        """Where each vehicle stands in each interval."""
        return places(self.case)

    @cached_property
    def mobility(self) -> Mobility:
        """What drivers need, and what untouched vehicles would have."""
        return mobility(self.case, self.places)

    @cached_property
    def losses(self) -> Losses:
        """What an AC solution adds, if the case carries one."""
        return losses(self.case, self.feeder)

    @cached_property
    def islands(self) -> Islands:
        """Live parts of the feeder in each interval."""
        return find(self.case, self.feeder, self.formed_by_vehicles)

    @cached_property
    def formed_by_vehicles(self) -> Floats:
        """One where a charger can form an island: some vehicle that may give is there all the time. (chargers, T)"""
        case, where = self.case, self.places
        forming = np.append(column(case, "chargers", "forming"), 0.0)[where.charger] > 0.0
        post = np.append(column(case, "chargers", "discharge_kw"), 0.0)[where.charger]
        gives = np.minimum(post, column(case, "vehicles", "discharge_kw")[:, None]) > 0.0
        able = forming & gives & (where.share >= 1.0 - 1e-9) & ~self.mobility.muted
        out = np.zeros((len(case.table("chargers")), case.steps))
        vehicle, interval = np.nonzero(able)
        out[where.charger[vehicle, interval], interval] = 1.0
        return out

    @cached_property
    def load_demand(self) -> Floats:
        """What each load asks for in kW, (loads, T)."""
        table = self.case.table("loads")
        power = column(self.case, "loads", "kw")[:, None]
        return power * self.case.profile(table["profile"]) if len(table) else np.zeros((0, self.case.steps))

    @cached_property
    def load_most(self) -> Floats:
        """The same, or what it draws right after it is picked up, (loads, T)."""
        return self.load_demand * column(self.case, "loads", "pickup_factor", 1.0)[:, None]

    def frame(self, table: str) -> pd.DataFrame:
        """A table of the case, or the stations among its chargers."""
        if table != STATIONS:
            return self.case.table(table)
        posts = self.case.table("chargers")
        return posts[posts["forming"]].reset_index(drop=True) if "forming" in posts else posts.iloc[:0]

    def told(self, **at: Ints) -> Told:
        """Labels of a sparse set whose members have these indices, each in the set of the case it is named after."""
        return Told(tuple((self.sets[name], index) for name, index in at.items()))

    def told_islands(self, node: Ints, interval: Ints) -> list[str]:
        """Labels of islands at intervals, by a node of each."""
        begins = self.sets["intervals"]
        return [f"{self.feeder.nodes[n]}, {begins[t]}" for n, t in zip(node, interval, strict=True)]

    def links(self, table: str) -> Links:
        """Points of connection of all rows of a table."""
        if table not in self._links:
            self._links[table] = self._connect(table)
        return self._links[table]

    def _connect(self, name: str) -> Links:
        table = self.frame(name)
        unit, node, share, cross, labels = [], [], [], [], []
        if len(table):
            connections = table["connection"] if "connection" in table else ["wye"] * len(table)
            names = table.iloc[:, 0]
            for row, (bus, phases, kind) in enumerate(zip(table["bus"], table["phases"], connections, strict=True)):
                for phase, part, shift in phase_shares(phases, kind):
                    unit.append(row)
                    node.append(self.feeder.number[bus, phase])
                    share.append(part)
                    cross.append(shift)
                    labels.append(f"{names.iloc[row]}.{phase}")
        return Links(np.array(unit, int), np.array(node, int), np.array(share, float), np.array(cross, float), labels)

    def live_links(self, table: str) -> Floats:
        """One where a unit may act at a point of connection: all nodes of the unit are live. (links, T)."""
        return self.live_units(table)[self.links(table).unit]

    def live_units(self, table: str) -> Floats:
        """One where all nodes of the unit are live, shape (rows, T)."""
        links = self.links(table)
        live = np.ones((len(self.frame(table)), self.case.steps))
        np.minimum.at(live, links.unit, self.islands.live[links.node].astype(float))
        return live

    def gated_links(self, table: str) -> Floats:
        """One where a point of connection may be alive for a share of an interval only, (links, T).

        Points of one unit that hang on the same formers ask for one row, that of the first of them.
        """
        links, islands = self.links(table), self.islands
        gated = islands.sharing[links.node]
        if gated.any():
            group = islands.group[links.node][:, islands.period]
            for back in (1, 2):
                same = (links.unit[back:] == links.unit[:-back])[:, None] & (group[back:] == group[:-back])
                gated[back:] &= ~same
        return gated * self.live_links(table)

    def available(self, table: str) -> Floats:
        """Share of each interval inside each row's window, times its profile; one without either. (rows, T)."""
        rows = self.frame(table)
        share = np.ones((len(rows), self.case.steps))
        if "from_utc" in rows:
            share = share * self.case.share_of_interval(rows["from_utc"], rows["until_utc"])
        if "profile" in rows:
            share = share * self.case.profile(rows["profile"])
        return share

    def standard(self, part: type[Part]) -> dict[str, Any]:
        """Derived params that mean the same for every device with a place, where it declares them."""
        if not part.links:
            return {}
        links = self.links(part.table)
        asked = {w.name: w for w in part.words(param) if w.letters is not None}
        meanings: dict[str, Callable[[], Any]] = {
            "unit": lambda: links.unit,
            "node": lambda: links.node,
            "share": lambda: links.share,
            "cross": lambda: links.cross,
            "cross_back": lambda: links.cross,
            "live": lambda: self.live_units(part.table),
            "live_link": lambda: self.live_links(part.table),
            "available": lambda: self._scaled(part),
        }
        return {name: make() for name, make in meanings.items() if name in asked}

    def _scaled(self, part: type[Part]) -> Floats:
        """Availability, in the unit of the part's ``rating`` where ``available`` is declared in that unit."""
        share = self.available(part.table)
        words = {w.name: w for w in part.words(param)}
        if words["available"].unit == "1" or "rating" not in words:
            return share
        rows = self.case.table(part.table)
        rating = rows[words["rating"].column_name].to_numpy(float) if len(rows) else np.zeros(0)
        return share * rating[:, None]


def phase_shares(phases: str, connection: str) -> list[tuple[str, float, float]]:
    """(phase, share, cross) of a device on the given phases.

    A wye device draws alike on each phase. A delta device on two phases draws, under balanced
    voltages, ``P/2 + Q/(2 sqrt 3)`` from the first of a pair in positive sequence (ab, bc, ca) and
    ``P/2 - Q/(2 sqrt 3)`` from the second; on three phases the shifts cancel.

    >>> phase_shares("b", "wye")
    [('b', 1.0, 0.0)]
    >>> [(p, s, round(c, 4)) for p, s, c in phase_shares("ca", "delta")]
    [('c', 0.5, 0.2887), ('a', 0.5, -0.2887)]
    """
    share = 1.0 / len(phases)
    if connection == "wye" or len(phases) != 2:
        return [(phase, share, 0.0) for phase in phases]
    sign = 1.0 if phases in POSITIVE_SEQUENCE else -1.0
    return [(phases[0], share, sign * DELTA_SHIFT), (phases[1], share, -sign * DELTA_SHIFT)]


def polygon() -> dict[str, Floats]:
    """Directions of the regular polygon that stands for a disc: cos, sin, and the factor that puts it inside."""
    angle = 2.0 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    cos, sin = (np.where(np.abs(side) < 1e-12, 0.0, side) for side in (np.cos(angle), np.sin(angle)))
    return {"cos": cos, "sin": sin, "inner": np.full(DIRECTIONS, np.cos(np.pi / DIRECTIONS))}
