"""Controls of regulators as an OpenDSS file has them, acting on the voltages of the linear model.

Each measures the voltage behind it, less the drop of its line-drop compensator, and steps its tap from neutral until
that is within its band, as the engine's do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.feeder_flows import Flows
from v2g.replay.verdict import Array
from v2g.replay.voltage import given_taps

STATEMENT = re.compile(r"^\s*new\s+regcontrol\.\S+\s+(.*)$", re.IGNORECASE | re.MULTILINE)
STEPS = 200
"""Moves of any tap after which the controls count as hunting."""


@dataclass(frozen=True)
class Control:
    """One RegControl: volts it holds, their band, ratios of what measures, compensator in volts at full current."""

    vreg: float
    band: float
    ptratio: float
    ctprim: float
    compensator: complex


def controls(file: Path) -> dict[str, Control]:
    """Those of a file by the transformer that they move; every property on the line that makes it."""
    found = {}
    for (text,) in (match.groups() for match in STATEMENT.finditer(file.read_text())):
        words = dict(part.lower().split("=", 1) for part in text.split() if "=" in part)
        vreg, band, pt, ct, r, x = (float(words[key]) for key in ("vreg", "band", "ptratio", "ctprim", "r", "x"))
        found[words["transformer"]] = Control(vreg, band, pt, ct, complex(r, x))
    return found


def regulated(flows: Flows, acting: dict[str, Control]) -> Array:
    """Voltage of each node in per unit by the linear model, once no control moves its tap any more."""
    feeder, taps = flows.feeder, given_taps(flows.feeder, 1)
    known = flows.regulators
    names = [feeder.branches[feeder.legs[leg].branch].name for leg in known.leg]
    taps[known.leg] = 1.0
    for _ in range(STEPS):
        w, flow = flows.rest(taps)
        for row, leg in enumerate(known.leg):
            moved = _moved(acting[names[row]], taps[leg, 0], known.step[row], _measured(flows, int(leg), w, flow))
            if moved != taps[leg, 0]:
                taps[leg, 0] = np.clip(moved, known.lowest[row], known.highest[row])
                break
        else:
            return np.asarray(np.sqrt(np.maximum(w[:, 0], 0.0)) * flows.islands.live[:, 0])
    raise RuntimeError(f"Regulators of {flows.case.name} do not come to rest.")


def _measured(flows: Flows, leg: int, w: Array, flow: np.ndarray) -> tuple[float, complex]:
    """Volts behind a leg and amperes through it, in phase with each other's phase."""
    node = flows.feeder.legs[leg].to
    volts = 1000.0 * flows.kv[node] * float(np.sqrt(max(w[node, 0], 0.01)))
    return volts, complex(np.conj(1000.0 * flow[leg, 0] / volts))


def _moved(control: Control, tap: float, step: float, at: tuple[float, complex]) -> float:
    """The tap after a control has acted: as many whole steps as it lacks volts, and at least one outside its band."""
    volts, amperes = at
    seen = abs(volts / control.ptratio - control.compensator * amperes / control.ctprim)
    lacking = control.vreg - seen
    if abs(lacking) <= control.band / 2.0:
        return tap
    count = max(1.0, np.floor(abs(lacking) / (step * seen / tap)))
    return float(tap + np.sign(lacking) * count * step)
