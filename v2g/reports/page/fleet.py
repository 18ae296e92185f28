"""Each vehicle over time, those nearest to their reserve first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from v2g.handover.facts import Facts
from v2g.handover.vehicles import Doing, VehicleAccount, doings
from v2g.replay.verdict import Array
from v2g.reports.page.markup import visible
from v2g.reports.page.packing import Packed, packed, planes, rounded, words32

SOC_STEPS = 200
DOINGS = tuple(Doing)
SHORT_KWH = 1e-6
TENTHS = 10
"""Steps of power in a kW: what people are shown."""


def fleet_data(facts: Facts) -> dict[str, Any]:
    """Columns of vehicles, what they do when and where, and figures of the whole fleet."""
    spare = {one.name: _least_spare(one) for one in facts.vehicles}
    ordered = sorted(facts.vehicles, key=lambda one: (-one.short_kwh, spare[one.name]))
    energy = _stacked([one.energy_kwh for one in ordered], facts.case.steps + 1)
    need = _stacked([one.reserve_kwh for one in ordered], facts.case.steps)
    capacity = np.maximum(np.array([one.capacity_kwh for one in ordered]), 1e-9)[:, None]
    return {
        "name": [visible(one.name) for one in ordered],
        "model": coded(one.model for one in ordered), "depot": coded(one.depot for one in ordered),
        "capacity": rounded(capacity[:, 0]), "spare": rounded(np.array([spare[one.name] for one in ordered])),
        "soc": packed(np.clip(np.round(SOC_STEPS * energy / capacity), 0, 255)),
        "below": packed(_short(facts, [one.name for one in ordered])),
        "least": packed(np.clip(np.round(SOC_STEPS * need / capacity), 0, 255)),
        **_acts(ordered), "tenths": _power(facts, [one.name for one in ordered]),
        "energy": rounded(facts.fleet_kwh), "reserve": rounded(facts.reserve_kwh),
    }  # fmt: skip


def _stacked(rows: list[Array], columns: int) -> Array:
    return np.array(rows, dtype=float).reshape(len(rows), columns)


def _least_spare(one: VehicleAccount) -> float:
    """Least energy beyond what its driver needs, at the ends of intervals."""
    return float((one.energy_kwh[1:] - one.reserve_kwh).min(initial=np.inf))


def _short(facts: Facts, names: list[str]) -> Array:
    """Where a vehicle has less than its driver needs, (V, T)."""
    below = facts.record.vehicle_sheet["shortfall_kwh"] > SHORT_KWH
    return np.asarray(below[_rows(facts, names)], dtype=float)


def _power(facts: Facts, names: list[str]) -> list[Packed]:
    """Power of what each vehicle does in each interval, in tenths of a kW."""
    anywhere = np.ones(facts.case.steps, dtype=bool)
    rows = [doings(facts.record.vehicle_sheet, row, anywhere)[1] for row in _rows(facts, names)]
    return planes(np.round(TENTHS * _stacked(rows, facts.case.steps)))


def _rows(facts: Facts, names: list[str]) -> list[int]:
    row = {name: at for at, name in enumerate(facts.record.fleet.names)}
    return [row[name] for name in names]


def coded(words: Iterable[str]) -> dict[str, Any]:
    """A column of few different words: those, and which of them each row has."""
    row: dict[str, int] = {}
    codes = [row.setdefault(visible(word), len(row)) for word in words]
    return {"words": list(row), "at": codes}


def _acts(ordered: list[VehicleAccount]) -> dict[str, Any]:
    """From which interval on a vehicle does what, where; ``begin`` is where its rows start."""
    begin, first, doing, where = [0], [], [], []
    for one in ordered:
        for visit in one.visits:
            for act in visit.acts:
                first.append(act.first)
                doing.append(DOINGS.index(act.doing))
                where.append(visit.charger or visit.site)
        begin.append(len(first))
    places = coded(where)
    return {
        "begin": words32(begin), "first": words32(first), "doing": packed(np.array(doing)),
        "where": words32(places["at"]), "places": places["words"],
    }  # fmt: skip
