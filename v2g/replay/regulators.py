"""Taps that may move: the range of each leg from the case, what the plan says of it, and the step that it stands on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from v2g.case import Case
from v2g.replay.columns import flags, numbers, texts
from v2g.replay.feeder import PHASES, Feeder
from v2g.replay.tables import Sheet, codes_of, lay_out
from v2g.replay.verdict import Array, Index

STEP = 0.00625
"""Of a regulator with 32 steps of 5/8 percent, where the case says nothing else."""
ON_STEP = 1e-4
"""As part of a step: a ratio that is so near is one."""


@dataclass(frozen=True)
class Regulators:
    """Legs whose taps move, (regulators,), with their ratios as given, lowest, highest, and from step to step.

    ``ganged`` says of each the one before it in a transformer with one tap for all of its phases, else -1.
    """

    leg: Index
    names: tuple[str, ...]
    given: Array
    lowest: Array
    highest: Array
    step: Array
    ganged: Index

    def standing(self, tap: Array) -> Array:
        """Ratios of the plan, (regulators, T), as whole steps.

        One that has left the ratio as given goes on to the next step, as a control does that has to raise or lower the
        voltage until it is within limits; where phases share a tap, it is the step for their mean.
        """
        given, lowest, step = (values[:, None] for values in (self.given, self.lowest, self.step))
        shared = self._shared(tap)
        count = (shared - lowest) / step
        count = np.where(shared > given, np.ceil(count - ON_STEP), np.floor(count + ON_STEP))
        on_step = np.clip(lowest + count * step, lowest, self.highest[:, None])
        return np.where(np.abs(shared - given) <= ON_STEP * step, given, on_step)

    def _shared(self, tap: Array) -> Array:
        shared, first = np.array(tap, dtype=float), np.arange(len(self.leg))
        for row, before in enumerate(self.ganged):
            first[row] = first[before] if before >= 0 else row
        for unit in np.unique(first[self.ganged >= 0]):
            shared[first == unit] = shared[first == unit].mean(axis=0)
        return shared


def read_regulators(case: Case, feeder: Feeder) -> Regulators:
    """Of the transformers whose range is given and not empty."""
    table = case.table("transformers")
    low, high = numbers(table, "tap_min"), numbers(table, "tap_max")
    step, ganged = numbers(table, "tap_step", STEP), flags(table, "tap_ganged", False)
    row_of = {name: row for row, name in enumerate(texts(table, "transformer")) if low[row] < high[row]}
    legs: list[int] = []
    rows: list[int] = []
    given: list[float] = []
    before: list[int] = []
    for number, leg in enumerate(feeder.legs):
        branch = feeder.branches[leg.branch]
        if branch.kind != "transformer" or branch.name not in row_of:
            continue
        row = row_of[branch.name]
        before.append(len(rows) - 1 if rows and rows[-1] == row and ganged[row] else -1)
        legs.append(number)
        rows.append(row)
        given.append(branch.tap[PHASES.index(leg.phase)])
    at = np.array(rows, dtype=np.int64)
    return Regulators(
        np.array(legs, dtype=np.int64), tuple(feeder.leg_name(leg) for leg in legs), np.array(given, dtype=float),
        low[at], high[at], step[at], np.array(before, dtype=np.int64),
    )  # fmt: skip


def tap_sheet(case: Case, feeder: Feeder, known: Regulators, frame: pd.DataFrame | None) -> Sheet:
    """What a plan says of taps, (regulators, T); only live ones stand in the table."""
    things = None
    if frame is not None and {"transformer", "phase"} <= set(frame):
        legs = [feeder.legs[leg] for leg in known.leg]
        names = [f"{feeder.branches[leg.branch].name}\n{leg.phase}" for leg in legs]
        things = codes_of(names, frame["transformer"].astype(str) + "\n" + frame["phase"].astype(str))
    return lay_out(case, "taps", frame, things, len(known.leg), ("tap",), complete=False)
