"""Energy in a store, integrated from its powers, for vehicles and batteries alike."""

from __future__ import annotations

import numpy as np

from v2g.replay.verdict import Array


def energy_change(
    charge_kw: Array, discharge_kw: Array, charge_eff: Array, discharge_eff: Array, hours: Array,
    used_kwh: Array | float = 0.0,
) -> Array:  # fmt: skip
    """Change of stored energy over each interval in kWh: what arrives, less what leaves and what is used."""
    return np.asarray((charge_eff * charge_kw - discharge_kw / discharge_eff) * hours[None, :] - used_kwh)


def integrated(start_kwh: Array, change_kwh: Array) -> Array:
    """Energy at the end of each interval in kWh, summed up from the start, (stores, T)."""
    return np.asarray(start_kwh[:, None] + np.cumsum(change_kwh, axis=1))


def steps_passed(change_kwh: Array) -> Array:
    """Number of intervals summed up to the end of each, (1, T)."""
    return np.arange(1.0, change_kwh.shape[1] + 1.0)[None, :]


def hull_excess(charge_kw: Array, discharge_kw: Array, charge_max: Array, discharge_max: Array) -> Array:
    """How far the shares of the two limits add up to more than one; where a limit is zero its power is not counted."""
    charging = np.divide(charge_kw, charge_max, out=np.zeros(charge_kw.shape), where=charge_max > 0)
    giving = np.divide(discharge_kw, discharge_max, out=np.zeros(charge_kw.shape), where=discharge_max > 0)
    return np.where((charge_max > 0) & (discharge_max > 0), charging + giving - 1.0, 0.0)
