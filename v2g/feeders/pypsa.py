"""The reader of PyPSA networks: the folder of CSV files that ``Network.export_to_csv_folder`` writes.

powerio 0.11.6 reads such folders without their types of lines and transformers, which then have no impedance, and only
those with a ``network.csv``, which older exports do not have; hence the reader of our own.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from math import pi
from pathlib import Path

from v2g.errors import Finding, ImportRefused
from v2g.feeders.balanced import MEGA, Build, Matters, Record, amperes, finite
from v2g.feeders.network import PRIMARY, Bus, Network, Origin, Weight, Winding
from v2g.formats.words import counted

KILO = 1000.0
"""A in a kA."""
MOST_BYTES = 64 << 20
MOST_ROWS = 1_000_000
HERTZ = 50.0
"""Of types that do not say it, as in PyPSA."""
BUSES = "buses.csv"
OWN = re.compile(rb"^(?:\xef\xbb\xbf)?\"?(?:name|Bus)\"?(?:,|\s*$)", re.MULTILINE)
BESIDE = ("network.csv", "lines.csv", "loads.csv", "generators.csv", "snapshots.csv")
TYPES = {"line_types", "transformer_types"}
TAKEN = ("lines", "transformers", "loads", "generators", "storage_units", "stores", "shunt_impedances")
UNUSED = {
    "network",
    "snapshots",
    "carriers",
    "sub_networks",
    "global_constraints",
    "investment_periods",
    "meta",
    "shapes",
}
RESULTS = {
    "p", "q", "e", "p0", "p1", "q0", "q1", "v_mag_pu", "v_ang", "marginal_price", "state_of_charge", "spill",
    "p_dispatch", "p_store", "status",
}  # fmt: skip
"""Series that PyPSA writes and does not read."""
GENERATORS: Matters = {
    "q_set": ("generators with kvar of their own: panels give none here, machines what a plan chooses", 0.0),
    "p_min_pu": ("generators that have to give a least power, and here none", 0.0),
    "committable": ("generators that are committed, and here run as a plan asks", False),
    "sign": ("generators of another sign than 1, taken as 1", 1.0),
}
STORAGE: Matters = {
    "q_set": ("batteries with kvar of their own: a plan chooses it", 0.0),
    "p_set": ("batteries that charge or give in the file: here a plan says what they do", 0.0),
    "inflow": ("storage with an inflow, which is left out", 0.0),
    "cyclic_state_of_charge": ("storage that ends as full as it starts, and here need not", False),
}
"""Columns of each table that a case has no place for."""
DEGREES = "4326"
"""The reference system of longitude and latitude, which PyPSA assumes if nothing is said."""


class Pypsa:
    """Networks of PyPSA, balanced."""

    name = "pypsa"
    title = "PyPSA folder of CSV files"

    def looks_like(self, path: Path, head: bytes) -> bool:
        """A folder with a table of buses by ``name``, and another table of a network."""
        if not path.is_dir() or not any((path / name).is_file() for name in BESIDE):
            return False
        try:
            with open(path / BUSES, "rb") as stream:
                return OWN.match(stream.readline(MOST_BYTES)) is not None
        except OSError:
            return False

    def read(self, path: Path, bundle: Path | None = None) -> Network:
        """All of it, in the order of its files. Raises ``ImportRefused`` with file, row and column of every fault."""
        folder = path if path.is_dir() else path.parent
        build = Build(self.name)
        files: dict[str, str] = {}
        tables = {file.stem: list(_records(build, folder, file, files)) for file in sorted(folder.glob("*.csv"))}
        if "buses" not in tables:
            finding = Finding(BUSES, "This file is not there.", "Export the network by export_to_csv_folder.")
            raise ImportRefused([*build.findings, finding])
        return replace(_Reading(build, tables).network(folder.resolve().name), files=files)


def _records(build: Build, folder: Path, file: Path, files: dict[str, str]) -> Iterator[Record]:
    """Rows of a file by the names of its header; what cannot be read is one fault. ``files`` gains its SHA-256."""
    try:
        data = _checked(folder, file).read_bytes()
        files[file.name] = sha256(data).hexdigest()
        yield from _rows(build, file, data.decode("utf-8-sig", "replace"))
    except (OSError, csv.Error, ValueError) as error:
        build.findings.append(Finding(file.name, f"This file cannot be read: {error}.", "Export it again."))


def _checked(folder: Path, file: Path) -> Path:
    real = file.resolve()
    if not real.is_relative_to(folder.resolve()) or not real.is_file():
        raise ValueError("it is not a file of the folder")
    if real.stat().st_size > MOST_BYTES:
        raise ValueError(f"it holds more than {MOST_BYTES >> 20} MB")
    return real


def _rows(build: Build, file: Path, text: str) -> Iterator[Record]:
    reader = csv.reader(io.StringIO(text, newline=""))
    header = [name.strip() for name in next(reader, [])]
    if len(set(header)) < len(header):
        raise ValueError("two of its columns have the same name")
    for count, cells in enumerate(reader):
        if count > MOST_ROWS:
            raise ValueError(f"it has more than {MOST_ROWS:,} rows")
        if not cells:
            continue
        key = cells[0].strip()
        record = Record(file.name, reader.line_num, dict(zip(header, cells, strict=False)), build.findings, key)
        if len(cells) != len(header):
            record.refuse(None, "This row is not as long as the header.", "Correct it.", len(cells), str(len(header)))
        else:
            yield record


class _Reading:
    """Takes over table by table."""

    def __init__(self, build: Build, tables: dict[str, list[Record]]) -> None:
        self.build, self.tables = build, tables
        self.types = {name: {record.key: record for record in tables.get(name, [])} for name in TYPES}
        self.series: dict[str, Record] = {}

    def network(self, folder: str) -> Network:
        """All of it."""
        about = next(iter(self.tables.get("network", [])), None)
        self._buses()
        self._first_snapshot()
        self._choose_slack()
        for kind in TAKEN:
            seen: set[str] = set()
            for record in self.tables.get(kind, []):
                if record.key in seen:
                    record.refuse(None, "This name is there twice.", "Give each its own name.", record.key)
                seen.add(record.key)
                if record.flag("active", True):
                    getattr(self, f"_{kind}")(record)
                else:
                    self.build.gather(Weight.UNUSED, f"{kind} that are not active", record, record.key)
        self._others()
        name = about.text("name") if about else ""
        drawn = any(bus.x is not None for bus in self.build.places.values())
        lonlat = drawn and (about.text("srid") if about else "") in ("", DEGREES)
        return self.build.network(name or folder, HERTZ, lonlat)

    def _buses(self) -> None:
        for record in self.tables["buses"]:
            kv, carrier = record.number("v_nom", 1.0, above=0.0), record.text("carrier")
            if carrier not in ("", "AC"):
                self.build.idle.add(record.key)
                self.build.note(Weight.LOST, f"bus {record.key} carries {carrier}, not AC; left out", record.origin)
                continue
            x, y = record.number("x", 0.0), record.number("y", 0.0)
            place = (x, y) if x or y else (None, None)
            limits = _limit(record, "v_mag_pu_min"), _limit(record, "v_mag_pu_max")
            self.build.bus(record, record.key, kv, place[0], place[1], limits)

    def _first_snapshot(self) -> None:
        """Loads by the first row of their series, which stands in place of their own figure."""
        for table, records in self.tables.items():
            kind, dash, column = table.partition("-")
            if not dash or not records:
                continue
            if kind == "loads" and column in ("p_set", "q_set"):
                self.series[column] = records[0]
                text = f"{table}, {counted(len(records), 'row')}: loads are those of the first, {records[0].key}"
                self.build.note(Weight.CHANGED, text, records[0].origin)
            elif column in RESULTS or column.startswith("mu_"):
                self.build.note(Weight.UNUSED, f"{table}: results", records[0].origin)
            else:
                text = (
                    f"{table}, {counted(len(records), 'row')}: series that are left out, fixed figures stand for them"
                )
                self.build.note(Weight.CHANGED, text, records[0].origin)

    def _choose_slack(self) -> None:
        """The generators that hold the voltage; where none is named, the first one."""
        generators = self.tables.get("generators", [])
        self.slack = {record.key for record in generators if record.text("control").lower() == "slack"}
        if generators and not self.slack:
            self.slack = {generators[0].key}
            text = f"no generator has control Slack: {generators[0].key} holds the voltage, as in PyPSA"
            self.build.note(Weight.CHANGED, text, generators[0].origin)

    def _ends(self, record: Record) -> tuple[Bus, Bus] | None:
        one, two = self.build.at(record, "bus0"), self.build.at(record, "bus1")
        return None if one is None or two is None else (one, two)

    def _type(self, record: Record, kind: str) -> Record | None:
        """The type that a branch names; one that is not in the folder is a fault."""
        name = record.text("type")
        found = self.types[kind].get(name)
        if name and found is None:
            remedy = f"Types that come with PyPSA are not exported: n.{kind}.to_csv('{kind}.csv') writes them there."
            record.refuse("type", "This type is not there.", remedy, name)
        return found

    def _lines(self, record: Record) -> None:
        ends, kind = self._ends(record), self._type(record, "line_types")
        if ends is None:
            return
        z = complex(record.number("r", 0.0, at_least=0.0), record.number("x", 0.0))
        b_us = 1e6 * record.number("b", 0.0)
        if kind is not None:
            beside = record.number("num_parallel", 1.0, above=0.0)
            km = record.number("length", 0.0, at_least=0.0)
            per_km = complex(kind.number("r_per_length", at_least=0.0), kind.number("x_per_length"))
            z = per_km * km / beside
            hertz = kind.number("f_nom", HERTZ, above=0.0)
            b_us = 2.0 * pi * hertz * 1e-3 * kind.number("c_per_length", 0.0) * km * beside
        if record.number("g", 0.0):
            self.build.gather(Weight.CHANGED, "lines without their conductance to ground", record, record.key)
        self.build.line(record, record.key, ends, z, b_us, self._amperes(record, kind, ends[0]))

    def _amperes(self, record: Record, kind: Record | None, bus: Bus) -> float | None:
        """Rating of a line: by ``s_nom``, else that of its type."""
        share = record.number("s_max_pu", 1.0, above=0.0)
        mva = record.number("s_nom", 0.0, at_least=0.0)
        if mva:
            return amperes(mva * share, 3.0**0.5 * bus.kv_ln)
        most = 0.0 if kind is None else kind.number("i_nom", 0.0, at_least=0.0)
        if not most:
            return None
        self.build.gather(Weight.CHANGED, "lines without s_nom, with the rating of their type", record, record.key)
        return KILO * most * share * record.number("num_parallel", 1.0, above=0.0)

    def _transformers(self, record: Record) -> None:
        ends, kind = self._ends(record), self._type(record, "transformer_types")
        if ends is None:
            return
        z = complex(record.number("r", 0.0, at_least=0.0), record.number("x", 0.0))
        mva, tap, side = (
            record.number("s_nom", 0.0),
            record.number("tap_ratio", 1.0, above=0.0),
            record.text("tap_side"),
        )
        core = MEGA * mva * record.number("g", 0.0), -MEGA * mva * record.number("b", 0.0)
        degrees = record.number("phase_shift", 0.0)
        if kind is not None:
            r, whole = kind.number("vscr", at_least=0.0) / 100.0, kind.number("vsc", at_least=0.0) / 100.0
            if r > whole:
                kind.refuse("vscr", "It is above vsc.", "Correct one of them.", r)
            z = complex(r, max(whole**2 - r**2, 0.0) ** 0.5)
            mva = kind.number("s_nom", above=0.0) * record.number("num_parallel", 1.0, above=0.0)
            steps = record.number("tap_position", 0.0) - kind.number("tap_neutral", 0.0)
            tap, side = 1.0 + steps * kind.number("tap_step", 0.0) / 100.0, kind.text("tap_side")
            loss = kind.number("pfe", 0.0, at_least=0.0) * record.number("num_parallel", 1.0, above=0.0)
            idle = kind.number("i0", 0.0) / 100.0 * MEGA * mva
            core = loss, max(idle**2 - loss**2, 0.0) ** 0.5
            degrees = kind.number("phase_shift", 0.0)
            if kind.number("tap_min", 0.0) < kind.number("tap_max", 0.0):
                text = (
                    "transformers of a type with taps: they stand as in the file, where nothing moves them under load"
                )
                self.build.gather(Weight.CHANGED, text, record, record.key)
        if mva <= 0.0:
            record.refuse("s_nom", "Its impedance has no base.", "Write its MVA.", mva, "a number above 0")
            return
        connections, lead = self.build.turned(record, record.key, degrees, ends)
        one, two = (
            Winding(bus.name, PRIMARY, connection, 3.0**0.5 * bus.kv_ln, MEGA * mva, tap if on else 1.0, 50.0 * z.real)
            for bus, connection, on in zip(
                ends, connections, (side not in ("1", "1.0"), side in ("1", "1.0")), strict=True
            )
        )
        rating = MEGA * mva * record.number("s_max_pu", 1.0, above=0.0)
        self.build.transformer(record, record.key, (one, two), 100.0 * z.imag, rating, lead=lead, core=core)

    def _loads(self, record: Record) -> None:
        bus = self.build.at(record, "bus")
        if bus is None:
            return
        sign = -record.number("sign", -1.0)
        kw, kvar = (MEGA * sign * self._snapshot(record, column) for column in ("p_set", "q_set"))
        self.build.load(record, record.key, bus, kw, kvar)

    def _snapshot(self, record: Record, column: str) -> float:
        row = self.series.get(column)
        return record.number(column, 0.0) if row is None or row.blank(record.key) else row.number(record.key)

    def _generators(self, record: Record) -> None:
        bus = self.build.at(record, "bus")
        if bus is None:
            return
        kw = MEGA * record.number("p_nom", 0.0, at_least=0.0) * record.number("p_max_pu", 1.0, at_least=0.0)
        carrier = record.text("carrier").lower()
        self.build.left_out(record, record.key, GENERATORS)
        if record.key in self.slack:
            volts = next(row for row in self.tables["buses"] if row.key == record.text("bus"))
            self.build.source(record, record.key, bus, volts.number("v_mag_pu_set", 1.0, above=0.0))
        elif "solar" in carrier or carrier == "pv":
            self.build.solar(record, record.key, bus, kw, None)
        else:
            text = "generators hold no voltage, and give what a plan asks for"
            self.build.gather(Weight.CHANGED, text, record, record.key)
            self.build.generator(record, record.key, bus, kw, MEGA * record.number("p_set", 0.0), None)

    def _storage_units(self, record: Record) -> None:
        bus = self.build.at(record, "bus")
        self._standing(record)
        self.build.left_out(record, record.key, STORAGE)
        kw = MEGA * record.number("p_nom", 0.0, at_least=0.0)
        capacity = kw * record.number("max_hours", 1.0, at_least=0.0)
        if bus is not None:
            self.build.battery(
                record, record.key, bus, capacity_kwh=capacity,
                start_kwh=min(capacity, MEGA * record.number("state_of_charge_initial", 0.0, at_least=0.0)),
                reserve_kwh=0.0,
                charge_kw=-kw * min(record.number("p_min_pu", -1.0), 0.0),
                discharge_kw=kw * record.number("p_max_pu", 1.0, at_least=0.0),
                charge_eff=record.number("efficiency_store", 1.0, above=0.0),
                discharge_eff=record.number("efficiency_dispatch", 1.0, above=0.0),
            )  # fmt: skip

    def _standing(self, record: Record) -> None:
        if record.number("standing_loss", 0.0):
            self.build.gather(Weight.CHANGED, "storage without its standing losses", record, record.key)

    def _stores(self, record: Record) -> None:
        bus = self.build.at(record, "bus")
        self._standing(record)
        kwh = MEGA * record.number("e_nom", 0.0, at_least=0.0)
        if bus is not None:
            self.build.battery(
                record, record.key, bus, capacity_kwh=kwh,
                start_kwh=min(kwh, MEGA * record.number("e_initial", 0.0, at_least=0.0)),
                reserve_kwh=kwh * record.number("e_min_pu", 0.0, at_least=0.0), charge_kw=kwh, discharge_kw=kwh,
            )  # fmt: skip
            text = "stores have no limit of power in the file: here that of an hour from full to empty"
            self.build.gather(Weight.CHANGED, text, record, record.key)

    def _shunt_impedances(self, record: Record) -> None:
        bus = self.build.at(record, "bus")
        if bus is not None:
            per_siemens = MEGA * 3.0 * bus.kv_ln**2
            kw, kvar = (per_siemens * record.number(column, 0.0) for column in ("g", "b"))
            self.build.shunt(record, record.key, bus, kw, kvar)

    def _others(self) -> None:
        """Files that are not taken over."""
        for name, records in self.tables.items():
            if records and "-" not in name and name not in {"buses", *TAKEN, *TYPES, *UNUSED}:
                text = f"{name} are not taken over: {counted(len(records), 'row')}, such as {records[0].key}"
                self.build.note(Weight.LOST, text, Origin(records[0].file, records[0].row))
            elif name == "snapshots" and len(records) > 1:
                text = f"{counted(len(records), 'snapshot')}: the case is of one hour"
                self.build.note(Weight.CHANGED, text, Origin(records[0].file, records[0].row))
            elif records and name in UNUSED - {"network", "snapshots"}:
                self.build.note(Weight.UNUSED, f"{name}: no plan needs them", Origin(records[0].file, records[0].row))


def _limit(record: Record, column: str) -> float | None:
    """A limit of the voltage; 0 and ``inf`` are none."""
    limit = finite(record.cells.get(column))
    return limit if limit else None


READER = Pypsa()
