"""Why no plan is possible at all: limits that clash, in the words of the case, each with its file and row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from v2g.case import Case
from v2g.engine import clash
from v2g.errors import Unmeetable
from v2g.language import Part, Rule, constraint, variable
from v2g.lp import LP, Block, Key
from v2g.problem import Problem

HEADER = "case.toml"
SHOWN = 12
LONGEST = 60.0
"""Seconds that the search for a clash may take."""

REMEDIES = {
    ("legs", "voltage"): "Widen vmin_pu or vmax_pu if the equipment stands it.",
    ("legs", "reference"): "Change voltage_pu of the source that forms the island.",
    ("legs", "drop"): "Look at impedances and taps.",
    ("legs", "thermal"): "Look at rating_kva.",
    ("legs", "flow"): "Look at rating_kva.",
    ("capacitors", "susceptance"): "Switch the bank off (closed = 0), or serve more there.",
    ("capacitors", "while_all_run"): "Switch the bank off (closed = 0), or serve more there.",
    ("batteries", "energy"): "Look at reserve_kwh and start_kwh.",
    ("batteries", "energy_start"): "Look at reserve_kwh and start_kwh.",
    ("loads", "kept"): "Do not insist on this load.",
}
REMEDY_OF_RULE = {
    "capability": "Look at rating_kva.",
    "stays_on": "Soften hold = hard to priced.",
}
SPARSE = {
    "plugs": ("vehicles", 1), "ports": ("vehicles", 1), "gates": ("vehicles", 1), "premises.plugs": ("vehicles", 1),
    "sockets.cars": ("vehicles", 1), "premises.circuits": ("loads", 1), "sockets.cords": ("loads", 2),
    "loads.steps": ("loads", 1), "loads.pickups": ("loads", 1), "loads.echoes": ("loads", 1),
    "loads.turns": ("loads", 1), "loads.runs": ("loads", 1), "loads.draws": ("loads", 1),
    "premises.places": ("sites", 1), "sockets.places": ("sites", 1),
}  # fmt: skip
"""Sets over things and times: the table of the thing their labels begin with, and how many words follow it."""
LAWS = ("balance", "balance_kvar")
"""Kirchhoff's law has no file: it is said once, for all nodes together."""


@dataclass(frozen=True)
class Item:
    """One limit that clashes: a rule, or the lower or upper bound (``side``) of a quantity, and where it comes from.

    ``labels`` are the indices as the user calls them; ``row`` is the row as a spreadsheet shows it.
    """

    part: str
    rule: str
    labels: tuple[str, ...]
    side: str
    words: str
    file: str = ""
    row: int | None = None
    remedy: str = ""

    @property
    def where(self) -> str:
        """File and row, as far as they are known."""
        return f"{self.file}, row {self.row}" if self.row is not None else self.file

    def __str__(self) -> str:
        place = f"{self.where}: " if self.file else ""
        at = f" [{', '.join(self.labels)}]" if self.labels else ""
        return f"{place}{self.words}{at}. {self.remedy}".rstrip()


@dataclass(frozen=True)
class Clash:
    """Limits that no plan keeps together. ``least``: without any one of them a plan would be possible."""

    rows: tuple[Item, ...]
    least: bool = True

    def __str__(self) -> str:
        groups: dict[tuple[str, ...], list[Item]] = {}
        for item in sorted(self.rows, key=lambda item: not item.remedy):
            if item.rule not in LAWS:
                groups.setdefault((item.part, item.rule, item.side, item.where, item.words), []).append(item)
        lines = [f"- {_one_line(items)}" for items in groups.values()]
        shown = lines[:SHOWN]
        if len(lines) > SHOWN:
            shown.append(f"- ... and {len(lines) - SHOWN} more")
        nodes = list(dict.fromkeys(item.labels[0] for item in self.rows if item.rule in LAWS and item.labels))
        if nodes:
            shown.append(f"- Kirchhoff's law at {_few(nodes)}.")
        least = ", and without any one of them a plan would be possible:"
        head = "These clash" + (least if self.least else " (all that was found in the time; fewer of them may do):")
        return "\n".join([head, *shown])


def _one_line(items: Sequence[Item]) -> str:
    """Several places of one limit in one line."""
    first = items[0]
    return str(first) if len(items) == 1 else f"{first} (and {len(items) - 1} more places)"


