"""Who lives on a vehicle through its charger: loads in its building, or in the island that it feeds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from v2g.handover.spans import where
from v2g.handover.vehicles import LEAST_KW, Doing, Visit
from v2g.replay.feeder import Terminals
from v2g.replay.record import Record
from v2g.replay.verdict import Index, Mask


@dataclass(frozen=True)
class Feeding:
    """Who is fed by whom in a plan."""

    record: Record

    def live(self, visit: Visit) -> bool:
        """Whether the charger of a visit is ever supplied from the feeder meanwhile."""
        node = int(self._charger_node[self._charger_row[visit.charger]]) if visit.charger else -1
        return node >= 0 and bool((self.record.islands.former[node, visit.first : visit.last] >= 0).any())

    def fed(self, vehicle: int, visit: Visit) -> tuple[str, ...]:
        """Loads that get power through the charger of a visit while the vehicle gives, most critical first: critical
        ones on the feeder, all in a building."""
        gives = np.zeros(self.record.case.steps, dtype=bool)
        ways = set()
        for act in visit.acts:
            if act.doing in (Doing.FEEDER, Doing.BUILDING):
                gives[act.first : act.last] = True
                ways.add(act.doing)
        if not ways or not visit.charger:
            return ()
        mask = np.zeros(len(self.record.loads.names), dtype=bool)
        if Doing.FEEDER in ways:
            mask |= self._in_island(self._charger_row[visit.charger], gives)
        if Doing.BUILDING in ways:
            mask |= self._in_building(visit.site, gives)
        return tuple(self.record.loads.names[row] for row in self._ranked if mask[row])

    def holds(self, visit: Visit) -> Iterator[tuple[int, int]]:
        """Spans of a visit in which its charger forms an island that would be dark without it."""
        if visit.charger and self._former_rank.get(visit.charger) is not None:
            rank = self._former_rank[visit.charger]
            node = self.record.islands.former_nodes[rank][0]
            mine = np.zeros(self.record.case.steps, dtype=bool)
            mine[visit.first : visit.last] = self.record.islands.former[node, visit.first : visit.last] == rank
            yield from where(mine)

    @cached_property
    def _ranked(self) -> list[int]:
        """Rows of loads, the most critical first."""
        loads = self.record.loads
        rows = range(len(loads.names))
        return sorted(rows, key=lambda row: (not loads.critical[row], int(loads.tier[row])))

    @cached_property
    def _charger_row(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.record.fleet.chargers)}

    @cached_property
    def _former_rank(self) -> dict[str, int]:
        """Rank among formers of each charger that can form an island; chargers are the last of them."""
        fleet, formers = self.record.fleet, len(self.record.islands.former_nodes)
        rows = np.flatnonzero(fleet.station).tolist()
        return {fleet.chargers[row]: formers - len(rows) + position for position, row in enumerate(rows)}

    @cached_property
    def _charger_node(self) -> Index:
        """A node of each charger, -1 off the feeder."""
        return _first_nodes(self.record.feeder.terminals(self.record.case.table("chargers")))

    @cached_property
    def _load_node(self) -> Index:
        """A node of each load, -1 off the feeder."""
        return _first_nodes(self.record.loads.terminals)

    @cached_property
    def _from_feeder(self) -> Mask:
        """Where a critical load gets power from the feeder, (loads, T)."""
        return np.asarray((self.record.feeder_part > LEAST_KW) & self.record.loads.critical[:, None])

    @cached_property
    def _islands_fed(self) -> dict[tuple[int, bytes], Mask]:
        return {}

    def _in_island(self, charger: int, gives: Mask) -> Mask:
        node = int(self._charger_node[charger])
        key = (node, gives.tobytes())
        if key not in self._islands_fed:
            former, on_feeder = self.record.islands.former, self._load_node >= 0
            same = former[self._load_node][:, gives] == former[node, gives]
            fed = (same & self._from_feeder[:, gives]).any(axis=1)
            self._islands_fed[key] = np.asarray(fed & on_feeder & (node >= 0))
        return self._islands_fed[key]

    def _in_building(self, site: str, gives: Mask) -> Mask:
        loads = self.record.loads
        here = np.asarray(loads.site == self._site_row.get(site, -2))
        return np.asarray(here & (self.record.load_sheet["v2h_kw"][:, gives] > LEAST_KW).any(axis=1))

    @cached_property
    def _site_row(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.record.sites.names)}


def _first_nodes(terminals: Terminals) -> Index:
    """The first node of each device; -1 for one that hangs on none."""
    found = np.full(terminals.count, -1, dtype=np.int64)
    found[terminals.device[::-1]] = terminals.node[::-1]
    return found
