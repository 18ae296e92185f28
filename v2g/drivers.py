"""Vehicles that have less than their drivers need, in words: to what, from when to when, who asks, could it be met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from v2g.asks import Ask
from v2g.reasons import Cause, Reason
from v2g.replay.columns import numbers
from v2g.replay.record import Record
from v2g.shortfalls import LEAST_KWH, TRIP, Drivers, Shortfall
from v2g.spans import listed, moment

NAMES = 8
"""Most vehicles that are named one by one where many have the same reason."""
STARTS = "It starts below its reserve; it may charge, and gives nothing as long as it would be below without charging."
FALLS = "{} below what it needs; it may charge, and gives nothing as long as it would be below without charging."
LATER = (
    "More is asked for then than it has without charging; it may charge, gives nothing while that is so, and must have "
    "back by then what it gives before."
)
LEAVES = "It leaves with too little on board."
NOT_ENOUGH = "Even charging all the time it is plugged in at a live charger would not be enough"
AFTER_LOADS = "it would have cost loads that come first, or there was no energy or power for it"
NO_ENERGY = "there was no energy or power for it"
MANY: Mapping[str, str] = {
    "reserve_kwh": "their reserves", "reserve_km": "their reserves in km", "return_kwh": "what they must be back with",
    "leave_kwh": "what they must leave with", "need": "orders", "fleet minimum": "fleet minima", TRIP: "their trips",
}  # fmt: skip


def vehicle_reasons(record: Record) -> list[Reason]:
    """One answer for each vehicle and each row whose wish is not kept, in the order of the vehicles."""
    drivers = Drivers(record)
    groups: dict[tuple[int, Ask], list[Shortfall]] = {}
    for one in drivers.shortfalls():
        groups.setdefault((one.vehicle, one.ask), []).append(one)
    return [_reason(drivers, members) for members in groups.values()]


def _reason(drivers: Drivers, members: Sequence[Shortfall]) -> Reason:
    """The answer for one vehicle and one row that asks."""
    record, worst = drivers.record, max(members, key=lambda one: one.kwh)
    case, name, ask = record.case, record.fleet.names[worst.vehicle], worst.ask
    spans = _spans(members)
    met = all(one.could_be_met for one in members)
    cause: Cause = "trip" if ask.kind == TRIP else "reserve"
    verb = f"lacks {worst.kwh:.1f} kWh for" if cause == "trip" else f"lacks up to {worst.kwh:.1f} kWh to"
    most = "" if spans == [(worst.worst, worst.worst)] or cause == "trip" else f", most at {moment(case, worst.worst)}"
    what = f"{name} {verb} {_wish(drivers, worst)}, {listed(case, spans)} UTC{most}."
    hours = 0.0 if cause == "trip" else _hours(drivers, members)
    details: dict[str, Any] = {
        "missed_trip_kwh" if cause == "trip" else "shortfall_kwh": worst.kwh, "at_utc": moment(case, worst.worst),
        "asks": ask.words, "file": ask.file(case), "row": ask.line, "could_be_met": met,
        "spans": [{"start_utc": moment(case, a), "end_utc": moment(case, b)} for a, b in spans],
    }  # fmt: skip
    why = f"{_why(drivers, members[0])} {_whether(drivers, members)}"
    return Reason("vehicle", name, None, hours, cause, what, why, details)


def _hours(drivers: Drivers, members: Sequence[Shortfall]) -> float:
    """Hours at whose end the vehicle lacks something."""
    short = np.zeros(drivers.record.case.steps + 1, dtype=bool)
    for one in members:
        short[one.first : one.last + 1] = True
    return float(drivers.record.hours[short[1:]].sum())


def _wish(drivers: Drivers, one: Shortfall) -> str:
    """What is asked for, how much, and where it stands."""
    record, ask = drivers.record, one.ask
    least, place = float(record.fleet.level_kwh[one.vehicle, one.worst]), ask.place(record.case)
    if ask.kind == TRIP:
        return f"its trip ({place})"
    if ask.kind == "reserve_km":
        km = float(numbers(record.case.table("vehicles"), "reserve_km", 0.0)[ask.row])
        return f"its reserve of {least:.1f} kWh for {km:g} km ({place})"
    words = {
        "reserve_kwh": f"its reserve of {least:.1f} kWh", "need": f"the {least:.1f} kWh of order {ask.name}",
        "return_kwh": f"the {least:.1f} kWh to be back with", "leave_kwh": f"the {least:.1f} kWh to leave with",
        "fleet minimum": f"the {least:.1f} kWh of the fleet minimum {ask.name}",
    }  # fmt: skip
    return f"{words[ask.kind]} ({place})"


def _why(drivers: Drivers, one: Shortfall) -> str:
    """How the vehicle comes to be below: from the start, by what it uses, or by an order that comes later."""
    fleet, v, k = drivers.record.fleet, one.vehicle, one.first
    if one.ask.kind == TRIP:
        return LEAVES
    wanted = float(fleet.level_kwh[v, k])
    if k == 0:
        return STARTS if one.ask.table == "vehicles" else STARTS.replace("its reserve", "what it needs")
    if fleet.start_kwh[v] < wanted - LEAST_KWH:
        return LATER
    used = [float(part[v, :k].sum()) > LEAST_KWH for part in (fleet.trip_kwh, fleet.standby_kwh)]
    causes = [words for words, on in zip(("its own trips", "the standby of its charger"), used, strict=True) if on]
    joined = " and ".join(causes)
    verb = "take it" if used[0] else "takes it"
    return FALLS.format(f"{joined[:1].upper()}{joined[1:]} {verb}")


def _whether(drivers: Drivers, members: Sequence[Shortfall]) -> str:
    """Whether it could have been met, and what stood against that."""
    against = AFTER_LOADS if _loads_first(drivers.record) else NO_ENERGY
    met, unmet = ([one for one in members if one.could_be_met is which] for which in (True, False))
    if not unmet:
        return f"Charging it in time would be enough, but {against}."
    if not met:
        return _never(drivers, max(unmet, key=lambda one: one.last))
    return f"{NOT_ENOUGH} at first, or for a part of the time; for the rest it would be, but {against}."


def _never(drivers: Drivers, one: Shortfall) -> str:
    """Why no charging would be enough."""
    if one.last == 0:
        return "Nobody can charge it before the start."
    if drivers.charge_kwh[one.vehicle, : one.last].any():
        return f"{NOT_ENOUGH}."
    plugged = drivers.record.fleet.charge_max_kw[one.vehicle, : one.last].any()
    return "Its charger is dead until then." if plugged else "It is not plugged in at a charger until then."


def _spans(members: Sequence[Shortfall]) -> list[tuple[int, int]]:
    """First and last points, those that follow each other joined."""
    found: list[tuple[int, int]] = []
    for one in members:
        joins = bool(found) and found[-1][1] + 1 >= one.first
        found = [*found[:-1], (found[-1][0], one.last)] if joins else [*found, (one.first, one.last)]
    return found


def _loads_first(record: Record) -> bool:
    """Whether the plan closed a stage of critical loads before that of drivers."""
    proof = record.plan.summary.get("certificate")
    rows = proof.get("stages", ()) if isinstance(proof, Mapping) else ()
    names = [str(row.get("name", "")) for row in rows]
    return "mobility_shortfall" not in names or names.index("mobility_shortfall") > 0


def together(reasons: Sequence[Reason]) -> list[str]:
    """What many vehicles with the same reason lack, one line for each kind of wish: how many, how much, when, who."""
    kinds: dict[tuple[str, str], list[Reason]] = {}
    for reason in reasons:
        kind = next((kind for kind in MANY if str(reason.details["asks"]).startswith(kind)), "")
        place = str(reason.details["file"])
        if kind in ("need", "fleet minimum"):
            place += f", row {reason.details['row']}"
        kinds.setdefault((kind, place), []).append(reason)
    return [_line(MANY.get(kind, kind), place, members) for (kind, place), members in kinds.items()]


def _line(noun: str, place: str, members: Sequence[Reason]) -> str:
    if len(members) == 1:
        return members[0].what
    ranked = sorted(members, key=lambda reason: -_kwh(reason))
    spans = [span for reason in members for span in reason.details["spans"]]
    begin, end = min(s["start_utc"] for s in spans), max(s["end_utc"] for s in spans)
    until = end.split()[1] if end.split()[0] == begin.split()[0] else end
    when = f"at {begin}" if begin == end else f"between {begin} and {until}"
    named = ", ".join(f"{r.name} ({_kwh(r):.1f} kWh at {r.details['at_utc']})" for r in ranked[:NAMES])
    more = len(ranked) - NAMES
    verb = "for" if members[0].cause == "trip" else "to"
    return (
        f"{len(members)} vehicles lack up to {_kwh(ranked[0]):.1f} kWh {verb} {noun} ({place}), {when} UTC: {named}"
        f"{f' and {more} more' if more > 0 else ''}."
    )


def _kwh(reason: Reason) -> float:
    return float(reason.details.get("shortfall_kwh", reason.details.get("missed_trip_kwh", 0.0)))
