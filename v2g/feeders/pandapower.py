"""The reader of pandapower networks: the JSON that ``pandapower.to_json`` writes, or a network in memory.

The JSON names a class of Python for every table; nothing of that is ever loaded: tables are read as text and numbers.
powerio 0.11.6 reads the same file without its switches, so that open ones are closed (lowest voltage of the CIGRE
medium-voltage network 0.958 instead of 0.923 p.u.), and takes loads of constant impedance as constant power; hence
the reader of our own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from math import pi
from pathlib import Path
from typing import Any

from v2g.errors import Finding, ImportRefused
from v2g.feeders.balanced import MEGA, Build, Matters, Record, finite
from v2g.feeders.network import PRIMARY, Bus, Network, TapRange, Weight, Winding
from v2g.feeders.pandapower_json import Table, parsed, tables_of
from v2g.feeders.pandapower_taps import moved, ratio, tap_range
from v2g.formats.words import counted

OWN = re.compile(rb'"_class"\s*:\s*"pandapowerNet"')
NO_LIMIT_KA = 9_000.0
"""Converters write 99,999 kA for a line without a rating."""
TAKEN = {
    "bus", "bus_geodata", "line", "switch", "trafo", "load", "asymmetric_load", "sgen", "gen", "storage", "ext_grid",
    "shunt",
}  # fmt: skip
_KVAR: Matters = dict.fromkeys(
    ("min_q_mvar", "max_q_mvar"), ("limits of kvar, for which ratings alone stand here", None)
)
SGEN: Matters = {
    **_KVAR,
    "q_mvar": ("static generators with kvar of their own: panels give none here, machines what a plan chooses", 0.0),
    "min_p_mw": ("machines that have to give a least power, and here none", 0.0),
}
GEN: Matters = {**_KVAR, "min_p_mw": SGEN["min_p_mw"]}
STORAGE: Matters = {
    **_KVAR,
    "q_mvar": ("batteries with kvar of their own: a plan chooses it", 0.0),
    "p_mw": ("batteries that charge or give in the file: here a plan says what they do", 0.0),
    "self-discharge_percent_per_day": ("batteries that lose charge while they stand, and not here", 0.0),
}
EXT_GRID: Matters = dict.fromkeys(
    ("min_p_mw", "max_p_mw", "min_q_mvar", "max_q_mvar"),
    ("limits of the supply from outside, which has none here", None),
)
"""Columns of each table that a case has no place for."""
UNUSED = {"measurement", "poly_cost", "pwl_cost", "group", "line_geodata", "std_types", "characteristic"}
UNUSED_STARTS = ("_", "res_", "trafo_characteristic", "q_capability")


class Pandapower:
    """Networks of pandapower, balanced."""

    name = "pandapower"
    title = "pandapower network"

    def looks_like(self, path: Path, head: bytes) -> bool:
        """A JSON whose class is that of a network.

        >>> Pandapower().looks_like(Path("net.json"), b'{"_class": "pandapowerNet"}')
        True
        """
        return OWN.search(head) is not None

    def read(self, path: Path, bundle: Path | None = None) -> Network:
        """All of it, in the order of the file. Raises ``ImportRefused`` with table, row and column of every fault."""
        findings: list[Finding] = []
        tables, plain = tables_of(parsed(path), path.name, findings)
        return _network(tables, plain, path.name, path.stem, findings)


def network_of(net: Mapping[str, Any], name: str = "net") -> Network:
    """A network from one in memory, by the tables that it has; pandapower itself is not needed."""
    tables: dict[str, Table] = {}
    plain: dict[str, object] = {}
    for key in net:
        value = net[key]
        if not all(hasattr(value, part) for part in ("columns", "index", "notna")):
            plain[key] = value
        elif len(value):
            whole = value.astype(object)
            rows = whole.where(value.notna(), None).values.tolist()
            tables[key] = Table([str(column) for column in value.columns], value.index.tolist(), rows)
    return _network(tables, plain, name, name, [])


def _network(
    tables: dict[str, Table], plain: dict[str, object], file: str, stem: str, findings: list[Finding]
) -> Network:
    build = Build(Pandapower.name, findings)
    frequency = Record(file, None, plain, findings).number("f_hz", 50.0, above=0.0)
    if "bus" not in tables:
        findings.append(Finding(f"{file}/bus", "There is no table of buses.", "Export the network by to_json."))
        raise ImportRefused(findings)
    reading = _Reading(build, tables, file, frequency)
    reading.buses()
    for kind, take in reading.kinds().items():
        for record in reading.records(kind):
            if record.flag("in_service", True):
                take(record)
            else:
                build.gather(Weight.UNUSED, f"elements of table {kind} that are out of service", record, record.key)
    reading.switches()
    reading.others()
    name = plain.get("name")
    return build.network(name if isinstance(name, str) and name else stem, frequency)


class _Reading:
    """Takes over table by table."""

    def __init__(self, build: Build, tables: dict[str, Table], file: str, frequency: float) -> None:
        self.build, self.tables, self.file, self.frequency = build, tables, file, frequency
        self.states: dict[tuple[str, str], list[bool]] = {}
        for record in self.records("switch"):
            if record.text("et") in ("l", "t"):
                key = record.text("et"), record.text("element")
                self.states.setdefault(key, []).append(record.flag("closed", True))
        self.moved, self.other_controllers = moved(self.records("controller"))

    def kinds(self) -> Mapping[str, Any]:
        """What takes over a row of each table."""
        return {
            "line": self._line, "trafo": self._trafo, "load": self._load, "asymmetric_load": self._asymmetric_load,
            "sgen": self._sgen, "gen": self._gen, "storage": self._storage, "ext_grid": self._ext_grid,
            "shunt": self._shunt,
        }  # fmt: skip

    def records(self, table: str) -> Iterator[Record]:
        """Rows of a table, none where there is no such table."""
        found = self.tables.get(table)
        for index, row in zip(found.index, found.rows, strict=True) if found else ():
            number = index if isinstance(index, int) else None
            cells = dict(zip(found.columns, row, strict=True)) if found else {}
            yield Record(f"{self.file}/{table}", number, cells, self.build.findings, str(index))

    def _name(self, record: Record, kind: str) -> str:
        return record.text("name") or f"{kind}_{record.key}"

    def buses(self) -> None:
        """Buses, those of one name told apart by their index."""
        drawn = {record.key: record for record in self.records("bus_geodata")}
        for record in self.records("bus"):
            name = self._name(record, "bus")
            if not record.flag("in_service", True):
                self.build.idle.add(record.key)
                self.build.gather(Weight.UNUSED, "buses that are out of service", record, name)
                continue
            x, y = _place(record, drawn.get(record.key))
            limits = record.known("min_vm_pu", above=0.0), record.known("max_vm_pu", above=0.0)
            self.build.bus(record, name, record.number("vn_kv", above=0.0), x, y, limits)

    def _ends(self, record: Record, one: str, two: str) -> tuple[Bus, Bus] | None:
        first, second = self.build.at(record, one), self.build.at(record, two)
        return None if first is None or second is None else (first, second)

    def _line(self, record: Record) -> None:
        ends = self._ends(record, "from_bus", "to_bus")
        if ends is None:
            return
        name, states = self._name(record, "line"), self.states.get(("l", record.key), [])
        parallel = record.number("parallel", 1.0, above=0.0)
        per_line = record.number("length_km", at_least=0.0) / parallel
        across = record.number("length_km", at_least=0.0) * parallel * 2.0 * pi * self.frequency * 1e-3
        zero = None
        if not record.blank("r0_ohm_per_km") and not record.blank("x0_ohm_per_km"):
            z0 = complex(record.number("r0_ohm_per_km"), record.number("x0_ohm_per_km"))
            zero = z0 * per_line, record.number("c0_nf_per_km", 0.0) * across
        if any(states) and not all(states) and across:
            self.build.gather(Weight.CHANGED, "lines open at one end, without what they charge", record, name)
        if record.number("g_us_per_km", 0.0):
            self.build.gather(Weight.CHANGED, "lines without their conductance to ground", record, name)
        self.build.line(
            record, name, ends,
            complex(record.number("r_ohm_per_km", at_least=0.0), record.number("x_ohm_per_km")) * per_line,
            record.number("c_nf_per_km", 0.0) * across, self._rating(record, parallel), zero,
            bool(states), all(states),
        )  # fmt: skip

    def _rating(self, record: Record, parallel: float) -> float | None:
        most = record.known("max_i_ka", above=0.0)
        if most is None or most > NO_LIMIT_KA:
            return None
        share = record.number("df", 1.0, above=0.0) * record.number("max_loading_percent", 100.0, above=0.0) / 100.0
        return MEGA * most * share * parallel

    def switches(self) -> None:
        """Between two buses; those of a line or a transformer are part of it."""
        for record in self.records("switch"):
            kind = record.text("et")
            if kind == "b":
                ends = self._ends(record, "bus", "element")
                if ends is not None:
                    rating = record.known("in_ka", above=0.0)
                    self.build.line(
                        record, self._name(record, "switch"), ends, complex(record.number("z_ohm", 0.0, at_least=0.0)),
                        rating_a=None if rating is None else MEGA * rating, switch=True,
                        closed=record.flag("closed", True),
                    )  # fmt: skip
            elif kind not in ("l", "t"):
                name = self._name(record, "switch")
                self.build.note(Weight.LOST, f"switch {name} of kind {kind!r} is not taken over", record.origin)

    def _trafo(self, record: Record) -> None:
        ends = self._ends(record, "hv_bus", "lv_bus")
        if ends is None:
            return
        name = self._name(record, "trafo")
        parallel = record.number("parallel", 1.0, above=0.0)
        kva = MEGA * record.number("sn_mva", above=0.0) * parallel
        vk, vkr = record.number("vk_percent", at_least=0.0), record.number("vkr_percent", at_least=0.0)
        if vkr > vk:
            record.refuse("vkr_percent", "It is above vk_percent.", "Correct one of them.", vkr, f"at most {vk:g}")
            return
        (high, low), lead = self._group(record, name, ends)
        ranges = self._ranges(record, name)
        windings = (
            Winding(ends[0].name, PRIMARY, high, record.number("vn_hv_kv", above=0.0), kva,
                    ratio(record, "hv"), vkr / 2.0, ranges["hv"]),
            Winding(ends[1].name, PRIMARY, low, record.number("vn_lv_kv", above=0.0), kva,
                    ratio(record, "lv"), vkr / 2.0, ranges["lv"]),
        )  # fmt: skip
        loss = record.number("pfe_kw", 0.0, at_least=0.0) * parallel
        idle = record.number("i0_percent", 0.0) / 100.0 * kva
        core = loss, max(idle**2 - loss**2, 0.0) ** 0.5
        if record.flag("tap_dependency_table", False):
            text = (
                "transformers whose ratio and impedance follow a table by tap in the file, and steps of equal size here"
            )
            self.build.gather(Weight.CHANGED, text, record, name)
        share = record.number("max_loading_percent", 100.0, above=0.0) / 100.0
        rating = kva * record.number("df", 1.0, above=0.0) * share
        x_pct = (vk**2 - vkr**2) ** 0.5
        closed = all(self.states.get(("t", record.key), []))
        self.build.transformer(record, name, windings, x_pct, rating, closed, lead, core)

    def _ranges(self, record: Record, name: str) -> dict[str, TapRange | None]:
        """Where the tap of each side can stand, if it moves under load."""
        ranges = {side: tap_range(record, side) for side in ("hv", "lv")}
        if not any(ranges.values()):
            return ranges
        if record.key in self.moved or record.flag("oltc", False):
            moves = "transformers whose tap moves under load: it has its range, and no set-point"
            self.build.gather(Weight.CHANGED, moves, record, name)
            return ranges
        text = "transformers with taps and nothing that moves them under load (oltc, controller): they stand as they do"
        self.build.gather(Weight.CHANGED, text, record, name)
        return dict.fromkeys(ranges)

    def _group(self, record: Record, name: str, ends: tuple[Bus, Bus]) -> tuple[tuple[str, str], bool]:
        """Connections of both windings, and whether the low side leads; from the vector group, else from the angle."""
        degrees = record.number("shift_degree", 0.0)
        match = re.fullmatch(r"([YD])[Nn]?([ydz])n?\d*", record.text("vector_group"))
        if match is None:
            return self.build.turned(record, name, degrees, ends)
        if match[2] == "z":
            self.build.gather(Weight.CHANGED, "zigzag windings, taken as wye", record, name)
        connections = "delta" if match[1] == "D" else "wye", "delta" if match[2] == "d" else "wye"
        return connections, abs(degrees % 120.0 - 90.0) < 1.0

    def _load(self, record: Record) -> None:
        bus = self.build.at(record, "bus")
        if bus is None:
            return
        scaling, name = record.number("scaling", 1.0), self._name(record, "load")
        (kw_bend, kw_mixed), (kvar_bend, kvar_mixed) = (_bend(record, letter) for letter in "pq")
        if kw_mixed or kvar_mixed:
            text = "loads of mixed dependence on voltage, with the one exponent that agrees at nominal voltage"
            self.build.gather(Weight.CHANGED, text, record, name)
        self.build.load(
            record, name, bus, MEGA * scaling * record.number("p_mw"), MEGA * scaling * record.number("q_mvar", 0.0),
            kw_bend, kvar_bend, connection=_connection(record),
        )  # fmt: skip

    def _asymmetric_load(self, record: Record) -> None:
        bus = self.build.at(record, "bus")
        scaling, connection = record.number("scaling", 1.0), _connection(record)
        for k, phase in enumerate(PRIMARY if bus is not None else ""):
            kw, kvar = (record.number(f"{p}_{phase}_{unit}", 0.0) for p, unit in (("p", "mw"), ("q", "mvar")))
            phases = phase if connection == "wye" else phase + PRIMARY[(k + 1) % 3]
            if bus is not None:
                self.build.load(
                    record, f"{self._name(record, 'asymmetric_load')}_{phase}", bus, MEGA * scaling * kw,
                    MEGA * scaling * kvar, phases=phases, connection=connection,
                )  # fmt: skip

    def _sgen(self, record: Record) -> None:
        bus, name = self.build.at(record, "bus"), self._name(record, "sgen")
        if bus is None:
            return
        kw = MEGA * record.number("p_mw") * record.number("scaling", 1.0)
        kva = _kilo(record, "sn_mva")
        self.build.left_out(record, name, SGEN)
        rating = _kilo(record, "max_p_mw") or kva or kw
        if record.text("type").lower() in ("pv", "solar"):
            if rating != kw:
                text = "panels at part of their rating in the file (p_mw, scaling): here at all of it in full sun"
                self.build.gather(Weight.CHANGED, text, record, name)
            self.build.solar(record, name, bus, rating, kva)
            return
        text = "static generators that are not panels, taken as machines that burn fuel"
        self.build.gather(Weight.CHANGED, text, record, name)
        self.build.generator(record, name, bus, rating, kw, kva)

    def _gen(self, record: Record) -> None:
        bus, name = self.build.at(record, "bus"), self._name(record, "gen")
        if bus is None:
            return
        self.build.left_out(record, name, GEN)
        if record.flag("slack", False):
            self.build.source(record, name, bus, record.number("vm_pu", above=0.0))
            return
        self.build.gather(Weight.CHANGED, "generators hold no voltage, and give what a plan asks for", record, name)
        kw, kva = MEGA * record.number("p_mw") * record.number("scaling", 1.0), _kilo(record, "sn_mva")
        self.build.generator(record, name, bus, _kilo(record, "max_p_mw") or kva or kw, kw, kva)

    def _storage(self, record: Record) -> None:
        bus, name = self.build.at(record, "bus"), self._name(record, "storage")
        if bus is None:
            return
        if record.blank("max_e_mwh"):
            text = f"battery {name} of unknown capacity (max_e_mwh) is left out"
            self.build.note(Weight.LOST, text, record.origin)
            return
        capacity = MEGA * record.number("max_e_mwh", at_least=0.0)
        power = _kilo(record, "sn_mva") or abs(MEGA * record.number("p_mw", 0.0))
        text = "batteries without losses"
        if record.blank("soc_percent"):
            text += ", empty since the file does not say how full they are"
        self.build.gather(Weight.CHANGED, text, record, name)
        self.build.left_out(record, name, STORAGE)
        least = _kilo(record, "min_p_mw")
        self.build.battery(
            record, name, bus, capacity_kwh=capacity,
            start_kwh=capacity * record.number("soc_percent", 0.0, at_least=0.0) / 100.0,
            reserve_kwh=MEGA * record.number("min_e_mwh", 0.0, at_least=0.0),
            charge_kw=_kilo(record, "max_p_mw") or power, discharge_kw=-least if least else power,
            rating_kva=_kilo(record, "sn_mva"),
        )  # fmt: skip

    def _ext_grid(self, record: Record) -> None:
        bus = self.build.at(record, "bus")
        if bus is not None:
            self.build.left_out(record, self._name(record, "ext_grid"), EXT_GRID)
            self.build.source(record, self._name(record, "ext_grid"), bus, record.number("vm_pu", 1.0, above=0.0))

    def _shunt(self, record: Record) -> None:
        bus = self.build.at(record, "bus")
        if bus is None:
            return
        kv = 3.0**0.5 * bus.kv_ln
        scale = MEGA * record.number("step", 1.0) * (kv / record.number("vn_kv", kv, above=0.0)) ** 2
        kw, kvar = scale * record.number("p_mw", 0.0), -scale * record.number("q_mvar")
        self.build.shunt(record, self._name(record, "shunt"), bus, kw, kvar)

    def others(self) -> None:
        """Tables that are not taken over."""
        for name, table in self.tables.items():
            if name in TAKEN or name in UNUSED or name.startswith(UNUSED_STARTS):
                continue
            first = next(self.records(name))
            if name == "controller":
                if self.other_controllers:
                    held = f"{counted(self.other_controllers, 'controller')}: what they set stands as in the file"
                    self.build.note(Weight.CHANGED, held, first.origin)
            else:
                rows = counted(len(table.rows), "row")
                text = f"table {name} is not taken over: {rows}, such as {self._name(first, name)}"
                self.build.note(Weight.LOST, text, first.origin)


def _bend(record: Record, letter: str) -> tuple[float, bool]:
    """Exponent with the slope, at nominal voltage, of a mix of constant Z, I and P; whether it is a mix."""
    z, i = (
        record.number(f"const_{kind}_{letter}_percent", record.number(f"const_{kind}_percent", 0.0)) for kind in "zi"
    )
    return (2.0 * z + i) / 100.0, not {z, i} <= {0.0, 100.0}


def _kilo(record: Record, column: str) -> float | None:
    """kW of MW, kVA of MVA; None where it is not known."""
    value = record.known(column)
    return None if value is None else MEGA * value


def _connection(record: Record) -> str:
    return "delta" if record.text("type").lower() == "delta" else "wye"


def _place(record: Record, drawn: Record | None) -> tuple[float | None, float | None]:
    """Where a bus is drawn: a point of GeoJSON, in older files two columns of a table of their own."""
    if drawn is not None:
        return drawn.known("x"), drawn.known("y")
    try:
        point = json.loads(record.text("geo") or "null")
    except (ValueError, RecursionError):
        return None, None
    pair = point.get("coordinates") if isinstance(point, dict) else None
    x, y = (finite(part) for part in pair[:2]) if isinstance(pair, list) and len(pair) > 1 else (None, None)
    return (None, None) if x is None or y is None else (x, y)


READER = Pandapower()
