"""Why no plan is possible at all: limits that clash, in the words of the case, each with its file and row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from v2g.case import Case
from v2g.engine import clash
from v2g.errors import Unmeetable
from v2g.language import Part, RuleT, constraint, variable
from v2g.limit_rows import Finder, Place
from v2g.limit_words import LAWS, NO_LESS_THAN_NOTHING, STORES, of_bound, of_rule, rank, remedy
from v2g.lp import LP, Block, Key
from v2g.problem import Problem
from v2g.whose import things, times

SHOWN = 12
LONGEST = 60.0
"""Seconds that the search for a clash may take."""
IRREDUCIBLE = (
    "These limits cannot be kept together, whatever is served. If any one of them gave way, the others could be kept "
    "(other limits may still clash elsewhere):"
)
UNTRIED = (
    "These limits cannot be kept together, whatever is served. Time ran out before all that is beside the point could "
    "be left out:"
)
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
ANGLE = re.compile(r"[\d.]+ deg")
NO_TIME = (
    "Which limits clash was not found in the time there was. Give more with --time-limit, or take fewer intervals."
)
WHOLE = (
    "All limits could be kept if things that are either so or not (a load served or not, on or off) could be half so: "
    "these choices clash with the limits. Which limits that are is not known."
)
ROUNDING = "No limits were found that clash by more than rounding. Try another solver, such as highs:ipx."


@dataclass(frozen=True)
class Item:
    """One limit that clashes: a rule, or the lower or upper bound (``side``) of a quantity, and where it comes from.

    ``labels`` are the indices as the user calls them; ``row`` is the row as a spreadsheet shows it. ``law`` marks
    what nobody can change.
    """

    part: str
    rule: str
    labels: tuple[str, ...]
    side: str
    words: str
    file: str = ""
    row: int | None = None
    remedy: str = ""
    law: bool = False

    @property
    def where(self) -> str:
        """File and row, as far as they are known."""
        return f"{self.file}, row {self.row}" if self.row is not None else self.file

    @property
    def when(self) -> str:
        """The time among the labels, blank if there is none."""
        found = TIME.search(", ".join(self.labels))
        return found.group() if found else ""

    @property
    def who(self) -> str:
        """The labels without times and directions."""
        words = ", ".join(self.labels).split(", ")
        return ", ".join(word for word in words if not TIME.fullmatch(word) and not ANGLE.fullmatch(word))

    def __str__(self) -> str:
        return _one_line([self])


@dataclass(frozen=True)
class Clash:
    """Limits that no plan keeps together. ``least``: without any one of them the others could be kept."""

    rows: tuple[Item, ...]
    least: bool = True

    def __str__(self) -> str:
        groups: dict[tuple[str, ...], list[Item]] = {}
        laws: dict[str, list[str]] = {}
        for item in sorted(self.rows, key=lambda item: rank(item.part, item.rule)):
            if item.law:
                laws.setdefault(item.words, []).append(item.who)
            else:
                groups.setdefault((item.part, item.rule, item.side, item.where), []).append(item)
        lines = [f"- {_one_line(items)}" for items in groups.values()]
        shown = lines[:SHOWN]
        if len(lines) > SHOWN:
            shown.append(f"- ... and {len(lines) - SHOWN} more")
        if laws:
            told = "; ".join(f"{words} ({_few(list(dict.fromkeys(who)))})" for words, who in laws.items())
            shown.append(f"- What links them, and nobody can change: {told}.")
        return "\n".join([IRREDUCIBLE if self.least else UNTRIED, *shown])


def _one_line(items: Sequence[Item]) -> str:
    """One limit of one thing, on one or several phases, at one or several times."""
    first, whens = items[0], sorted({item.when for item in items} - {""})
    names = _few(list(dict.fromkeys(item.who for item in items if item.who)))
    place, who = (f"{text}: " if text else "" for text in (first.where, names))
    many = f" [{len(whens)} times, {whens[0]} to {whens[-1]}]" if len(whens) > 1 else ""
    one = f" [{whens[0]}]" if len(whens) == 1 else ""
    return f"{place}{who}{first.words}{many or one}. {first.remedy}".rstrip()


def _few(names: Sequence[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def told(error: Unmeetable, case: Case, problem: Problem, lp: LP, time_limit: float | None = None) -> Unmeetable:
    """The error with the limits that clash, or with the reason why there are none to name."""
    try:
        found = explain(case, problem, lp, LONGEST if time_limit is None else min(LONGEST, time_limit))
    except clash.Unfinished:
        return Unmeetable(f"{error}\n{NO_TIME}")
    if found is None:
        return Unmeetable(f"{error}\n{WHOLE if lp.integer.any() else ROUNDING}")
    return Unmeetable(f"{error}\n{found}", found.rows)


def explain(case: Case, problem: Problem, lp: LP, time_limit: float | None = None) -> Clash | None:
    """Limits that clash whatever is served, as few as possible; None where all can be kept, but for whole decisions.

    Raises `v2g.engine.clash.Unfinished` where ``time_limit`` (s) is too short to find any.
    """
    members = clash.find(lp, time_limit, times(problem, lp), things(problem, lp))
    if members is None:
        return None
    teller = Teller(case, problem, lp)
    bounds = [(at, "least") for at in members.lower] + [(at, "most") for at in members.upper]
    items = [teller.bound(int(at), side) for at, side in sorted(bounds)] + [teller.rule(int(at)) for at in members.rows]
    return Clash(tuple(items), members.least)


@dataclass(frozen=True)
class Teller:
    """From columns and rows of the program to the words of the case."""

    case: Case
    problem: Problem
    lp: LP

    @cached_property
    def parts(self) -> dict[str, type[Part]]:
        """Parts by table."""
        return {part.table: part for part in self.problem.parts}

    @cached_property
    def finder(self) -> Finder:
        """Finds rows of the case."""
        return Finder(self.case)

    def rule(self, at: int) -> Item:
        """A row of the program."""
        (table, name), block = _find(self.lp.layout.rows, at)
        labels = self._labels(table, block, at)
        place = self._place(self.parts[table], block, labels)
        if (table, name) == ("legs", "reference"):
            place = self.finder.of_former(labels[0], float(np.sqrt(self.lp.row_upper[at]))) or place
        words = of_rule(table, name, self._word(table, name, constraint).doc)
        return Item(table, name, labels, "", words, *place, remedy(table, name), name in LAWS)

    def bound(self, at: int, side: str) -> Item:
        """The lower ('least') or upper ('most') bound of a column."""
        (table, name), block = _find(self.lp.layout.columns, at)
        labels = self._labels(table, block, at)
        value = float((self.lp.lower if side == "least" else self.lp.upper)[at])
        if (table, name) == ("legs", "voltage"):
            column = "vmin_pu" if side == "least" else "vmax_pu"
            words = f"Voltage at {side} {np.sqrt(value):.6g} of nominal ({column})"
            place = self.finder.of_band(labels[0], column)
        else:
            word = self._word(table, name, variable)
            words = of_bound(table, name, side, value, word.unit, word.doc)
            place = self._place(self.parts[table], block, labels)
        law = side == "least" and value == 0.0 and name not in STORES
        if law:
            words = NO_LESS_THAN_NOTHING
        return Item(table, name, labels, side, words, *place, "" if law else remedy(table, name), law)

    def _labels(self, table: str, block: Block, at: int) -> tuple[str, ...]:
        known = self.lp.layout.labels
        return tuple(str(known[table, letter][i]) for letter, i in zip(block.letters, block.position(at), strict=True))

    def _word(self, table: str, name: str, kind: type[RuleT]) -> RuleT:
        return next(word for word in self.parts[table].words(kind) if word.name == name and isinstance(word, kind))

    def _place(self, part: type[Part], block: Block, labels: Sequence[str]) -> Place:
        """File and row that a limit comes from: the first of its indices that is a row of some table."""
        sets = part.letters()
        for letter, label in zip(block.letters, labels, strict=True):
            file, row = self.finder.of_label(sets[letter], label)
            if file:
                return file, row
        return (self.finder.file(part.table), None) if part.table in self.case.tables else ("", None)


def _find(blocks: Mapping[Key, Block], at: int) -> tuple[Key, Block]:
    return next((k, b) for k, b in blocks.items() if b.first <= at < b.first + b.size)
