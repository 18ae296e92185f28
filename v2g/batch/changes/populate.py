"""Options of `populate`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from v2g.batch.changes.change import Asked, Change, Setting
from v2g.batch.changes.horizon import Horizon
from v2g.batch.changes.outage_h import LENGTH
from v2g.batch.changes.outage_start import START
from v2g.batch.fields import WITHOUT_QUOTES, Read, Wrong, in_quotes, instant, near, scalar, word
from v2g.check.words import did_you_mean
from v2g.populate.wishes import FORMERS, READERS, Wishes
from v2g.remedies.tables import Tables

OPTIONS = tuple(field.name for field in fields(Wishes) if field.name != "seed")
SET_BY_OTHERS = {
    "vehicles": "the number of vehicles", "outage": LENGTH, "start": START,
    "v2g_share": "the share of vehicles that can give",
}  # fmt: skip
"""What options set that other changes set as well."""


class Populate(Change):
    """Any option of `populate`."""

    name = "populate"
    title = "an `option` of v2g populate; needs [populate]"
    keys: Mapping[str, Any] = {"option": word(OPTIONS)}
    needed = ("option",)

    def value(self, found: Any, keys: Mapping[str, Any]) -> Any:
        """What the option takes; a list of sites can stand in the section alone, whose file is kept with the study."""
        if keys["option"] == "critical" and isinstance(found, str) and found != "auto" and not in_quotes(found):
            raise Wrong("Here is no place for a list of sites.", "auto, or a number of sites",
                        "Write it as critical in [populate].")  # fmt: skip
        return read_option(keys["option"])(found)

    def suits(self, value: Any, tables: Tables, keys: Mapping[str, Any], lasting: frozenset[str] | None) -> None:
        """A start is not far from that of the feeder's case."""
        if keys["option"] == "start":
            near(value, Horizon.of(tables).start)

    def sets(self, keys: Mapping[str, Any]) -> str:
        """The option."""
        return SET_BY_OTHERS.get(keys["option"], f"the option {keys['option']} of populate")

    def option(self, keys: Mapping[str, Any]) -> str:
        """The option."""
        return str(keys["option"])

    def before(self, asked: Asked, to: Setting) -> Asked:
        """With that option."""
        return asked.populated(**{to.keys["option"]: to.value})


def read_option(name: str) -> Read:
    """Reader of an option as it stands in a file: as on the command line, but for numbers, which have no quotes."""

    if name == "start":
        return instant

    def read(value: Any) -> Any:
        plain = int(value) if isinstance(value, float) and value.is_integer() else value
        try:
            found = READERS[name](plain)
        except ValueError as error:
            raise Wrong("The option does not take this.", str(error), _remedy(name, value)) from error
        if in_quotes(value):
            raise Wrong("This is text, and not a number.", "", WITHOUT_QUOTES)
        return scalar(plain) if isinstance(plain, (int, float)) else found

    return read


def _remedy(name: str, value: Any) -> str:
    if in_quotes(value):
        return WITHOUT_QUOTES
    if name == "formers":
        return did_you_mean(str(value), FORMERS)
    percent = name.endswith("share") and isinstance(value, (int, float)) and 1.0 < value <= 100.0
    return "A share, not per cent." if percent else ""
