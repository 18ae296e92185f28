"""One cell: what its text stands for, or what is wrong with it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

import pandas as pd

from v2g.check.words import did_you_mean
from v2g.schema import Column, Kind

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]+),[0-9]+")
_CURRENCY = re.compile(r"[$€£¥]\s*[0-9.,]+|[0-9.,]+\s*[$€£¥]")
_WITH_UNIT = re.compile(r"([+-]?[0-9.,]+)\s*([a-zA-Z%°/]+)")
_NOT_FINITE = frozenset(
    {"nan", "inf", "infinity", "-inf", "+inf", "-infinity", "+infinity", "na", "n/a", "null", "none", "#n/a"}
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?"
_TIME = re.compile(rf"{_DAY.pattern}{_CLOCK}(?P<offset>\s?(Z|z|[+-][0-9]{{2}}:?[0-9]{{2}}))?")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_FLAGS = {"0": False, "1": True, "false": False, "true": True, "no": False, "yes": True}
YEARS = (1900, 2200)
SMALL, LARGE = "Correct the number, or its sign.", "Correct the number, or its unit."
WRITE_TIME = "a time with its offset, such as 2026-01-15T18:00:00+00:00"


class Fault(Exception):
    """What is wrong with one cell."""

    def __init__(self, code: str, message: str, allowed: str | None = None, remedy: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.allowed = allowed
        self.remedy = remedy


def number(text: str, column: Column) -> float:
    """A finite number within the limits of its column."""
    if not _NUMBER.fullmatch(text):
        raise _no_number(text)
    value = float(text)
    if not math.isfinite(value):
        raise Fault("not-finite", "The number is too large.", "a finite number", "Check the unit of the column.")
    check_limits(value, column)
    return value


def _no_number(text: str) -> Fault:
    """Why text is no number, told by what it looks like."""
    allowed = "a number with a point, such as 1250.5"
    if text.casefold() in _NOT_FINITE:
        return Fault(
            "not-finite", "This is not a number.", "a finite number", "Leave the cell blank where nothing is known."
        )
    if _THOUSANDS.fullmatch(text):
        plain, decimal = text.replace(",", ""), text.replace(",", ".", 1)
        either = (
            f"{plain}, or {decimal} if the comma was a decimal comma"
            if text.count(",") == 1 and "." not in text
            else plain
        )
        return Fault("thousands-separator", "The number has a comma in it.", allowed, f"Write {either}.")
    if _DECIMAL_COMMA.fullmatch(text):
        plain = text.replace(".", "").replace(",", ".")
        return Fault("decimal-comma", "The number has a decimal comma.", allowed, f"Write {plain}.")
    if _CURRENCY.fullmatch(text):
        return Fault("currency", "The number has a currency sign.", allowed, "Write the number alone.")
    if unit := _WITH_UNIT.fullmatch(text):
        return Fault(
            "unit-in-cell",
            f"The cell names a unit, {unit[2]}.",
            allowed,
            "Write the number alone, in the unit of the column.",
        )
    return Fault("not-a-number", "This is not a number.", allowed, "Write the number alone.")


def check_limits(value: float, column: Column) -> None:
    """Refuse a number outside the limits of its column."""
    unit = "" if column.unit in ("1", "") else f" {column.unit}"
    if column.above is not None and not value > column.above:
        raise Fault("below-limit", "The number is too small.", f"above {column.above:g}{unit}", SMALL)
    if column.at_least is not None and not value >= column.at_least:
        raise Fault("below-limit", "The number is too small.", f"at least {column.at_least:g}{unit}", SMALL)
    if column.at_most is not None and not value <= column.at_most:
        percent = column.at_most == 1.0 and 1.0 < value <= 100.0
        remedy = f"A share, not per cent: write {value:g} % as {value / 100.0:g}." if percent else LARGE
        raise Fault("above-limit", "The number is too large.", f"at most {column.at_most:g}{unit}", remedy)


def whole_number(text: str, column: Column) -> int:
    """A number that counts."""
    value = number(text, column)
    if not value.is_integer() or abs(value) > 2**31:
        raise Fault("not-whole", "This is not a whole number.", "0, 1, 2, ...", "Round it.")
    return int(value)


def flag(text: str, column: Column) -> bool:
    """Yes or no."""
    if text.casefold() not in _FLAGS:
        raise Fault("not-a-flag", "This is neither yes nor no.", "0, 1, no, yes, false, true", "Write 1 or 0.")
    return _FLAGS[text.casefold()]


def choice(text: str, column: Column) -> str:
    """One of the words that the column allows."""
    if text not in column.choices:
        raise Fault(
            "unknown-choice",
            "The word is not known here.",
            ", ".join(column.choices),
            did_you_mean(text, column.choices),
        )
    return text


def phases(text: str, column: Column) -> str:
    """Phases in the order in which they were written, in small letters."""
    letters = text.lower()
    if set(letters) - set("abc") or len(set(letters)) != len(letters):
        raise Fault(
            "not-phases", "These are not phases.", "one, two or three of a, b, c, each once, such as abc, ac or b"
        )
    return letters


def name(text: str, column: Column) -> str:
    """Text without characters that break a line or hide what stands there."""
    if _CONTROL.search(text):
        raise Fault(
            "control-character", "The text holds a character that cannot be seen.", "text on one line", "Type it anew."
        )
    return text


def time(text: str, column: Column) -> pd.Timestamp:
    """An instant, in UTC; text without an offset names none and is refused."""
    match = _TIME.fullmatch(text)
    if match is None and not _DAY.fullmatch(text):
        raise Fault("not-a-time", "This is not a time.", WRITE_TIME, "Write day, clock and offset.")
    if match is None or match["offset"] is None:
        raise Fault("naive-time", f"{text} has no offset.", WRITE_TIME, f"If it is UTC, write {_with_offset(text)}.")
    try:
        instant = pd.Timestamp(text.upper().replace(" ", "T", 1).replace(" ", "")).tz_convert("UTC")
    except (ValueError, OverflowError) as error:
        raise Fault("not-a-time", "There is no such time.", WRITE_TIME, "Check month, day, hour and offset.") from error
    check_year(instant)
    return instant.as_unit("ns")


def check_year(instant: pd.Timestamp) -> None:
    """Refuse an instant that can only be a slip."""
    if not YEARS[0] <= instant.year <= YEARS[1]:
        raise Fault(
            "year-out-of-range", f"The year is {instant.year}.", f"years {YEARS[0]} to {YEARS[1]}", "Correct the year."
        )


def _with_offset(text: str) -> str:
    clock = text.replace(" ", "T") if len(text) > len("2026-01-15") else f"{text}T00:00:00"
    return f"{clock}:00+00:00" if len(clock) == len("2026-01-15T18:00") else f"{clock}+00:00"


PARSERS: Mapping[Kind, Callable[[str, Column], object]] = {
    "id": name,
    "ref": name,
    "text": name,
    "number": number,
    "flag": flag,
    "time": time,
    "choice": choice,
    "phases": phases,
}
