"""Taps that can move: which legs they are of, and how far they go from the tap as given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from v2g.affine import Floats, Ints
from v2g.case import Case
from v2g.derive.context import Context
from v2g.derive.losses import TAPS, intervals, rows


@dataclass(frozen=True)
class Regulators:
    """Legs whose taps move, (regulators,), with the lowest and the highest ratio in each interval, (regulators, T).

    ``given`` is the tap of the case; ``beside`` the phase before it in a transformer with one tap for all, else itself.
    """

    leg: Ints
    given: Floats
    lowest: Floats
    highest: Floats
    beside: Ints


def regulators(context: Context) -> Regulators:
    """Of a case; one that an AC solution has put on a step stays there."""
    case, feeder = context.case, context.feeder
    units = case.table("transformers")
    moving = units[units["tap_min"] < units["tap_max"]] if "tap_min" in units else units.iloc[:0]
    unit_of = {unit["transformer"]: unit for unit in moving.to_dict("records")}
    own = zip(feeder.element, feeder.kind, feeder.leg_phase, strict=True)
    legs = [leg for leg, (name, kind, _) in enumerate(own) if kind == "transformer" and name in unit_of]
    found = [unit_of[feeder.element[leg]] for leg in legs]
    given = np.array([unit[f"tap_{feeder.leg_phase[leg]}"] for leg, unit in zip(legs, found, strict=True)], float)
    lowest, highest = (
        np.array([[unit[end]] * case.steps for unit in found], float).reshape(len(legs), case.steps)
        for end in ("tap_min", "tap_max")
    )
    _stand(case, [feeder.legs[leg] for leg in legs], lowest, highest)
    beside = [at - 1 if at and unit is found[at - 1] and unit["tap_ganged"] else at for at, unit in enumerate(found)]
    return Regulators(np.array(legs, int), given, lowest, highest, np.array(beside, int))


def _stand(case: Case, names: list[str], lowest: Floats, highest: Floats) -> None:
    """Narrow the range to the step on which an AC solution was found."""
    table = case.table(TAPS)
    if len(table):
        at = rows(table["transformer"] + "." + table["phase"], names), intervals(case, table)
        lowest[at] = highest[at] = table["tap"]


def derive(context: Context, vmax: Floats) -> dict[str, Any]:
    """What the network asks of its regulators; ``vmax`` is the highest voltage of each node."""
    found, feeder = regulators(context), context.feeder
    context.sets["regulated"] = [feeder.legs[leg] for leg in found.leg]
    square = np.square(found.given)[:, None]
    feeding = np.zeros(len(feeder.legs))
    np.add.at(feeding, feeder.end_leg, feeder.end_weight * np.square(vmax)[feeder.end_node])
    live = (feeder.closed & context.islands.live[feeder.to_node])[found.leg].astype(float)
    up, down = np.square(found.highest) / square - 1.0, np.square(found.lowest) / square - 1.0
    most = feeding[found.leg][:, None]
    return {
        "moved_leg": found.leg,
        "most_up": up,
        "most_down": down,
        "room_up": np.maximum(up, 0.0) * most,
        "room_down": np.maximum(-down, 0.0) * most,
        "regulating": live,
        "beside": found.beside,
        "ganged": live * (found.beside != np.arange(found.leg.size))[:, None],
    }
