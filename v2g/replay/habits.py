"""How loads behave when they are switched: what they draw right after pickup, and whether they were dropped."""

from __future__ import annotations

import numpy as np

from v2g.replay.record import Record
from v2g.replay.services import NEARLY, hours_since_start
from v2g.replay.verdict import Array


def share_served(record: Record) -> Array:
    """Useful power over demand, zero where a load asks for nothing, (loads, T)."""
    demand, served = record.loads.demand_kw, record.load_sheet["served_kw"]
    return np.divide(served, demand, out=np.zeros(demand.shape), where=demand > 0)


def earlier(values: Array, demand: Array) -> Array:
    """Values (loads, T) of the interval in which each load asked before; zero before the first."""
    out, last = np.zeros(values.shape), np.zeros(len(values))
    for t in range(values.shape[1]):
        out[:, t] = last
        last = np.where(demand[:, t] > 0, values[:, t], last)
    return out


def surge_needed(record: Record) -> Array:
    """Power beyond demand that pickups cause in kW, (loads, T): every rise of the served share is felt for a while."""
    loads, share = record.loads, share_served(record)
    rise = np.where(loads.demand_kw > 0, np.maximum(0.0, share - earlier(share, loads.demand_kw)), 0.0)
    begin = hours_since_start(record.case)[:-1]
    past = begin[None, :] - begin[:, None]
    felt = np.zeros(share.shape)
    for load in np.flatnonzero(loads.pickup_factor > 1.0):
        still = (past >= 0) & (past < loads.pickup_h[load] - NEARLY)
        felt[load] = rise[load] @ still
    return np.asarray((loads.pickup_factor - 1.0)[:, None] * loads.demand_kw * felt)
