"""The vehicles again, as a careful modeller writes them in Pyomo by hand: the opponent of the array reading.

The laws are those of `models/vehicle.py`, the columns, rows and numbers the same: `benchmarks.matrices` compares.
Where a variable does not exist a row has no term for it, so the energy balance is split by what a vehicle may do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from typing import Any

import numpy as np
import pyomo.core.base.constraint as switch
import pyomo.environ as pyo
from v2g.models import TOTALS
from v2g.models.vehicle import Vehicle

from v2g.lp import LP, Block
from v2g.problem import Problem

BALANCE = "energy_balance"
PARAMS = ("start", "reserve", "trip", "charge_limit", "discharge_limit", "charge_eff", "discharge_eff")
WHERE = {"charge": "can_charge", "discharge": "can_discharge", "missed": "deficit"}


def alone(problem: Problem) -> Problem:
    """The vehicles of a problem, without feeder and policy."""
    return Problem((Vehicle,), TOTALS, problem.numbers)


def build(problem: Problem, *, templatized: bool) -> pyo.ConcreteModel:
    """The vehicle part; templatized, each rule is called once, with letters for indices."""
    data = {name: problem.value(Vehicle, name) for name in (*PARAMS, *WHERE.values(), "floor", "capacity", "below")}
    data["dt"] = problem.numbers.values["", "dt"]
    model = pyo.ConcreteModel()
    with _switched(templatized):
        _variables(model, data)
        _rows(model, data, _numbers(model, data) if templatized else _Plain(data))
    return model


@contextmanager
def _switched(on: bool) -> Iterator[None]:
    before, switch.TEMPLATIZE_CONSTRAINTS = switch.TEMPLATIZE_CONSTRAINTS, on
    try:
        yield
    finally:
        switch.TEMPLATIZE_CONSTRAINTS = before


class _Plain:
    """Numbers as dictionaries, which plain rules read fastest."""

    def __init__(self, data: Mapping[str, np.ndarray]) -> None:
        for name in (*PARAMS, "dt"):
            setattr(self, name, _cells(data[name]))


def _numbers(model: pyo.ConcreteModel, data: Mapping[str, np.ndarray]) -> pyo.ConcreteModel:
    """Numbers as Pyomo's params, which rules with letters need."""
    for name in (*PARAMS, "dt"):
        cells = _cells(data[name])
        model.add_component(name, pyo.Param(list(cells), initialize=cells, within=pyo.Any))
    return model


def _cells(values: np.ndarray) -> dict[Any, float]:
    indices = product(*map(range, values.shape)) if values.ndim > 1 else range(values.size)
    return dict(zip(indices, values.ravel().tolist(), strict=True))


def _pairs(mask: np.ndarray) -> list[tuple[int, int]]:
    return list(zip(*(axis.tolist() for axis in np.nonzero(mask)), strict=True))


def _variables(model: pyo.ConcreteModel, data: Mapping[str, np.ndarray]) -> None:
    limits = {"charge": "charge_limit", "discharge": "discharge_limit", "missed": "deficit"}
    for name, limit in limits.items():
        upper = _cells(data[limit])
        model.add_component(
            name, pyo.Var(_pairs(data[WHERE[name]]), bounds=lambda _, v, t, upper=upper: (0.0, upper[v, t]))
        )
    floor, capacity, reserve = _cells(data["floor"]), _cells(data["capacity"]), _cells(data["reserve"])
    model.energy = pyo.Var(list(floor), bounds=lambda _, v, k: (floor[v, k], capacity[v]))
    model.shortfall = pyo.Var(_pairs(data["below"]), bounds=lambda _, v, k: (0.0, reserve[v]))


def _rows(model: pyo.ConcreteModel, data: Mapping[str, np.ndarray], given: Any) -> None:
    model.energy_start = pyo.Constraint(
        range(data["start"].size), rule=lambda m, v: m.energy[v, 0] == given.start[v]
    )
    for pattern in product((False, True), repeat=len(WHERE)):
        here = np.logical_and.reduce([(data[w] != 0) == on for w, on in zip(WHERE.values(), pattern, strict=True)])
        if here.any():
            name = "_".join([BALANCE, *("01"[on] for on in pattern)])
            model.add_component(name, pyo.Constraint(_pairs(here), rule=_balance(given, *pattern)))
    both = (data["can_charge"] != 0) & (data["can_discharge"] != 0)
    model.one_way = pyo.Constraint(
        _pairs(both),
        rule=lambda m, v, t: m.charge[v, t] / given.charge_limit[v, t] + m.discharge[v, t] / given.discharge_limit[v, t]
        <= 1,
    )
    model.reserve_short = pyo.Constraint(
        _pairs(data["below"]), rule=lambda m, v, k: m.shortfall[v, k] >= given.reserve[v] - m.energy[v, k]
    )


def _balance(given: Any, charges: bool, discharges: bool, misses: bool) -> Any:
    """Energy is kept, for vehicles that may or may not charge, discharge and miss a trip in the interval."""

    def rule(m: Any, v: Any, t: Any) -> Any:
        gain = given.charge_eff[v, t] * m.charge[v, t] if charges else 0
        if discharges:
            gain = gain - m.discharge[v, t] / given.discharge_eff[v, t]
        after = m.energy[v, t] + given.dt[t] * gain - given.trip[v, t]
        return m.energy[v, t + 1] == (after + m.missed[v, t] if misses else after)

    return rule


def places(lp: LP, form: Any) -> tuple[np.ndarray, np.ndarray]:
    """Column and row of the array reading for each column and row of a compiled model, by name and index."""
    columns = [_place(lp.layout.columns, v.parent_component().name, v.index()) for v in form.columns]
    rows = [_place(lp.layout.rows, entry.constraint.parent_component().name, entry.constraint.index()) for entry in form.rows]
    return np.array(columns), np.array(rows)


def _place(blocks: Mapping[tuple[str, str], Block], name: str, index: Any) -> int:
    block = blocks[Vehicle.table, BALANCE if name.startswith(BALANCE) else name]
    flat = int(np.ravel_multi_index(index if isinstance(index, tuple) else (index,), block.shape))
    return block.first + (flat if block.flat is None else int(np.searchsorted(block.flat, flat)))
