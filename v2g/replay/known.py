"""What the audit reads from a case alone, once, whatever plan it looks at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from v2g.case import Case
from v2g.replay.clock import interval_hours
from v2g.replay.feeder import Feeder, read_feeder
from v2g.replay.fleet import Fleet, read_fleet
from v2g.replay.fuel import Tanks, read_tanks
from v2g.replay.islands import Islands, find_islands
from v2g.replay.loads import Loads, read_loads
from v2g.replay.sites import Sites, read_sites
from v2g.replay.sources import Sources, read_sources
from v2g.replay.verdict import Array, Mask


@dataclass(frozen=True)
class Known:
    """The devices of a case on its grid of intervals."""

    case: Case

    @cached_property
    def hours(self) -> Array:
        """Length of each interval in h, shape (T,)."""
        return interval_hours(self.case)

    @cached_property
    def feeder(self) -> Feeder:
        """Nodes, branches and legs of the case."""
        return read_feeder(self.case)

    @cached_property
    def islands(self) -> Islands:
        """Components and their references."""
        return find_islands(self.case, self.feeder, self.fleet)

    @cached_property
    def live(self) -> Mask:
        """Whether each node is live, shape (nodes, T)."""
        return self.islands.live

    @cached_property
    def loads(self) -> Loads:
        """The loads of the case."""
        return read_loads(self.case, self.feeder)

    @cached_property
    def fleet(self) -> Fleet:
        """The vehicles of the case."""
        return read_fleet(self.case)

    @cached_property
    def sources(self) -> Sources:
        """The sources of the case."""
        return read_sources(self.case, self.feeder)

    @cached_property
    def sites(self) -> Sites:
        """The sites of the case."""
        return read_sites(self.case)

    @cached_property
    def tanks(self) -> Tanks:
        """The tanks of the case."""
        return read_tanks(self.case)
