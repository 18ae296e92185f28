"""The section [populate] of a study, and the axes that give its options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from v2g.batch.axes import Axis
from v2g.batch.changes import CHANGES, Asked, Setting
from v2g.batch.changes.populate import OPTIONS, read_option
from v2g.batch.faults import Faults
from v2g.batch.fields import Wrong, in_quotes
from v2g.populate.wishes import NEEDED, READERS, TOGETHER, together

REDRAWN = ("vehicles", "outage", "v2g_share", "v2h_share", "v2l_share", "critical", "critical_share", "drive", "start",
           "after", "behind")  # fmt: skip
"""Options of which another value may draw the fleet and the roofs with panels anew, even with the same seed."""
INSTEAD = {
    "vehicles": 'change = "fleet_size", with the largest value as vehicles in [populate], changes the number alone.',
    "v2g_share": 'change = "v2g_share" changes the share alone.',
}
"""How to change the same without a new draw."""
SOCKETS = ("vehicles", "v2l_share")
"""Options that say how many cars with sockets stand at sites."""


def read_emergency(raw: Mapping[str, Any], axes: Sequence[Axis], beside: Path, faults: Faults) -> dict[str, Any] | None:
    """Options of `populate`, None where cases are solved as they are; each fault stands at its own key."""
    if "populate" not in raw:
        if any(axis.change == "populate" for axis in axes):
            faults.add("populate", "An axis changes an option of populate, and there is no section [populate].",
                       "Add it, with vehicles and outage.")  # fmt: skip
        return None
    table = raw["populate"]
    if not isinstance(table, Mapping):
        faults.add("populate", "This is not a table.", "Write a section [populate].")
        return None
    table = faults.spelled(table, (*OPTIONS, "seed"), "populate.")
    options = _options(table, beside, faults)
    given = {option: axis for axis in axes if (option := CHANGES[axis.change].option(axis.keys))}
    written = raw.get("axes")
    if isinstance(written, Mapping) and len(axes) == len(written):
        _refuse_missing({*table, *given}, faults)
    for names in TOGETHER:
        _refuse_together(names, options, given, faults)
    _remark({option: axis for option, axis in given.items() if option in REDRAWN}, faults)
    return options


def _options(table: Mapping[str, Any], beside: Path, faults: Faults) -> dict[str, Any]:
    """Options that are right; the path of a list of sites counts from where the file lies."""
    found = {}
    for name, value in table.items():
        if name in READERS:
            listed = name == "critical" and isinstance(value, str) and value != "auto" and not in_quotes(value)
            place = str(beside / Path(value).expanduser()) if listed else value
            try:
                found[name] = read_option(name)(place)
            except Wrong as wrong:
                faults.refuse(f"populate.{name}", wrong, value)
    return found


def _refuse_missing(there: set[str], faults: Faults) -> None:
    for name, like in NEEDED.items():
        if name not in there:
            faults.add(f"populate.{name}", "The option is needed, and no axis gives it.",
                       f"Write {name} = {like} in [populate], for example.")  # fmt: skip


def _refuse_together(
    names: Sequence[str], options: Mapping[str, Any], given: Mapping[str, Axis], faults: Faults
) -> None:
    """Options that are right one by one: at each value of the last axis of these, with the others at their worst."""
    bearing = {name: axis for name, axis in given.items() if name in names and axis.values}
    values = {name: [_value(name, axis, value) for value in axis.values] for name, axis in bearing.items()}
    values = {name: [options[name]] for name in names if name in options} | values
    if not values:
        return
    last = list(bearing)[-1] if bearing else next(iter(values))
    worst = {name: min(each) if name == "step_min" else max(each) for name, each in values.items()}
    key = f"axes.{bearing[last].name}.values" if bearing else f"populate.{last}"
    for value in values[last]:
        for fault in together({**worst, last: value}):
            message = f"With {last} = {value:g}, {', '.join(fault.options)} come to {fault.found}."
            faults.add(key, message, fault.remedy, allowed=fault.allowed)


def _value(option: str, axis: Axis, value: Any) -> Any:
    """What an axis gives for an option, as `populate` reads it."""
    to = Setting(axis.name, value, axis.keys, 1)
    asked = CHANGES[axis.change].before(Asked("", {}, {}), to)
    return READERS[option]((asked.populate or {})[option])


def _remark(axes: Mapping[str, Axis], faults: Faults) -> None:
    """Axes that change more than they name."""
    if not axes:
        return
    named = ", ".join(f"{axis.name} ({option})" for option, axis in axes.items())
    message = (
        f"Each value of {named} is another emergency, even of the same seed: where cars stand, when they drive, what "
        "they have on board and which roofs have panels may all be drawn anew."
    )
    if any(option in SOCKETS for option in axes):
        message += " The number of critical loads may change too: what a car's sockets feed is a load of its own."
    instead = [f"axes.{axis.name}: {INSTEAD[option]}" for option, axis in axes.items() if option in INSTEAD]
    faults.remark("populate", message, " ".join([*instead, "Take several seeds."]))