def _few(names: Sequence[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more nodes" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def told(error: Unmeetable, case: Case, problem: Problem, lp: LP, time_limit: float | None = None) -> Unmeetable:
    """The error with the limits that clash; the same error where none are found, such as by whole numbers alone."""
    found = explain(case, problem, lp, LONGEST if time_limit is None else min(LONGEST, time_limit))
    return error if found is None else Unmeetable(f"{error}\n{found}", found.rows)


def explain(case: Case, problem: Problem, lp: LP, time_limit: float | None = None) -> Clash | None:
    """Limits that clash whatever is served, as few as possible; None where there are none."""
    members = clash.find(lp, time_limit)
    if members is None:
        return None
    teller = _Teller(case, problem, lp)
    bounds = [(at, "least") for at in members.lower] + [(at, "most") for at in members.upper]
    items = [teller.bound(int(at), side) for at, side in sorted(bounds)] + [teller.rule(int(at)) for at in members.rows]
    return Clash(tuple(items), members.least)


@dataclass(frozen=True)
class _Teller:
    """From columns and rows of the program to the words of the case."""

    case: Case
    problem: Problem
    lp: LP

    @cached_property
    def parts(self) -> dict[str, type[Part]]:
        """Parts by table."""
        return {part.table: part for part in self.problem.parts}

    def rule(self, at: int) -> Item:
        """A row of the program."""
        (table, name), block = self._find(self.lp.layout.rows, at)
        labels = self._labels(table, block, at)
        file, row = self._place(self.parts[table], block, labels)
        if (table, name) == ("legs", "reference"):
            file, row = self._former(labels[0], float(np.sqrt(self.lp.row_upper[at]))) or (file, row)
        return Item(table, name, labels, "", self._said(table, name, constraint), file, row, _remedy(table, name))

    def bound(self, at: int, side: str) -> Item:
        """The lower ('least') or upper ('most') bound of a column."""
        (table, name), block = self._find(self.lp.layout.columns, at)
        labels = self._labels(table, block, at)
        value = float((self.lp.lower if side == "least" else self.lp.upper)[at])
        file, row = self._place(self.parts[table], block, labels)
        if (table, name) == ("legs", "voltage"):
            column = "vmin_pu" if side == "least" else "vmax_pu"
            words = f"Voltage at {side} {np.sqrt(value):.6g} of nominal ({column})"
            file, row = self._band(labels[0], column)
        else:
            unit = next(w.unit for w in self.parts[table].words(variable) if w.name == name)
            words = f"{self._said(table, name, variable)}: at {side} {value:.6g}{'' if unit == '1' else f' {unit}'}"
        return Item(table, name, labels, side, words, file, row, _remedy(table, name))

    def _find(self, blocks: object, at: int) -> tuple[Key, Block]:
        assert hasattr(blocks, "items")
        return next((k, b) for k, b in blocks.items() if b.first <= at < b.first + b.size)

    def _labels(self, table: str, block: Block, at: int) -> tuple[str, ...]:
        known = self.lp.layout.labels
        return tuple(str(known[table, letter][i]) for letter, i in zip(block.letters, block.position(at), strict=True))

    def _said(self, table: str, name: str, kind: type[Rule]) -> str:
        """First sentence of a rule's text."""
        doc = next(w.doc for w in self.parts[table].words(kind) if w.name == name)
        return str(doc).split("\n")[0].rstrip(".")

    def _place(self, part: type[Part], block: Block, labels: Sequence[str]) -> tuple[str, int | None]:
        """File and row that a limit comes from: the first of its indices that is a row of some table."""
        sets = part.letters()
        for letter, label in zip(block.letters, labels, strict=True):
            for table, name in _owners(sets[letter], label):
                row = self._row(table, name)
                if row is not None:
                    return self._file(table), row
        return (self._file(part.table), None) if part.table in self.case.tables else ("", None)

    def _row(self, table: str, name: str) -> int | None:
        """Row of a name in a table of the case, as a spreadsheet counts."""
        frame = self.case.table(table)
        if not len(frame):
            return None
        found = np.flatnonzero((frame.iloc[:, 0].astype(str) == name).to_numpy())
        return int(found[0]) + 2 if found.size else None

    def _file(self, table: str) -> str:
        return self.case.origin.get(table, f"{table}.csv")

    def _band(self, node: str, column: str) -> tuple[str, int | None]:
        """Where a voltage limit stands: with its bus, or in the header for all."""
        row = self._row("buses", node.rpartition(".")[0])
        if row is None or np.isnan(self.case.table("buses")[column].to_numpy(float)[row - 2]):
            return HEADER, None
        return self._file("buses"), row

    def _former(self, node: str, voltage: float) -> tuple[str, int] | None:
        """The source at a node that forms an island at that voltage."""
        bus, _, phase = node.rpartition(".")
        for table in ("grid", "generators", "batteries", "chargers"):
            frame = self.case.table(table)
            if not len(frame) or "voltage_pu" not in frame:
                continue
            mine = (frame["bus"] == bus) & frame["phases"].str.contains(phase, regex=False)
            mine &= np.isclose(frame["voltage_pu"].astype(float), voltage)
            if table != "grid":
                mine &= frame["forming"].astype(bool)
            if mine.any():
                return self._file(table), int(np.flatnonzero(mine.to_numpy())[0]) + 2
        return None


def _owners(members: str, label: str) -> list[tuple[str, str]]:
    """Tables and names in them that a label of an index set may stand for."""
    kinds: dict[str, Callable[[], list[tuple[str, str]]]] = {
        "legs": lambda: [(table, label.rpartition(".")[0]) for table in ("lines", "transformers")],
        "nodes": lambda: [("buses", label.rpartition(".")[0])],
    }
    if members in kinds:
        return kinds[members]()
    if members in SPARSE:
        table, further = SPARSE[members]
        return [(table, label.rsplit(", ", further)[0])]
    if members.endswith(".links"):
        return [(members.removesuffix(".links"), label.rpartition(".")[0])]
    return [(members, label)]


def _remedy(table: str, name: str) -> str:
    return REMEDIES.get((table, name), REMEDY_OF_RULE.get(name, ""))
