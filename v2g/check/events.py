"""What happens to the feeder: elements that are there, events that change something, fuel that arrives somewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd

from v2g.case import Case
from v2g.check.legs import legs
from v2g.check.rows import at, clock, rows
from v2g.check.words import did_you_mean, listed
from v2g.errors import Finding
from v2g.formats.draft import HEADER_FILE

SWITCHED = ("out", "back")
SUPPLY = ("energised", "dead")
NOUNS = {
    "out": "line or transformer", "back": "line or transformer", "energised": "grid connection or bus",
    "dead": "grid connection or bus", "fuel": "tank or generator",
}  # fmt: skip


def _events(case: Case) -> Iterator[tuple[int, pd.Timestamp, str, str, float]]:
    """(row, time, event, element, litres) in the order of time; rows without a time or an element left out."""
    frame = rows(case, "events", "at_utc", "event", "element", "litres")
    frame = frame[frame["at_utc"].notna() & (frame["element"] != "")] if len(frame) else frame
    frame = frame.sort_values("at_utc", kind="stable") if len(frame) else frame
    columns = (frame[name] for name in ("at_utc", "event", "element", "litres"))
    yield from zip(frame.index.to_list(), *columns, strict=True)


def _known(case: Case) -> Mapping[str, list[str]]:
    """Names that each event may have."""
    switched = [leg.name for leg in legs(case)]
    supply = [*rows(case, "grid", "grid")["grid"], *rows(case, "buses", "bus")["bus"]]
    fuel = [*rows(case, "tanks", "tank")["tank"], *rows(case, "generators", "generator")["generator"]]
    return {"out": switched, "back": switched, "energised": supply, "dead": supply, "fuel": fuel}


def known_elements(case: Case) -> Iterable[Finding]:
    """Every event names something that it can happen to."""
    known = _known(case)
    for row, _, event, element, _ in _events(case):
        if element in known.get(event, [element]):
            continue
        elsewhere = sorted({other for other, names in known.items() if element in names})
        message = f"There is no {NOUNS[event]} {element!r}."
        remedy = did_you_mean(element, known[event])
        if elsewhere:
            remedy = f"To a {NOUNS[elsewhere[0]]} happens: {' or '.join(elsewhere)}."
        elif not remedy:
            remedy = f"There are: {listed(known[event], 8)}." if known[event] else "There is none in this case."
        yield at(case, ("events", row, "element"), "unknown-element", message, remedy, found=element)


def events_change_something(case: Case) -> Iterable[Finding]:
    """An element that is in the state already to which an event brings it."""
    closed = {leg.name: leg.closed for leg in legs(case)}
    grids = set(rows(case, "grid", "grid")["grid"])
    lit: dict[str, bool] = {}
    for row, _, event, element, _ in _events(case):
        if event in SWITCHED and element in closed:
            if closed[element] == (event == "back"):
                state = "closed" if closed[element] else "open"
                yield _no_effect(case, row, event, f"{element} is {state} already.")
            closed[element] = event == "back"
        elif event in SUPPLY:
            before = lit.get(element, element in grids and event == "dead")
            if before == (event == "energised"):
                yield _no_effect(case, row, event, f"{element} is {'energised' if before else 'dead'} already.")
            lit[element] = event == "energised"


def _no_effect(case: Case, row: int, event: str, message: str) -> Finding:
    remedy = "Look for an event that is missing before, or delete this one."
    return at(case, ("events", row, "event"), "event-without-effect", message, remedy, found=event, severity="warning")


def fuel_arrives(case: Case) -> Iterable[Finding]:
    """Fuel goes where it is burnt, so many litres."""
    tanks = set(rows(case, "tanks", "tank")["tank"])
    generators = rows(case, "generators", "generator", "tank")
    shared = dict(zip(generators["generator"], generators["tank"], strict=True))
    for row, _, event, element, litres in _events(case):
        if event == "fuel" and element not in tanks and shared.get(element):
            message = f"{element} burns from the tank {shared[element]}."
            remedy = f"Write {shared[element]} in place of {element}."
            place = ("events", row, "element")
            yield at(case, place, "fuel-beside-tank", message, remedy, found=element, allowed=shared[element])
        if event == "fuel" and not litres > 0.0:
            message = "Fuel is delivered, but no litres are given."
            yield at(case, ("events", row, "litres"), "no-litres", message, "Write how many.", severity="warning")
        if event != "fuel" and litres > 0.0:
            message, found = f"Litres count only with the event fuel, not with {event}.", f"{litres:g}"
            place, remedy = ("events", row, "litres"), "Leave the cell blank, or write the event fuel."
            yield at(case, place, "column-not-used", message, remedy, found=found, severity="warning")


def events_meet_horizon(case: Case) -> Iterable[Finding]:
    """An event before the case counts from its start, one after it has no effect."""
    first, last = case.boundaries[0], case.boundaries[-1]
    for row, when, _, _, _ in _events(case):
        if first <= when < last:
            continue
        effect = "counts from the start on" if when < first else "has no effect"
        message = f"The event lies outside the case, {clock(first)} to {clock(last)}, and {effect}."
        place, remedy = ("events", row, "at_utc"), "Correct the time, unless it is meant so."
        yield at(case, place, "outside-horizon", message, remedy, found=clock(when), severity="warning")


def tanks_are_used(case: Case) -> Iterable[Finding]:
    """A tank from which nothing burns; a generator with fuel of its own beside a tank, or with none at all."""
    generators = rows(case, "generators", "generator", "tank", "fuel_l")
    used = set(generators["tank"])
    for row, tank in enumerate(rows(case, "tanks", "tank")["tank"]):
        if tank not in used:
            message, remedy = f"No generator burns from {tank}.", "Name it in the column tank of generators.csv."
            yield at(case, ("tanks", row, "tank"), "tank-without-generator", message, remedy, severity="warning")
    delivered = {element for _, _, event, element, litres in _events(case) if event == "fuel" and litres > 0.0}
    columns = (generators[name] for name in ("generator", "tank", "fuel_l"))
    for row, (name, tank, fuel) in enumerate(zip(*columns, strict=True)):
        place = ("generators", row, "fuel_l")
        if tank and fuel > 0.0:
            message = f"{name} burns from the tank {tank}; fuel of its own is not counted."
            remedy = "Add it to fuel_l of the tank, and leave the cell blank."
            found = f"{fuel:g}"
            yield at(case, place, "fuel-in-two-places", message, remedy, found=found, severity="warning")
        elif not tank and not fuel > 0.0 and name not in delivered:
            message = f"{name} has no fuel at any time."
            remedy = "Write fuel_l, name a tank, or let events.csv deliver some."
            yield at(case, place, "no-fuel", message, remedy, severity="warning")


def probabilities_add_up(case: Case) -> Iterable[Finding]:
    """The outage has one of the durations."""
    share = rows(case, "durations", "hours", "probability")["probability"].to_numpy(float)
    if share.size and abs(share.sum() - 1.0) > 1e-6:
        message, found = "The probabilities of all durations do not add up to 1.", f"{share.sum():.9g}"
        remedy = f"Divide each by {share.sum():.9g}." if share.sum() > 0.0 else "Write how likely each of them is."
        place = ("durations", None, "probability")
        yield at(case, place, "probabilities-not-one", message, remedy, found=found, allowed="1")


def guarantee_meets_horizon(case: Case) -> Iterable[Finding]:
    """A guarantee for longer than the case is one for the whole case."""
    hours, whole = float(str(case.header.get("guarantee_h", np.inf))), float(case.hours.sum())
    if np.isfinite(hours) and hours > whole + 1e-9:
        message = "The guarantee is for longer than the case, so it is for the whole of it."
        yield Finding(
            HEADER_FILE, message, "Leave it out, or lengthen the case.", column="guarantee_h", found=f"{hours:g}",
            allowed=f"at most {whole:g} h", severity="warning", code="guarantee-beyond-horizon",
        )  # fmt: skip
