"""From the index of a limit to the row of the case that it comes from: which file, which line."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass

import numpy as np

from v2g.case import Case

HEADER = "case.toml"
Place = tuple[str, int | None]
"""File, and row as a spreadsheet shows it; a blank file where nothing is known."""


def _first_word(label: str) -> str:
    return label.split(", ")[0]


def _before_point(label: str) -> str:
    return label.rpartition(".")[0]


def _itself(label: str) -> str:
    return label


Owner = tuple[tuple[str, ...], Callable[[str], str]]
"""Tables that a label of a set may stand in, and how its name is read from the label."""

OWNERS: dict[str, Owner] = {
    "legs": (("lines", "transformers"), _before_point),
    "deltas": (("transformers",), _itself),
    "regulated": (("transformers",), _before_point),
    "nodes": (("buses",), _before_point),
    "stations": (("chargers",), _itself),
    "stations.links": (("chargers",), _before_point),
    "charging": (("buses",), _before_point),
    **dict.fromkeys(("resting", "generators.joined"), (("buses",), lambda label: _before_point(_first_word(label)))),
    "generators.turns": (("generators",), _first_word),
    "generators.tanks": (("tanks", "generators"), _itself),
    "generators.refilled": (("tanks", "generators"), _itself),
    "loads.days": (("loads",), lambda label: label.rpartition(" +")[0]),
    "places": (("sites", "loads"), lambda label: label.rpartition(", tier ")[0].removeprefix("site ")),
    "loads.at_sites": (("loads",), _itself),
    "stocks": (("vehicles",), _itself),
    **dict.fromkeys(("plugs", "ports", "gates", "premises.plugs", "sockets.cars"), (("vehicles",), _first_word)),
    **dict.fromkeys(
        ("premises.circuits", "sockets.cords", "loads.steps", "loads.pickups", "loads.echoes", "loads.turns",
         "loads.runs", "loads.draws"),
        (("loads",), _first_word),
    ),
    **dict.fromkeys(("premises.places", "sockets.places"), (("sites",), _first_word)),
}  # fmt: skip
"""Sets that are no table of their own."""
WITHOUT_ROW = ("intervals", "points", "tiers", "directions", "outages", "steered", "queued", "missable")
"""Sets whose members stand in no row."""
OF_HEADER = {"last": "carry_h"}
"""Sets that a key of the header makes."""


def owners(members: str, label: str, tables: Container[str]) -> list[tuple[str, str]]:
    """Tables and names in them that a label of a set may stand for; a set may also be a table, or its links."""
    if members in OWNERS:
        found, named = OWNERS[members]
        return [(table, named(label)) for table in found]
    table = members.removesuffix(".links")
    name = label if table == members else _before_point(label)
    return [(table, name)] if table in tables else []


@dataclass(frozen=True)
class Finder:
    """Finds rows of one case."""

    case: Case

    def of_label(self, members: str, label: str) -> Place:
        """File and row of a member of a set."""
        if members in OF_HEADER:
            return self.of_key(OF_HEADER[members])
        for table, name in owners(members, label, self.case.tables):
            row = self.row(table, name)
            if row is not None:
                return self.file(table), row
        return "", None

    def of_key(self, key: str) -> Place:
        """File and line of a key of the header."""
        return HEADER, self.case.lines.get(key)

    def row(self, table: str, name: str) -> int | None:
        """Row of a name in a table, as a spreadsheet counts."""
        frame = self.case.table(table)
        if not len(frame):
            return None
        found = np.flatnonzero((frame.iloc[:, 0].astype(str) == name).to_numpy())
        return int(found[0]) + 2 if found.size else None

    def file(self, table: str) -> str:
        """Name of the file of a table."""
        return self.case.origin.get(table, f"{table}.csv")

    def of_band(self, node: str, column: str) -> Place:
        """Where a voltage limit stands: with its bus, or in the header for all."""
        row = self.row("buses", _before_point(node))
        if row is None or np.isnan(self.case.table("buses")[column].to_numpy(float)[row - 2]):
            return self.of_key(column)
        return self.file("buses"), row

    def of_former(self, node: str, voltage: float) -> Place | None:
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
                return self.file(table), int(np.flatnonzero(mine.to_numpy())[0]) + 2
        return None
