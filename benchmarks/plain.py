"""The vehicles again, as a careful modeller writes them in Pyomo by hand: the opponent of the array reading.

The laws are those of `models/vehicle.py`, the columns, rows and numbers the same: `benchmarks.matrices` compares.
Where a variable does not exist a row has no term for it, so the energy balance is split by what a vehicle may do.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import pyomo.environ as pyo
from v2g.models import TOTALS
from v2g.models.vehicle import Vehicle

from benchmarks.matrices import templates
from v2g.language import param
from v2g.lp import LP, Block
from v2g.problem import Problem

BALANCE = "energy_balance"
LIMITS = {"charge": "charge_limit", "discharge": "discharge_limit", "missed": "deficit"}
MAY = {"charge": "can_charge", "discharge": "can_discharge", "missed": "misses"}
NEEDED = {
    "trip": "travels", "charge_eff": "can_charge", "discharge_eff": "can_discharge", "charge_limit": "can_both",
    "discharge_limit": "can_both",
}  # fmt: skip
"""Numbers by vehicle and interval that the rows use, and where they use them."""
Data = Mapping[str, np.ndarray]


def alone(problem: Problem) -> Problem:
    """The vehicles of a problem, without feeder and policy."""
    return Problem((Vehicle,), TOTALS, problem.numbers)


def build(problem: Problem, *, templatized: bool) -> pyo.ConcreteModel:
    """The vehicle part; templatized, each rule is called once, with letters for indices."""
    data = {word.name: problem.value(Vehicle, word.name) for word in Vehicle.words(param)}
    data |= {"dt": problem.numbers.values["", "dt"], "misses": data["deficit"], "travels": data["trip"]}
    model = pyo.ConcreteModel()
    with templates(templatized):
        _sets(model, data)
        _variables(model, data)
        _rows(model, data, _params(model, data) if templatized else _Plain(data))
    return model


def _sets(model: pyo.ConcreteModel, data: Data) -> None:
    vehicles, points = data["floor"].shape
    model.vehicles, model.points = pyo.RangeSet(0, vehicles - 1), pyo.RangeSet(0, points - 1)
    for name in ("can_charge", "can_discharge", "can_both", "misses", "below"):
        model.add_component(name, pyo.Set(dimen=2, initialize=_pairs(data[name])))


def _pairs(mask: np.ndarray) -> list[tuple[int, int]]:
    return list(zip(*(axis.tolist() for axis in np.nonzero(mask)), strict=True))


class _Plain:
    """Numbers as lists, which plain rules read fastest; indexed by a pair as Pyomo's params are."""

    def __init__(self, data: Data) -> None:
        self.start, self.reserve, self.dt = (data[name].tolist() for name in ("start", "reserve", "dt"))
        for name in NEEDED:
            setattr(self, name, _cells(data[name]))


def _params(model: pyo.ConcreteModel, data: Data) -> pyo.ConcreteModel:
    """Numbers as Pyomo's params, which rules with letters need; only where they are needed."""
    for name in ("start", "reserve", "dt"):
        cells = dict(enumerate(data[name].tolist()))
        model.add_component(name, pyo.Param(pyo.RangeSet(0, len(cells) - 1), initialize=cells, within=pyo.Any))
    for name, where in NEEDED.items():
        here = np.nonzero(data[where])
        cells = dict(zip(_pairs(data[where]), data[name][here].tolist(), strict=True))
        index = pyo.Set(dimen=2, initialize=list(cells)) if where == "travels" else model.component(where)
        model.add_component(name, pyo.Param(index, initialize=cells, within=pyo.Any))
    return model


def _cells(values: np.ndarray) -> dict[tuple[int, int], float]:
    return dict(zip(product(*map(range, values.shape)), values.ravel().tolist(), strict=True))


def _variables(model: pyo.ConcreteModel, data: Data) -> None:
    for name, limit in LIMITS.items():
        upper = data[limit].tolist()
        where = model.component(MAY[name])
        model.add_component(name, pyo.Var(where, bounds=lambda _, v, t, upper=upper: (0.0, upper[v][t])))
    floor, capacity, reserve = (data[name].tolist() for name in ("floor", "capacity", "reserve"))
    model.energy = pyo.Var(model.vehicles, model.points, bounds=lambda _, v, k: (floor[v][k], capacity[v]))
    model.shortfall = pyo.Var(model.below, bounds=lambda _, v, k: (0.0, reserve[v]))


def _rows(model: pyo.ConcreteModel, data: Data, given: Any) -> None:
    model.energy_start = pyo.Constraint(model.vehicles, rule=lambda m, v: m.energy[v, 0] == given.start[v])
    kinds = (*MAY.values(), "travels")
    for pattern in product((False, True), repeat=len(kinds)):
        here = np.logical_and.reduce([(data[kind] != 0) == on for kind, on in zip(kinds, pattern, strict=True)])
        if here.any():
            name = "_".join([BALANCE, *("01"[on] for on in pattern)])
            model.add_component(name, pyo.Constraint(_pairs(here), rule=_balance(given, *pattern)))
    model.one_way = pyo.Constraint(
        model.can_both,
        rule=lambda m, v, t: (
            m.charge[v, t] / given.charge_limit[v, t] + m.discharge[v, t] / given.discharge_limit[v, t] <= 1
        ),
    )
    model.reserve_short = pyo.Constraint(
        model.below, rule=lambda m, v, k: m.shortfall[v, k] >= given.reserve[v] - m.energy[v, k]
    )


def _balance(given: Any, charges: bool, discharges: bool, misses: bool, travels: bool) -> Any:
    """Energy is kept, for vehicles that may or may not charge, discharge, miss a trip and travel in the interval."""

    def rule(m: Any, v: Any, t: Any) -> Any:
        after = m.energy[v, t]
        if charges:
            after = after + given.dt[t] * given.charge_eff[v, t] * m.charge[v, t]
        if discharges:
            after = after - given.dt[t] / given.discharge_eff[v, t] * m.discharge[v, t]
        if travels:
            after = after - given.trip[v, t]
        return m.energy[v, t + 1] == (after + m.missed[v, t] if misses else after)

    return rule


def places(lp: LP, form: Any) -> tuple[np.ndarray, np.ndarray]:
    """Column and row of the array reading for each column and row of a compiled model, by name and index."""
    columns = [_place(lp.layout.columns, v.parent_component().name, v.index()) for v in form.columns]
    rows = [
        _place(lp.layout.rows, entry.constraint.parent_component().name, entry.constraint.index())
        for entry in form.rows
    ]
    return np.array(columns), np.array(rows)


def _place(blocks: Mapping[tuple[str, str], Block], name: str, index: Any) -> int:
    block = blocks[Vehicle.table, BALANCE if name.startswith(BALANCE) else name]
    flat = int(np.ravel_multi_index(index if isinstance(index, tuple) else (index,), block.shape))
    return block.first + (flat if block.flat is None else int(np.searchsorted(block.flat, flat)))
