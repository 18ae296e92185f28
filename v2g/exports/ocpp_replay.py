"""Profiles read back: what a station that follows its messages takes, whoever wrote them.

Of the profiles of a plug that hold at a time, the one of the highest stack level counts. A cap counts as its power.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from v2g.case import Case
from v2g.replay.clock import edges
from v2g.replay.verdict import Array

NANO = 1_000_000_000


@dataclass(frozen=True)
class _Held:
    """A period of a profile: from, until in UTC nanoseconds, and kW."""

    plug: int
    level: int
    start: int
    end: int
    kw: float


def replayed(case: Case, lines: Iterable[str]) -> Array:
    """Mean kW that a station takes (negative = gives) in each interval of a case, shape (T,).

    ``lines`` are its SetChargingProfile requests in JSON, of OCPP 1.6, 2.0.1 or 2.1, in W and absolute.
    Raises ValueError for those that are not.
    """
    held = [period for line in lines if line.strip() for period in _periods(json.loads(line))]
    edge, energy = edges(case), np.zeros(case.steps)
    for plug in {period.plug for period in held}:
        own = sorted((period for period in held if period.plug == plug), key=lambda period: -period.level)
        cuts = sorted({int(e) for e in edge} | {moment for period in own for moment in (period.start, period.end)})
        for start, end in pairwise(cuts):
            kw = next((period.kw for period in own if period.start <= start and end <= period.end), 0.0)
            t = int(np.searchsorted(edge, start, side="right")) - 1
            if 0 <= t < case.steps:
                energy[t] += kw * (end - start)
    return np.asarray(energy / np.diff(edge))


def _periods(message: Mapping[str, Any]) -> Iterable[_Held]:
    old = "csChargingProfiles" in message
    plug = int(message["connectorId" if old else "evseId"])
    profile = message["csChargingProfiles" if old else "chargingProfile"]
    schedule = profile["chargingSchedule"] if old else profile["chargingSchedule"][0]
    if schedule["chargingRateUnit"] != "W" or profile["chargingProfileKind"] != "Absolute":
        raise ValueError("Only absolute profiles in W can be read back.")
    begin, first, last = (_ns(at) for at in (schedule["startSchedule"], profile["validFrom"], profile["validTo"]))
    listed = schedule["chargingSchedulePeriod"]
    starts = [begin + period["startPeriod"] * NANO for period in listed] + [begin + schedule["duration"] * NANO]
    for period, start, end in zip(listed, starts, starts[1:], strict=False):
        yield _Held(plug, profile["stackLevel"], max(start, first), min(end, last), _watts(period) / 1000.0)


def _watts(period: Mapping[str, Any]) -> float:
    if period.get("operationMode") == "Idle":
        return 0.0
    return float(period["setpoint"] if period.get("operationMode") == "CentralSetpoint" else period["limit"])


def _ns(moment: str) -> int:
    return int(pd.Timestamp(moment).as_unit("ns").value)
