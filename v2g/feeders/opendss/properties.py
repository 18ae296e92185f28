"""Properties of objects, and their values: which are allowed, which are left out, and how each is written anew."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from v2g.feeders.opendss import columns, words
from v2g.feeders.opendss.bundle import Barred, Bundle
from v2g.feeders.opendss.columns import Shape
from v2g.feeders.opendss.scan import Word
from v2g.feeders.opendss.sums import is_number
from v2g.feeders.opendss.values import Variables, filled, written

_NOT_FINITE = re.compile(r"(?:^|[\s,|(\[{])[+-]?(?:nan|inf|infinity)(?:$|[\s,|)\]}])", re.IGNORECASE)


class Target(NamedTuple):
    """An object, its class in lower case and its name as written."""

    class_: str
    name: str

    def __str__(self) -> str:
        full = f"{words.TITLES[self.class_]}.{self.name}"
        return f'"{full}"' if " " in full else full

    @property
    def key(self) -> tuple[str, str]:
        return self.class_, self.name.lower()


class Refusal(Exception):
    """A fault of one statement; the statement is dropped and reading goes on."""

    def __init__(self, message: str, found: str, allowed: str | None, remedy: str, column: str | None = None) -> None:
        super().__init__(message)
        self.found, self.allowed, self.remedy, self.column = found, allowed, remedy, column


class Properties:
    """Writes properties anew; ``leave_out`` is told of those that no plan needs."""

    def __init__(self, bundle: Bundle, leave_out: Callable[[str], None]) -> None:
        self.variables: Variables = {}
        self.shapes: dict[tuple[str, str], Shape] = {}
        self._bundle = bundle
        self._leave_out = leave_out

    def rebuilt(self, target: Target, given: list[Word], folder: Path, position: int = 0) -> list[str]:
        """``name=value`` of each, from the property at a position on; files are of ``folder``. Raises ``Refusal``."""
        class_, texts = target.class_, list[str]()
        names = words.CLASSES[class_]
        for at, word in enumerate(given):
            if word.name is not None:
                place = words.place(class_, word.name)
                if place is None:
                    raise _unknown_property(word.name, class_)
                position = place
            elif position >= len(names):
                raise Refusal("There are more values than properties.", word.value, None, "Name each: property=value.")
            name = names[position]
            position += 1
            if not word.value.strip():
                self._check_last(name, at == len(given) - 1)
            else:
                texts += self._property(target, name, word, folder)
        return texts

    def _check_last(self, name: str, last: bool) -> None:
        if not last:
            raise Refusal(
                "A property has no value: OpenDSS ignores the rest of such a line.", f"{name}=", None,
                "Give it a value, or take it out.", name,
            )  # fmt: skip
        self._leave_out(f"{name} without a value")

    def _property(self, target: Target, name: str, word: Word, folder: Path) -> list[str]:
        low = name.lower()
        if low in words.HARMFUL_PROPERTIES:
            reason = words.HARMFUL_PROPERTIES[low]
            raise Refusal(
                f"This property is not allowed: {reason}.", f"{name}={word.value}", None, "Take it out.", name
            )
        if low in words.LEFT_OUT_PROPERTIES:
            self._leave_out(f"{target}.{name}: no plan needs it")
            return []
        word = filled(word, self.variables)
        check_size(low, word)
        if low not in words.NAMES:
            check_finite(name, word)
        if target.class_ in words.COLUMNS:
            return self._of_shape(target, low, word, folder)
        if columns.names_a_file(word):
            raise Refusal("This property takes no file.", word.value, "numbers", "Write the numbers.", name)
        if low == "action" and target.class_ == "energymeter":
            self._leave_out(f"{target}.{name}: no plan needs it")
            return []
        return [f"{low}={written(word)}"]

    def _of_shape(self, target: Target, name: str, word: Word, folder: Path) -> list[str]:
        shape = self.shapes.setdefault(target.key, Shape())
        try:
            if name in columns.FILES:
                return columns.of_file(target.class_, name, word, shape, self._bundle, folder)
            if columns.names_a_file(word):
                return columns.of_list(target.class_, name, word, shape, self._bundle, folder)
        except Barred as barred:
            raise Refusal(str(barred), word.value, None, barred.remedy, name) from None
        if name == "action" and not word.value.lower().startswith("n"):
            raise Refusal("This action writes files.", word.value, "normalize", "Take it out.", name)
        if name == "like":
            other = self.shapes.get((target.class_, word.value.lower()), Shape())
            self.shapes[target.key] = Shape(other.points, other.has_hours)
        columns.note(shape, name, word)
        return [f"{name}={written(word)}"]


def _unknown_property(name: str, class_: str) -> Refusal:
    title = words.TITLES[class_]
    allowed = ", ".join(words.CLASSES[class_])
    return Refusal(f"A {title} has no property of this name.", name, allowed, "Correct it, or take it out.", name)


def check_finite(name: str, word: Word) -> None:
    """Raise ``Refusal`` for values such as ``nan``."""
    if _NOT_FINITE.search(word.value) or (is_number(word.value) and math.isinf(float(word.value))):
        raise Refusal("This is no finite number.", word.value, "finite numbers", "Correct it.", name)


def check_size(name: str, word: Word) -> None:
    """Raise ``Refusal`` for a number that no feeder has."""
    most = words.MOST.get(name)
    if most is not None and is_number(word.value) and float(word.value) > most:
        raise Refusal("This is more than a feeder has.", word.value, f"up to {most:,}", "Correct it.", name)
