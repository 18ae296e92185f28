"""SetChargingProfile requests for each plug of a station, in the version of OCPP that it speaks.

Purpose is TxDefaultProfile: a TxProfile needs the id of a transaction, which is not known before a vehicle is plugged
in, and ChargingStationMaxProfile and PriorityCharging know the mode ChargingOnly alone (OCPP 2.1 part 2, table 95).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from v2g.case import Case
from v2g.exports.ocpp_forming import Spans
from v2g.exports.ocpp_sessions import NOTHING_W, Session, utc

Version = Literal["2.1", "2.0.1", "1.6"]
Message = dict[str, Any]
What = dict[str, str | float]
"""What a period says, but for when it starts."""

VERSIONS: tuple[Version, ...] = get_args(Version)
MOST_PERIODS = 1024
"""Periods that a schedule may have (`chargingSchedulePeriod` in the schemas of 2.0.1 and 2.1)."""
PURPOSE = "TxDefaultProfile"
OFFLINE_S = 12 * 3600
"""How long a 2.1 station that nobody reaches goes on with the plan: one operational period.

In an outage it is the network that fails, and a load that stops being fed with it would be lost for nothing. After
half a day without word the plan is stale: the plug rests (stack level 0) until somebody sends a plan again. Not so at a
station that forms an island: its rest would be a blackout, so the plan goes on there for as long as it is valid.
"""


@dataclass(frozen=True)
class Station:
    """A charger as its operator sees it; powers in W for each plug, ``gives``: vehicles (rows) that can give there,
    ``forms``: when an island would be dark without it."""

    name: str
    version: Version
    plugs: int
    charge_w: float
    discharge_w: float
    gives: frozenset[int]
    forms: Spans = ()

    @property
    def two_way(self) -> bool:
        """Whether the case says that it can give."""
        return self.discharge_w > 0.0

    def holds(self, second: int) -> bool:
        """Whether it forms an island then: it may not idle, and power flows as the island asks for it."""
        return any(start <= second < end for start, end in self.forms)

    def steers(self, vehicle: int) -> bool:
        """Whether its messages can have that vehicle give."""
        return self.version == "2.1" and self.two_way and vehicle in self.gives

    def sent(self, vehicle: int, watts: float) -> float:
        """As much of a power (positive = taken) as its messages have a place for."""
        return min(max(watts, -self.discharge_w if self.steers(vehicle) else 0.0), self.charge_w)


@dataclass(frozen=True)
class Part:
    """One profile: its place among those of its plug, when it holds (seconds after the start), and what it says."""

    plug: int
    level: int
    start: int
    end: int
    periods: Sequence[tuple[int, What]]


def requests(case: Case, station: Station, own: Sequence[Session], last: int) -> list[Message]:
    """All messages for a station in the order in which they are to be sent; ``last`` is the end of the case in s."""
    parts: list[Part] = []
    for plug in range(1, station.plugs + 1):
        if station.version == "2.1" and not station.forms:
            parts.append(Part(plug, 0, 0, last, [(0, _rest(station, 0))]))
        parts += chunks(plug, schedule(station, [session for session in own if session.plug == plug], last), last)
    return [_request(case, station, number, part) for number, part in enumerate(parts, start=1)]


def schedule(station: Station, stays: Sequence[Session], last: int) -> list[tuple[int, What]]:
    """What a plug does from the start to the end of the case; equal periods that follow each other are one."""
    steps: dict[int, What | None] = {0: None}
    for session in stays:
        done = max((piece.end for piece in session.slices if abs(piece.watts) >= NOTHING_W), default=session.start)
        for piece in session.slices:
            if piece.end <= done:
                steps[piece.start] = _power(station, session, piece.watts)
                steps[piece.end] = None
    out: list[tuple[int, What]] = []
    power: What | None = None
    for start in sorted({*steps, *(edge for span in station.forms for edge in span)}):
        power = steps.get(start, power)
        what = _rest(station, start) if power is None else power
        if start < last and (not out or out[-1][1] != what):
            out.append((start, what))
    return out


def chunks(plug: int, periods: Sequence[tuple[int, What]], last: int) -> Iterator[Part]:
    """Profiles of no more periods than fit into one.

    Each has a stack level of its own: two of one level may not hold at the same time (K01.FR.06), and whether one
    that ends when the next begins does so is not said.
    """
    for level, first in enumerate(range(0, len(periods), MOST_PERIODS), start=1):
        own = periods[first : first + MOST_PERIODS]
        end = periods[first + MOST_PERIODS][0] if first + MOST_PERIODS < len(periods) else last
        yield Part(plug, level, own[0][0], end, own)


def _rest(station: Station, second: int) -> What:
    """What a plug without power does; on every plug of a station that forms an island it stays awake, for the vehicle
    that keeps the island alive may stand at another plug than the plan says."""
    if station.version != "2.1":
        return {"limit": 0}
    if station.two_way and station.holds(second):
        return _setpoint(station, 0.0)
    return {"operationMode": "Idle"} if station.two_way else {"operationMode": "ChargingOnly", "limit": 0}


def _power(station: Station, session: Session, watts: float) -> What:
    """A cap where its version, the station or the vehicle goes one way, else a setpoint within the ratings."""
    sent = tenths(station.sent(session.vehicle, watts))
    if station.steers(session.vehicle):
        return _setpoint(station, sent)
    return {"operationMode": "ChargingOnly", "limit": sent} if station.version == "2.1" else {"limit": sent}


def _setpoint(station: Station, watts: float) -> What:
    ratings = {"limit": tenths(station.charge_w), "dischargeLimit": tenths(-station.discharge_w)}
    return {"operationMode": "CentralSetpoint", "setpoint": tenths(watts), **ratings}


def tenths(watts: float) -> float:
    """W with at most one decimal, as 1.6 and 2.0.1 ask; whole numbers as such.

    >>> tenths(6999.96), tenths(-0.01), tenths(3.14)
    (7000, 0, 3.1)
    """
    value = round(watts, 1)
    return int(value) if float(value).is_integer() else value


def _request(case: Case, station: Station, number: int, part: Part) -> Message:
    """A profile of a plug, ``number`` its id at that station."""
    periods = [{"startPeriod": start - part.start, **what} for start, what in part.periods]
    when = {"startSchedule": utc(case, part.start), "duration": part.end - part.start}
    schedule = {**when, "chargingRateUnit": "W", "chargingSchedulePeriod": periods}
    profile: Message = {
        "stackLevel": part.level,
        "chargingProfilePurpose": PURPOSE,
        "chargingProfileKind": "Absolute",
        "validFrom": utc(case, part.start),
        "validTo": utc(case, part.end),
    }
    if station.version == "1.6":
        return {
            "connectorId": part.plug,
            "csChargingProfiles": {"chargingProfileId": number, **profile, "chargingSchedule": schedule},
        }
    if station.version == "2.1" and part.level and not station.forms:
        profile |= {"maxOfflineDuration": OFFLINE_S, "invalidAfterOfflineDuration": True}
    full = {"id": number, **profile, "chargingSchedule": [{"id": number, **schedule}]}
    return {"evseId": part.plug, "chargingProfile": full}
