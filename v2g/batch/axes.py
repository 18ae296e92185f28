"""Axes of a study: a change, and the values that it takes - listed, in even steps of a range, or drawn."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import NormalDist
from typing import Any

from v2g.batch.changes import CHANGES, Change
from v2g.batch.faults import SLIP, Faults
from v2g.batch.fields import Read, Wrong, flag, in_quotes, instant, number, whole, word
from v2g.batch.tables import is_column
from v2g.check.words import did_you_mean, nearest

DISTRIBUTIONS: Mapping[str, tuple[str, ...]] = {
    "uniform": ("from", "to"),
    "triangular": ("from", "mode", "to"),
    "normal": ("mean", "sd"),
    "lognormal": ("median", "spread"),
}
"""Distributions by name, and the keys that each needs."""
SHAPE = ("from", "to", "steps", "distribution", "mode", "mean", "sd", "median", "spread", "whole")
OWN = ("change", "values", *SHAPE)
TAIL = 1e-9
SOME_TIME = "2026-01-15T18:00Z"


@dataclass(frozen=True)
class Axis:
    """One axis: its change, the further keys of it, and its values, or the quantiles of what is drawn.

    ``quantile`` maps a share below 1 to a value in its one form. ``drawn``: in a grid, each seed draws one value of it,
    the same at all points of the grid.
    """

    name: str
    change: str
    keys: Mapping[str, Any]
    values: tuple[Any, ...]
    quantile: Callable[[float], Any]
    drawn: bool = False

    def to_dict(self) -> dict[str, Any]:
        """What its values mean, as far as that bears on results."""
        return {"axis": self.name, "change": self.change, "keys": dict(self.keys)}


def read_axes(raw: Any, grid: bool, faults: Faults) -> tuple[Axis, ...]:
    """The axes in the order of the file, which is the order in which changes are made.

    Of an axis that has a fault those values are there that have none; one of which it is not clear what it changes is
    left out.
    """
    if not isinstance(raw, Mapping):
        faults.add("axes", "This is not a table of axes.", "Write a section for each, such as [axes.fleet].")
        return ()
    found = [_axis(name, table, grid, faults) for name, table in raw.items()]
    axes = tuple(axis for axis in found if axis is not None)
    _refuse_same(axes, faults)
    return axes


def _refuse_same(axes: Sequence[Axis], faults: Faults) -> None:
    """Two axes that set the same thing: only the second would have an effect."""
    first: dict[str, Axis] = {}
    for axis in axes:
        what = CHANGES[axis.change].sets(axis.keys)
        if what and first.setdefault(what, axis) is not axis:
            faults.add(f"axes.{axis.name}", f"The axis {first[what].name} sets {what} as well.",
                       "Keep one of the two, with all values.")  # fmt: skip


def _axis(name: str, raw: Any, grid: bool, faults: Faults) -> Axis | None:
    path = f"axes.{name}."
    if not isinstance(raw, Mapping):
        faults.add(f"axes.{name}", "This is not a table.", f"Write a section [axes.{name}] with the key change.")
        return None
    _refuse_name(name, faults)
    slips = {key: raw[key] for key in raw if key not in OWN and nearest(key, OWN, SLIP) == "change"}
    asked = raw.get("change", next(iter(slips.values()), None))
    change = CHANGES.get(str(asked))
    if change is None:
        faults.spelled(slips, OWN, path)
        remedy = "Say what the axis changes." if asked is None else did_you_mean(str(asked), tuple(CHANGES))
        faults.add(f"{path}change", "There is no such change.", remedy, found=asked, allowed=", ".join(CHANGES))
        return None
    raw = faults.spelled(raw, (*OWN, *change.keys), path)
    keys = _keys(change, raw, path, faults)
    try:
        found = _with_values(name, change, keys if keys.wrong else keys.known, raw, grid, faults)
    except NotRead:
        return None
    return None if keys.wrong else found


class NotRead(Exception):
    """What a value means depends on a key that has a fault of its own."""


class _Keys(Mapping[str, Any]):
    """Further keys of an axis; to ask for one that has a fault raises `NotRead`."""

    def __init__(self, known: Mapping[str, Any], wrong: Collection[str]) -> None:
        self.known, self.wrong = known, frozenset(wrong)

    def __getitem__(self, key: str) -> Any:
        if key in self.wrong:
            raise NotRead(key)
        return self.known[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)


def _keys(change: Change, raw: Mapping[str, Any], path: str, faults: Faults) -> _Keys:
    known, wrong = {}, []
    for key, read in change.keys.items():
        before = len(faults.found)
        if key in raw:
            known[key] = faults.take(raw, key, read, None, path)
        elif key in change.needed:
            faults.add(f"{path}{key}", f"A change of {change.name} needs this key.", "Add it.")
        if len(faults.found) > before:
            wrong.append(key)
    return _Keys({key: value for key, value in known.items() if key not in wrong}, wrong)


def _refuse_name(name: str, faults: Faults) -> None:
    if not name.replace("_", "").isalnum():
        faults.add(f"axes.{name}", "This cannot be the name of an axis.", "Call it otherwise.", found=name,
                   allowed="letters, digits and _")  # fmt: skip
    elif is_column(name):
        faults.add(f"axes.{name}", "A column of scenarios.csv has this name already.",
                   f"Call it otherwise, such as [axes.of_{name}].", found=name)  # fmt: skip


def _with_values(name: str, change: Change, keys: Mapping[str, Any], raw: Mapping[str, Any], grid: bool,
                 faults: Faults) -> Axis:  # fmt: skip
    path = f"axes.{name}."
    if "values" in raw:
        for key in SHAPE:
            if key in raw:
                faults.add(f"{path}{key}", "This stands beside values.", "Keep one of the two.")
        listed = _listed(raw["values"], change, keys, path, faults)
        return Axis(name, change.name, keys, listed, lambda share: listed[int(share * len(listed))])
    without = Axis(name, change.name, keys, (), lambda share: None)
    before = len(faults.found)
    steps = faults.take(raw, "steps", whole(2, 10_000), None, path)
    drawn = grid and "steps" not in raw and "distribution" in raw
    if grid and "steps" not in raw and not drawn and ("from" in raw or "to" in raw):
        faults.add(path.rstrip("."), "In a grid an axis needs values.",
                   "Write values = [...], or from, to and steps; or a distribution, from which each seed "
                   'draws; or sample = "random".')  # fmt: skip
    curve = _curve(raw, lambda value: change.value(value, keys), path, faults)
    if curve is None or len(faults.found) > before:
        return without

    def quantile(share: float) -> Any:
        return change.value(curve(share), keys)

    points = [k / (steps - 1) for k in range(steps)] if grid and not drawn else [0.0, 0.5, 1.0 - TAIL]
    values: list[Any] = []
    for point in points:
        try:
            values.append(quantile(point))
        except Wrong as wrong:
            faults.refuse(path.rstrip("."), wrong, curve(point))
            return without
    _refuse_twice(values, path, grid and not drawn, faults)
    return Axis(name, change.name, keys, tuple(values), quantile, drawn)


def _listed(raw: Any, change: Change, keys: Mapping[str, Any], path: str, faults: Faults) -> tuple[Any, ...]:
    """Values that are right."""
    if not isinstance(raw, list) or not raw:
        faults.add(f"{path}values", "There are no values.", "Write values = [...].", found=raw, allowed="a list")
        return ()
    found = (faults.read(one, lambda v: change.value(v, keys), None, f"{path}values") for one in raw)
    values = tuple(value for value in found if value is not None)
    _refuse_twice(values, path, True, faults)
    return values


def _refuse_twice(values: Sequence[Any], path: str, grid: bool, faults: Faults) -> None:
    words = [json.dumps(value, sort_keys=True) for value in values]
    twice = next((value for value, text in zip(values, words, strict=True) if words.count(text) > 1), None)
    if twice is not None and grid:
        faults.add(f"{path}values", "A value stands twice.", "Keep one of the two.", found=twice)


def _curve(raw: Mapping[str, Any], read_value: Read, path: str, faults: Faults) -> Callable[[float], Any] | None:
    """From a share below 1 to a raw value; whole numbers where the change takes no others, or where that is asked."""
    before = len(faults.found)
    kind = faults.take(raw, "distribution", word(tuple(DISTRIBUTIONS)), "uniform", path)
    if len(faults.found) > before:
        return None
    missing = [key for key in DISTRIBUTIONS[kind] if key not in raw]
    if missing:
        faults.add(path.rstrip("."), f"There are no values: {' and '.join(missing)} of a {kind} range are missing.",
                   "Write values = [...], or from and to.")  # fmt: skip
        return None
    if kind == "uniform" and _is_time(raw["from"], read_value):
        return _times(raw, path, faults)
    read = {key: faults.take(raw, key, number(), 0.0, path) for key in raw if key in SHAPE[:2] + SHAPE[4:9]}
    if len(faults.found) > before:
        return None
    low, high = float(read.get("from", -math.inf)), float(read.get("to", math.inf))
    if low >= high:
        faults.add(f"{path}to", "The range is empty.", "Let to be above from.", found=raw["to"])
        return None
    curve = _CURVES[kind](read)
    between = faults.take(raw, "whole", flag, _only_whole(read_value), path)
    if between and kind == "uniform" and "steps" not in raw:
        return lambda share: min(math.floor(low + share * (high - low + 1.0)), int(high))
    return lambda share: _rounded(min(max(curve(share), low), high), between)


def _is_time(value: Any, read: Read) -> bool:
    """Whether a range begins with a time: with one of TOML, or with text where a change takes times."""
    return isinstance(value, date) or (isinstance(value, str) and not in_quotes(value) and _takes(read, SOME_TIME))


def _only_whole(read: Read) -> bool:
    """Whether a change takes whole numbers and no others."""
    return _takes(read, 1.0) and not _takes(read, 0.5)


def _takes(read: Read, value: Any) -> bool:
    try:
        read(value)
    except Wrong:
        return False
    return True


def _rounded(value: float, entire: bool) -> float | int:
    """Twelve digits are enough, and the same on every machine."""
    return round(value) if entire else float(f"{value:.12g}")


def _triangular(read: Mapping[str, float]) -> Callable[[float], float]:
    low, mode, high = read["from"], min(max(read["mode"], read["from"]), read["to"]), read["to"]
    split = (mode - low) / (high - low)

    def curve(share: float) -> float:
        if share < split:
            return low + math.sqrt(share * (high - low) * (mode - low))
        return high - math.sqrt((1.0 - share) * (high - low) * (high - mode))

    return curve


def _inside(share: float) -> float:
    return min(max(share, TAIL), 1.0 - TAIL)


_CURVES: Mapping[str, Callable[[Mapping[str, float]], Callable[[float], float]]] = {
    "uniform": lambda read: lambda share: read["from"] + share * (read["to"] - read["from"]),
    "triangular": _triangular,
    "normal": lambda read: lambda share: read["mean"] + read["sd"] * NormalDist().inv_cdf(_inside(share)),
    "lognormal": lambda read: lambda share: read["median"] * read["spread"] ** NormalDist().inv_cdf(_inside(share)),
}
"""Quantiles of each distribution; ``spread`` of a lognormal one is the factor of one standard deviation."""


def _times(raw: Mapping[str, Any], path: str, faults: Faults) -> Callable[[float], Any] | None:
    """Times between two, in whole minutes."""
    ends = [faults.take(raw, key, instant, None, path) for key in ("from", "to")]
    if None in ends:
        return None
    first, last = (datetime.fromisoformat(str(end)) for end in ends)
    minutes = (last - first).total_seconds() / 60.0
    if minutes <= 0:
        faults.add(f"{path}to", "The range is empty.", "Let to be after from.", found=raw["to"])
        return None
    return lambda share: (first + timedelta(minutes=round(share * minutes))).isoformat()
