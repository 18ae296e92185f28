"""The header of a case: its keys, and the intervals they describe."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from v2g.check.cells import WRITE_TIME, Fault, check_year, name, time
from v2g.check.words import did_you_mean, listed, shortened
from v2g.errors import Finding
from v2g.formats.draft import HEADER_FILE
from v2g.schema import Column

T = TypeVar("T")

FORMAT = 1
KEYS: Mapping[str, str] = {
    "format": "version of this layout: 1",
    "name": "short name, part of file names",
    "title": "what people call it; stands above every report",
    "start_utc": "when the first interval begins",
    "step_min": "length of each interval in min, 1 to 1440: one number, or a list of them",
    "steps": "how many intervals; left out where step_min is a list",
    "network": "lindistflow (three phases, voltages) or transport (power alone); a plan may ask otherwise",
    "policy": "what is worth what; a plan may ask otherwise",
    "seed": "for whatever is drawn",
    "vmin_pu": "lowest voltage of buses that say nothing, per unit",
    "vmax_pu": "highest voltage of buses that say nothing, per unit",
    "cause": "cause of the outage in the catalogue: how long it may last where its end is not known",
    "guarantee_h": "a service must hold for so many hours to count; left out = throughout",
    "carry_h": "energy for so many more hours of critical loads is kept at the end",
    "cvar_alpha": "policy cautious: share of outages that are not the worst",
    "coordinates": "what x and y of buses are: drawing, or lonlat (degrees)",
    "time_zone": "zone in which people are told times, of the IANA database, such as Asia/Tokyo; left out = UTC",
}
"""Keys of ``case.toml``, and what they mean."""
REQUIRED = ("format", "name", "start_utc", "step_min")
NETWORKS = ("lindistflow", "transport")
POLICIES = ("tiers",)
COORDINATES = ("drawing", "lonlat")
"""What x and y of a bus are: those of a drawing, or degrees of longitude and latitude."""
MAX_STEPS = 100_000
STEP_MIN = (1.0, 1440.0)
NS_PER_MIN = 60_000_000_000
_TEXT = Column("text", "text")


@dataclass(frozen=True)
class Header:
    """The header with every default filled in; ``boundaries`` is None where its keys describe no intervals.

    A key that is left to the policy, ``carry_h``, is in ``values`` only where the case has it.
    """

    name: str
    title: str
    values: Mapping[str, object]
    boundaries: pd.DatetimeIndex | None
    findings: tuple[Finding, ...]


class _Keys:
    """Reads keys one by one and keeps what is wrong with them."""

    def __init__(self, raw: Mapping[str, object]) -> None:
        self.raw = raw
        self.findings: list[Finding] = [*_unknown(raw), *_missing(raw)]

    def take(self, key: str, read: Callable[[object], T], default: T) -> T:
        """The value of a key, or the default where it is missing or wrong."""
        if key not in self.raw:
            return default
        try:
            return read(self.raw[key])
        except Fault as fault:
            found = shortened(str(self.raw[key]))
            self.findings.append(
                Finding(HEADER_FILE, fault.message, fault.remedy, None, key, found, fault.allowed, code=fault.code)
            )
            return default


def read_header(
    raw: Mapping[str, object], networks: Sequence[str] = NETWORKS, policies: Sequence[str] = POLICIES
) -> Header:
    """Check the keys of ``case.toml`` and lay out the intervals."""
    keys = _Keys(raw)
    keys.take("format", _format, FORMAT)
    low, high = keys.take("vmin_pu", _voltage, 0.9), keys.take("vmax_pu", _voltage, 1.1)
    values = {
        "format": FORMAT,
        "network": keys.take("network", lambda v: _one_of(v, networks), "lindistflow"),
        "policy": keys.take("policy", lambda v: _one_of(v, policies), "tiers"),
        "seed": keys.take("seed", _seed, 0),
        "vmin_pu": low,
        "vmax_pu": high,
        "cause": keys.take("cause", _text, ""),
        "guarantee_h": keys.take("guarantee_h", _guarantee, math.inf),
        "cvar_alpha": keys.take("cvar_alpha", _alpha, 0.9),
    }
    carry = keys.take("carry_h", _carry, None)
    if carry is not None:
        values["carry_h"] = carry
    if "coordinates" in raw:
        values["coordinates"] = keys.take("coordinates", lambda v: _one_of(v, COORDINATES), "drawing")
    if "time_zone" in raw:
        values["time_zone"] = keys.take("time_zone", _zone, "UTC")
    if low >= high:
        keys.findings.append(
            _header_finding(
                "vmin_pu", "above-column", f"vmin_pu {low:g} is not below vmax_pu {high:g}.", "Correct one."
            )
        )
    boundaries = _boundaries(keys)
    name_of, title = keys.take("name", _name, ""), keys.take("title", _text, "")
    return Header(name_of, title, values, boundaries, tuple(keys.findings))


def _zone(value: object) -> str:
    """A time zone by its name in the IANA database, in which people are told times."""
    try:
        return ZoneInfo(_text(value)).key
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise Fault("unknown-choice", "There is no such time zone.", "a name of the IANA database",
                    "Write it such as Asia/Tokyo, America/New_York or UTC.") from error  # fmt: skip


def _unknown(raw: Mapping[str, object]) -> Iterable[Finding]:
    for key in raw:
        if key not in KEYS:
            remedy = did_you_mean(key, tuple(KEYS)) or f"Keys are {listed(tuple(KEYS), 40)}."
            yield _header_finding(shortened(key), "unknown-key", "There is no such key.", remedy)


def _missing(raw: Mapping[str, object]) -> Iterable[Finding]:
    needed = [*REQUIRED, *([] if isinstance(raw.get("step_min", []), list) else ["steps"])]
    for key in needed:
        if key not in raw:
            yield _header_finding(key, "missing-key", "The key is missing.", "Add it.")


def _header_finding(key: str, code: str, message: str, remedy: str) -> Finding:
    return Finding(HEADER_FILE, message, remedy, column=key, code=code)


def _boundaries(keys: _Keys) -> pd.DatetimeIndex | None:
    """The T + 1 points between the intervals, or None."""
    start = keys.take("start_utc", _start, None)
    steps = keys.take("steps", _steps, None)
    minutes = keys.take("step_min", lambda value: _minutes(value, steps), None)
    if start is None or minutes is None:
        return None
    lengths = np.rint(minutes * NS_PER_MIN).astype(np.int64)
    points = np.concatenate([[0], np.cumsum(lengths)]) + start.value
    return pd.DatetimeIndex(points.astype("datetime64[ns]")).tz_localize("UTC")


def _integer(value: object, at_least: int, at_most: int) -> int:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise Fault("not-whole", "This is not a whole number.", f"{at_least} to {at_most}")
    if not at_least <= value <= at_most:
        code = "below-limit" if value < at_least else "above-limit"
        raise Fault(code, "The number is out of its limits.", f"{at_least} to {at_most}")
    return int(value)


def _float(value: object, allowed: str) -> float:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise Fault("not-a-number", "This is not a number.", allowed, "Write it without quotes.")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Fault("not-finite", "This is not a finite number.", allowed)
    return number


def _format(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value > FORMAT:
        raise Fault("newer-format", "The case was written for a newer version.", str(FORMAT), "Upgrade v2g.")
    if isinstance(value, bool) or value != FORMAT:
        raise Fault("unknown-format", "There is no such format.", str(FORMAT), f"Write format = {FORMAT}.")
    return FORMAT


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Fault("not-text", "This is not text.", "text in quotes", "Put it into quotes.")
    return name(value.strip(), _TEXT)


def _name(value: object) -> str:
    text = _text(value)
    if not text:
        raise Fault("blank", "The name is blank.", "text")
    if set(text) & set('/\\:*?"<>|') or text.startswith("."):
        raise Fault(
            "not-a-name",
            "The name cannot be part of a file name.",
            'text without / \\ : * ? " < > | and no leading dot',
        )
    return text


def _one_of(value: object, words: Sequence[str]) -> str:
    if value not in words:
        raise Fault("unknown-choice", "The word is not known here.", ", ".join(words), did_you_mean(str(value), words))
    return str(value)


def _seed(value: object) -> int:
    return _integer(value, 0, 2**63 - 1)


def _voltage(value: object) -> float:
    allowed = "above 0, at most 2 (per unit)"
    number = _float(value, allowed)
    if not 0.0 < number <= 2.0:
        raise Fault("below-limit" if number <= 0.0 else "above-limit", "The voltage is out of its limits.", allowed)
    return number


def _guarantee(value: object) -> float:
    """Hours from the start in which a service must hold; infinite = the whole horizon."""
    if isinstance(value, float) and value == math.inf:
        return value
    number = _float(value, "above 0 (h)")
    if number <= 0.0:
        raise Fault("below-limit", "The number is too small.", "above 0 (h)", "Leave it out for the whole horizon.")
    return number


def _carry(value: object) -> float | None:
    number = _float(value, "at least 0 (h)")
    if number < 0.0:
        raise Fault("below-limit", "The number is too small.", "at least 0 (h)")
    return number


def _alpha(value: object) -> float:
    allowed = "at least 0, below 1"
    number = _float(value, allowed)
    if not 0.0 <= number < 1.0:
        code = "below-limit" if number < 0.0 else "above-limit"
        remedy = f"A share, not per cent: write {number / 100.0:g}." if 1.0 < number < 100.0 else ""
        raise Fault(code, "The number is out of its limits.", allowed, remedy)
    return number


def _start(value: object) -> pd.Timestamp | None:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return _start(value.isoformat())
        instant = pd.Timestamp(value).tz_convert("UTC")
        check_year(instant)
        return instant.as_unit("ns")
    if isinstance(value, (str, date)):
        return time(str(value).strip(), _TEXT)
    raise Fault("not-a-time", "This is not a time.", WRITE_TIME)


def _steps(value: object) -> int | None:
    return _integer(value, 1, MAX_STEPS)


def _minutes(value: object, steps: int | None) -> np.ndarray | None:
    """Length of each interval in min, shape (T,), or None where the number of intervals is not known."""
    if not isinstance(value, list):
        minutes = _one_length(value)
        return None if steps is None else np.full(steps, minutes)
    if not value or len(value) > MAX_STEPS:
        raise Fault("step-list-length", "The list has the wrong length.", f"1 to {MAX_STEPS} numbers")
    if steps is not None and len(value) != steps:
        remedy = "Leave steps out, or make the list as long."
        raise Fault(
            "step-list-length", f"The list has {len(value)} numbers, steps is {steps}.", f"{steps} numbers", remedy
        )
    return np.array([_one_length(one) for one in value])


def _one_length(value: object) -> float:
    allowed = f"{STEP_MIN[0]:g} to {STEP_MIN[1]:g} min"
    minutes = _float(value, allowed)
    if not STEP_MIN[0] <= minutes <= STEP_MIN[1]:
        remedy = "step_min is in minutes." if minutes > STEP_MIN[1] else ""
        code = "step-too-short" if minutes < STEP_MIN[0] else "step-too-long"
        raise Fault(code, f"An interval of {minutes:g} min is out of its limits.", allowed, remedy)
    return minutes
