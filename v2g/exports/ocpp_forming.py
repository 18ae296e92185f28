"""When each charger keeps an island alive that would be dark without it."""

from __future__ import annotations

import numpy as np

from v2g.exports.ocpp_sessions import seconds
from v2g.handover.spans import where
from v2g.replay.record import Record

Spans = tuple[tuple[int, int], ...]
"""From, until, in seconds after the start of the case."""


def forming_spans(record: Record) -> list[Spans]:
    """Spans in which each charger is the one that forms an island, in the order of the case; () for all others."""
    fleet, islands, edge = record.fleet, record.islands, seconds(record.case)
    found: list[Spans] = [()] * len(fleet.chargers)
    stations = np.flatnonzero(fleet.station).tolist()
    first_rank = len(islands.former_nodes) - len(stations)  # chargers are the last of the formers
    for rank, row in enumerate(stations, start=first_rank):
        mine = islands.former[islands.former_nodes[rank][0]] == rank
        found[row] = tuple((int(edge[first]), int(edge[last])) for first, last in where(mine))
    return found
