"""A case as tables of PyPSA: three equal phases, in MW, MVAr, MVA and MWh, as it is wired in one interval."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import networkx as nx
import numpy as np

from v2g.exports.operation import Device, Operation
from v2g.exports.sequence import ROOT3, lines, reactive, shunts, transformers
from v2g.replay.columns import numbers, texts
from v2g.replay.verdict import Array, Complex

MEGA = 1000.0
"""kW in a MW."""
UNKNOWN_MVA = 1e5
"""Rating of a branch, or of the supply, where none is known: PyPSA takes 0 for what carries nothing."""
TRANSFORMER_MVA = 3.0
"""Base of the per-unit impedance of a transformer whose rating is not known."""
VEHICLE = "vehicle"
_READ_AS_NUMBER = re.compile(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?|[+-]?inf(inity)?|true|false", re.IGNORECASE)
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,14}")
_READ_AS_BLANK = frozenset(
    {"#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
     "NULL", "NaN", "None", "n/a", "nan", "null"}
)  # fmt: skip
Cell = str | float | bool


def safe(name: str) -> str:
    """A name that pandas reads back as it is: not as a number, nor as a blank.

    >>> safe("650"), safe("007"), safe("NA"), safe("mill")
    ('650', 'n_007', 'n_NA', 'mill')
    """
    other = _READ_AS_NUMBER.fullmatch(name) and not _WHOLE.fullmatch(name)
    return f"n_{name}" if other or name in _READ_AS_BLANK else name


@dataclass
class Tables:
    """Rows of each component by name, and series by component and attribute: one column (T,) for each name."""

    rows: dict[str, dict[str, dict[str, Cell]]] = field(default_factory=dict)
    series: dict[tuple[str, str], dict[str, Array]] = field(default_factory=dict)

    def add(self, component: str, name: str, /, series: Mapping[str, Array] | None = None, **cells: Cell) -> str:
        """One row, under the first of NAME, NAME_2, ... that is free; what changes over time stands in ``series``."""
        rows = self.rows.setdefault(component, {})
        wanted = free = safe(name)
        number = 1
        while free in rows:
            number += 1
            free = f"{wanted}_{number}"
        rows[free] = cells
        for attribute, values in (series or {}).items():
            self.series.setdefault((component, attribute), {})[free] = values
        return free


class Grid:
    """The tables of a case and of its plan, if it has one."""

    def __init__(self, operation: Operation) -> None:
        self.operation, self.case, self.t = operation, operation.case, operation.shown
        self.planned = operation.record is not None
        self.lonlat = self.case.header.get("coordinates") == "lonlat"
        self.tables = Tables()
        self.unrated = 0
        self._carriers()
        self._buses()
        self._branches()
        self._loads()
        for device in operation.devices:
            self._device(device)
        self._vehicles()
        self._shunts()
        self._idle()

    def _carriers(self) -> None:
        for name in ("AC", VEHICLE, "grid", "generator", "solar", "battery", "other"):
            self.tables.add("carriers", name)

    def _set(self, power: Complex) -> dict[str, Array]:
        """Set-points of a plan in MW and MVAr; none without a plan, for PyPSA to choose."""
        return {"p_set": power.real / MEGA, "q_set": power.imag / MEGA} if self.planned else {}

    def _buses(self) -> None:
        table = self.case.table("buses")
        names = texts(table, "bus")
        self.kv = dict(zip(names, (ROOT3 * numbers(table, "kv_ln_kv")).tolist(), strict=True))
        low, high = (
            numbers(table, f"v{end}_pu", float(str(self.case.header.get(f"v{end}_pu", usual))))
            for end, usual in (("min", 0.9), ("max", 1.1))
        )
        x, y = (numbers(table, axis, 0.0) * self.lonlat for axis in "xy")
        held = {device.bus: device.level_pu for device in self.operation.devices if device.holds[self.t]}
        for row, name in enumerate(names):
            self.tables.add(
                "buses", name, v_nom=self.kv[name], carrier="AC", x=float(x[row]), y=float(y[row]),
                v_mag_pu_set=held.get(name, 1.0), v_mag_pu_min=float(low[row]), v_mag_pu_max=float(high[row]),
            )  # fmt: skip

    def _branches(self) -> None:
        for line in lines(self.operation):
            ohm = reactive(line.ohm)
            self.tables.add(
                "lines", line.name, bus0=safe(line.ends[0]), bus1=safe(line.ends[1]), r=ohm.real, x=ohm.imag,
                b=1e-6 * line.b_us, s_nom=self._mva(line.rating_kva), active=bool(line.closed[self.t]),
            )  # fmt: skip
        for unit in transformers(self.operation):
            known = not np.isnan(unit.kva)
            self.unrated += not known
            mva = unit.kva / MEGA if known else TRANSFORMER_MVA
            per_unit = reactive(unit.ohm) * mva / self.kv[unit.ends[1]] ** 2
            self.tables.add(
                "transformers", unit.name, bus0=safe(unit.ends[0]), bus1=safe(unit.ends[1]), s_nom=mva,
                r=per_unit.real, x=per_unit.imag, tap_ratio=1.0 / float(unit.tap[self.t]), tap_side=0.0,
                phase_shift=unit.lags, s_max_pu=1.0 if known else UNKNOWN_MVA / mva,
                active=bool(unit.closed[self.t]),
            )  # fmt: skip

    @staticmethod
    def _mva(kva: float) -> float:
        return UNKNOWN_MVA if np.isnan(kva) else kva / MEGA

    def _loads(self) -> None:
        table, taken = self.case.table("loads"), self.operation.taken
        tier = numbers(table, "tier", 0.0)
        for row, (name, bus) in enumerate(zip(texts(table, "load"), texts(table, "bus"), strict=True)):
            if bus:
                power = {"p_set": taken[row].real / MEGA, "q_set": taken[row].imag / MEGA}
                self.tables.add("loads", name, power, bus=safe(bus), tier=float(tier[row]))

    # Devices

    def _device(self, device: Device) -> None:
        if device.holds[self.t] and device.table != "grid":
            self._slack(f"slack_{device.name}", safe(device.bus))
        if device.table == "batteries":
            self._battery(device)
        elif device.table != "chargers":
            self._generator(device)

    def _generator(self, device: Device) -> None:
        sources, table = self.operation.sources, device.table
        frame = self.case.table(table)
        kw = float(numbers(frame, "rating_kw")[device.row]) if table else float(np.abs(device.given).max())
        mw = UNKNOWN_MVA if np.isnan(kw) else kw / MEGA
        series = self._set(device.given)
        if table:
            (row,) = np.flatnonzero(
                sources.of({"generators": "generator"}.get(table, table)) & (sources.row == device.row)
            )
            most = np.where(sources.available[row], sources.limit_kw[row], 0.0) / MEGA
            series["p_max_pu"] = np.clip(np.divide(most, mw, out=np.zeros(len(most)), where=mw > 0.0), 0.0, 1.0)
        carrier = {"generators": "generator", "": "other"}.get(table, table)
        self.tables.add(
            "generators", device.name, series, bus=safe(device.bus), p_nom=mw, carrier=carrier,
            control="Slack" if device.holds[self.t] and table == "grid" else "PQ",
        )  # fmt: skip

    def _battery(self, device: Device) -> None:
        """What it holds above its reserve: a storage unit of PyPSA can always be emptied."""
        frame = self.case.table("batteries")
        names = "charge_kw", "discharge_kw", "capacity_kwh", "start_kwh", "reserve_kwh", "charge_eff", "discharge_eff"
        column = {name: float(numbers(frame, name, 0.0)[device.row]) for name in names}
        kw = max(column["charge_kw"], column["discharge_kw"])
        if not kw:
            return
        self.tables.add(
            "storage_units", device.name, self._set(device.given), bus=safe(device.bus), carrier="battery",
            p_nom=kw / MEGA, p_max_pu=column["discharge_kw"] / kw, p_min_pu=-column["charge_kw"] / kw,
            max_hours=(column["capacity_kwh"] - column["reserve_kwh"]) / kw,
            state_of_charge_initial=max(column["start_kwh"] - column["reserve_kwh"], 0.0) / MEGA,
            cyclic_state_of_charge=False, efficiency_store=column["charge_eff"],
            efficiency_dispatch=column["discharge_eff"],
        )  # fmt: skip

    def _vehicles(self) -> None:
        """A bus, a store and trips for each vehicle, and links to the chargers at which it is."""
        fleet, hours = self.operation.fleet, self.case.hours
        for row, name in enumerate(fleet.names):
            bus = self.tables.add("buses", f"{VEHICLE} {name}", v_nom=1.0, carrier=VEHICLE, x=0.0, y=0.0,
                                  v_mag_pu_set=1.0, v_mag_pu_min=0.0, v_mag_pu_max=2.0)  # fmt: skip
            size = float(fleet.capacity_kwh[row])
            self.tables.add(
                "stores", name, bus=bus, carrier=VEHICLE, e_nom=size / MEGA, e_cyclic=False,
                e_initial=float(fleet.start_kwh[row]) / MEGA,
                e_min_pu=float(min(fleet.reserve_kwh[row], fleet.start_kwh[row]) / size) if size else 0.0,
            )  # fmt: skip
            if fleet.trip_kwh[row].any():
                self.tables.add("loads", f"trips {name}", {"p_set": fleet.trip_kwh[row] / hours / MEGA}, bus=bus)
            for charger in sorted({int(place) for place in fleet.charger[row] if place >= 0}):
                self._links(row, charger, bus)

    def _links(self, vehicle: int, charger: int, bus: str) -> None:
        fleet = self.operation.fleet
        place = texts(self.case.table("chargers"), "bus")[charger]
        there = fleet.charger[vehicle] == charger
        name = f"{fleet.names[vehicle]} {{}} {fleet.chargers[charger]}"
        sheet = self.operation.record.vehicle_sheet if self.operation.record is not None else None
        ways = (
            ("at", fleet.charge_max_kw, fleet.charge_eff, "charge_kw", (safe(place), bus)),
            ("from", fleet.discharge_max_kw, fleet.discharge_eff, "discharge_kw", (bus, safe(place))),
        )
        for word, most, efficiency, column, ends in ways:
            share = float(efficiency[vehicle][there][0])
            before = share if word == "from" else 1.0
            limit = np.where(there, most[vehicle], 0.0) / before / MEGA
            if not place or not limit.any():
                continue
            series = {"p_max_pu": limit / limit.max()}
            if sheet is not None:
                series["p_set"] = np.where(there, sheet[column][vehicle], 0.0) / before / MEGA
            self.tables.add("links", name.format(word), series, bus0=ends[0], bus1=ends[1], carrier=VEHICLE,
                            p_nom=float(limit.max()), efficiency=share)  # fmt: skip

    def _idle(self) -> None:
        """Something to hold the voltage on each part of the network where nobody does: a power flow fails without."""
        rows = self.tables.rows
        joined: nx.Graph[str] = nx.Graph()
        joined.add_nodes_from(rows["buses"])
        for branch in (*rows.get("lines", {}).values(), *rows.get("transformers", {}).values()):
            if branch["active"]:
                joined.add_edge(str(branch["bus0"]), str(branch["bus1"]))
        held = {row["bus"] for row in rows.get("generators", {}).values() if row["control"] == "Slack"}
        place = {bus: number for number, bus in enumerate(rows["buses"])}
        for part in sorted(nx.connected_components(joined), key=lambda part: min(place[bus] for bus in part)):
            if not part & held:
                first = min(part, key=place.__getitem__)
                self._slack(f"idle_{first}", first)

    def _slack(self, name: str, bus: str) -> None:
        """Holds the voltage in a power flow; it has no power of its own to give where PyPSA chooses."""
        self.tables.add("generators", name, bus=bus, control="Slack", p_nom=0.0, carrier="other")

    def _shunts(self) -> None:
        for name, bus, taken, closed in shunts(self.case):
            self._shunt(name, bus, taken, closed)

    def _shunt(self, name: str, bus: str, taken: complex, closed: bool) -> None:
        siemens = taken.conjugate() / MEGA / self.kv[bus] ** 2
        self.tables.add("shunt_impedances", name, bus=safe(bus), g=siemens.real, b=siemens.imag, active=closed)
