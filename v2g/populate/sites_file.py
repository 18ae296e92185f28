"""A list of critical sites that the user gives: a CSV file, with one finding for each fault."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from v2g.errors import CaseError, Finding, InvalidCase
from v2g.formats.folder import parse_table
from v2g.populate.catalog import Row, table
from v2g.populate.feeder import PHASES, Feeder
from v2g.populate.plugs import point_of
from v2g.populate.sites import Site, on_one_phase, placed
from v2g.populate.stream import Stream

COLUMNS = ("site", "kind", "kw", "bus", "phases", "tier", "people", "plug_kw")
NEEDED = ("site", "kind")
FIRST_ROW = 2


def listed(file: Path, feeder: Feeder, taken: set[str], stream: Stream) -> list[Site]:
    """The sites of a list, placed where it does not say; blank cells are those of the kind.

    Raises InvalidCase with every fault, CaseError where the file cannot be read.
    """
    rows, faults = _rows(file)
    reader = _Reader(file.name, feeder, set(taken))
    sites = [reader.site(row, number) for number, row in enumerate(rows, start=FIRST_ROW) if any(row.values())]
    faults += reader.faults
    if not sites and not faults:
        faults.append(Finding(file.name, "The list has no site.", "Write a row for each, or use --critical auto."))
    if faults:
        raise InvalidCase(faults)
    return placed(feeder, [_connected(feeder, site, stream) if site.bus else site for site in sites], stream)


def _connected(feeder: Feeder, site: Site, stream: Stream) -> Site:
    """A site whose bus is given, with its phases, connected as the load there is."""
    if not site.phases:
        return on_one_phase(feeder, site, stream)
    alike = site.phases == PHASES
    return replace(site, connection=point_of(feeder, site.bus).connection) if alike else site


def _rows(file: Path) -> tuple[list[dict[str, str]], list[Finding]]:
    try:
        parsed = parse_table(file.name, file.read_bytes())
    except OSError as error:
        raise CaseError(f"{file} cannot be read: {error.strerror or error}.") from error
    faults = list(parsed.faults)
    if parsed.frame is None:
        return [], faults
    for name in parsed.frame.columns:
        if name not in COLUMNS:
            near = difflib.get_close_matches(name, COLUMNS, n=1)
            remedy = f"Did you mean {near[0]}?" if near else "Delete it, or rename it."
            faults.append(
                Finding(file.name, "There is no such column.", remedy, 1, name, name[:40], ", ".join(COLUMNS))
            )
    for name in NEEDED:
        if name not in parsed.frame.columns:
            faults.append(Finding(file.name, "The column is missing.", "Add it.", 1, name))
    if faults:
        return [], faults
    return [{str(key): text for key, text in row.items()} for row in parsed.frame.to_dict("records")], faults


class _Reader:
    """Reads rows one by one, and keeps what is wrong with them."""

    def __init__(self, file: str, feeder: Feeder, taken: set[str]) -> None:
        self.file, self.feeder, self.taken = file, feeder, taken
        self.kinds: Mapping[str, Row] = {row["kind"]: row for row in table("site_kinds")}
        self.faults: list[Finding] = []

    def site(self, row: Mapping[str, str], number: int) -> Site:
        """The site of a row; what is wrong with it is among the faults then."""
        kind = self.kinds.get(row["kind"].replace(" ", "_"))
        if kind is None:
            near = difflib.get_close_matches(row["kind"], self.kinds, n=1)
            remedy = f"Did you mean {near[0]}?" if near else "Take the kind that comes nearest."
            self._fault(number, "kind", row["kind"], ", ".join(self.kinds), remedy)
            kind = next(iter(self.kinds.values()))
        kw = self._number(row, number, "kw", float(kind["kw"]), "above 0 kW", above=True)
        plug = self._number(row, number, "plug_kw", min(float(kind["plug_kw"]), kw / 2), "0 kW to less than kw")
        if plug >= kw:
            self._fault(number, "plug_kw", row.get("plug_kw", ""), f"below {kw:g} kW", "The rest of kw is wired.")
        people = self._number(row, number, "people", float(kind["people"]), "above 0", above=True)
        tier = self._tier(row, number, int(kind["tier"]))
        bus, phases = self._place(row, number)
        return Site(self._name(row, number), kind["kind"], tier, kw, plug, people, bus, phases)

    def _name(self, row: Mapping[str, str], number: int) -> str:
        name = row["site"]
        if not name:
            self._fault(number, "site", "a blank cell", "a name", "Name the site.")
        elif name in self.taken or f"{name}_plugs" in self.taken:
            self._fault(number, "site", name, "a name that no load has yet", "Choose another name.")
        self.taken |= {name, f"{name}_plugs"}
        return name

    def _tier(self, row: Mapping[str, str], number: int, usual: int) -> int:
        text = row.get("tier", "")
        if text and (not text.isdecimal() or not 1 <= int(text) <= 9):
            self._fault(number, "tier", text, "1 (most critical) to 9", "")
            return usual
        return int(text) if text else usual

    def _place(self, row: Mapping[str, str], number: int) -> tuple[str, str]:
        bus, phases = row.get("bus", ""), "".join(sorted(row.get("phases", "").lower()))
        present = self.feeder.phases.get(bus)
        if bus and present is None:
            near = difflib.get_close_matches(bus, self.feeder.phases, n=1)
            self._fault(
                number, "bus", bus, "a bus of the feeder", f"Did you mean {near[0]}?" if near else "See buses.csv."
            )
            return "", ""
        if phases and not bus:
            self._fault(number, "phases", phases, "blank where bus is blank", "Name the bus as well.")
        elif phases and (not set(phases) <= set(present or "") or len(set(phases)) != len(phases)):
            self._fault(number, "phases", phases, f"of {present} at bus {bus}", "Correct the bus or the phases.")
        return bus, phases or (PHASES if present == PHASES else "")

    def _number(
        self, row: Mapping[str, str], number: int, column: str, usual: float, allowed: str, *, above: bool = False
    ) -> float:
        text = row.get(column, "")
        if not text:
            return usual
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not (value > 0.0 if above else value >= 0.0) or value > 1e6:
            self._fault(number, column, text, allowed, "Write a number with a point, without its unit.")
            return usual
        return value

    def _fault(self, number: int, column: str, found: str, allowed: str, remedy: str) -> None:
        message = "This site cannot be placed as it is written."
        shown = "".join(c if c.isprintable() else "?" for c in found)[:60]
        self.faults.append(Finding(self.file, message, remedy, number, column, shown, allowed, code="site"))
