"""A case as tables of pandapower: three equal phases, in MW, MVAr and MVA, as it stands in one interval."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property

import numpy as np

from v2g.ac.elements import HERTZ
from v2g.exports.operation import Device, Operation
from v2g.exports.pandapower_json import Cell, Table, types
from v2g.exports.sequence import NO_OHM, ROOT3, Line, Unit, lines, reactive, shunts, transformers
from v2g.replay.columns import numbers, texts
from v2g.replay.verdict import Array, Mask

MEGA = 1000.0
"""kW in a MW."""
UNKNOWN_KA = 99_999.0
"""Rating of a line where none is known, as converters write it."""
UNKNOWN_MVA = 3.0
"""Of a transformer whose rating is not known: no more than the base of its percentages."""
STIFF: dict[str, Cell] = {"s_sc_max_mva": 1e6, "rx_max": 0.1, "x0x_max": 1.0, "r0x0_max": 0.1}
"""Of what holds a voltage: next to no impedance, for runs that ask for one."""
POWER = ("p_mw", "q_mvar", "sn_mva", "scaling")
TABLES: Mapping[str, Mapping[str, str]] = {
    "bus": types(["vn_kv", "min_vm_pu", "max_vm_pu"], ["name", "type", "zone", "geo"], ["in_service"]),
    "load": types(
        [*POWER, "const_z_p_percent", "const_i_p_percent", "const_z_q_percent", "const_i_q_percent", "tier"],
        ["name", "type", "service"], ["in_service"], ["bus"],
    ),
    "sgen": types([*POWER, "max_p_mw", "min_p_mw"], ["name", "type"], ["in_service", "current_source"], ["bus"]),
    "storage": types(
        [*POWER, "soc_percent", "min_e_mwh", "max_e_mwh", "max_p_mw", "min_p_mw"], ["name", "type"], ["in_service"],
        ["bus"],
    ),
    "ext_grid": types(["vm_pu", "va_degree", "slack_weight", *STIFF], ["name"], ["in_service"], ["bus"]),
    "shunt": types(["q_mvar", "p_mw", "vn_kv", "step"], ["name"], ["in_service"], ["bus", "max_step"]),
    "line": types(
        ["length_km", "r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km", "g_us_per_km", "r0_ohm_per_km", "x0_ohm_per_km",
         "c0_nf_per_km", "max_i_ka", "df", "max_loading_percent"],
        ["name", "std_type", "type", "geo"], ["in_service"], ["from_bus", "to_bus", "parallel"],
    ),
    "trafo": types(
        ["sn_mva", "vn_hv_kv", "vn_lv_kv", "vk_percent", "vkr_percent", "pfe_kw", "i0_percent", "shift_degree",
         "tap_neutral", "tap_min", "tap_max", "tap_step_percent", "tap_step_degree", "tap_pos", "df",
         "max_loading_percent", "vk0_percent", "vkr0_percent", "mag0_percent", "mag0_rx", "si0_hv_partial"],
        ["name", "std_type", "tap_side", "tap_changer_type", "vector_group"], ["in_service", "oltc"],
        ["hv_bus", "lv_bus", "parallel"],
    ),
    "switch": types(["z_ohm", "in_ka"], ["name", "et", "type"], ["closed"], ["bus", "element"]),
}  # fmt: skip
"""Columns of each table that is written."""


class Net:
    """The tables of a network, and how their cells change over time."""

    def __init__(self, operation: Operation) -> None:
        self.operation, self.case, self.t = operation, operation.case, operation.shown
        self.tables = {name: Table(columns) for name, columns in TABLES.items()}
        self.moves: dict[tuple[str, str], dict[int, Array | Mask]] = {}
        self.unrated: list[str] = []
        self.bent: list[str] = []
        self.unused: list[str] = []
        self._buses()
        self._lines()
        self._transformers()
        self._loads()
        self._devices()
        self._shunts()

    @cached_property
    def kv(self) -> dict[str, float]:
        """Nominal voltage of each bus between phases."""
        table = self.case.table("buses")
        return dict(zip(texts(table, "bus"), (ROOT3 * numbers(table, "kv_ln_kv")).tolist(), strict=True))

    def _moved(self, table: str, column: str, row: int, values: Array | Mask) -> None:
        """A cell that is another one in other intervals."""
        if (values != values[self.t]).any():
            self.moves.setdefault((table, column), {})[row] = values

    def _buses(self) -> None:
        table, self.bus = self.case.table("buses"), {}
        x, y = numbers(table, "x"), numbers(table, "y")
        low, high = (
            numbers(table, f"v{end}_pu", float(str(self.case.header.get(f"v{end}_pu", usual))))
            for end, usual in (("min", 0.9), ("max", 1.1))
        )
        for row, name in enumerate(texts(table, "bus")):
            place = None if np.isnan(x[row] + y[row]) else _point(float(x[row]), float(y[row]))
            self.bus[name] = self.tables["bus"].add(
                name=name, vn_kv=self.kv[name], type="b", in_service=True, geo=place, min_vm_pu=float(low[row]),
                max_vm_pu=float(high[row]),
            )  # fmt: skip

    # Branches

    def _lines(self) -> None:
        for line in lines(self.operation):
            ends = [self.bus[end] for end in line.ends]
            kilo_amperes = line.rating_kva / (ROOT3 * self.kv[line.ends[0]]) / MEGA
            if abs(line.ohm) < NO_OHM and not line.b_us:
                row = self.tables["switch"].add(
                    bus=ends[0], element=ends[1], et="b", type="CB", closed=bool(line.closed[self.t]), name=line.name,
                    z_ohm=0.0, in_ka=kilo_amperes,
                )  # fmt: skip
                self._moved("switch", "closed", row, line.closed)
                continue
            row = self._line(line, ends, kilo_amperes)
            if line.switch:
                self._switches(line.name, "l", row, ends, line.closed)

    def _line(self, line: Line, ends: list[int], kilo_amperes: float) -> int:
        ohm, zero = reactive(line.ohm), reactive(line.ohm_zero)
        nanofarad = 1e3 / (2.0 * np.pi * HERTZ)
        return self.tables["line"].add(
            name=line.name, from_bus=ends[0], to_bus=ends[1], length_km=1.0, r_ohm_per_km=ohm.real,
            x_ohm_per_km=ohm.imag, c_nf_per_km=line.b_us * nanofarad, g_us_per_km=0.0, r0_ohm_per_km=zero.real,
            x0_ohm_per_km=zero.imag, c0_nf_per_km=line.b_zero_us * nanofarad,
            max_i_ka=UNKNOWN_KA if np.isnan(kilo_amperes) else kilo_amperes, df=1.0, parallel=1, in_service=True,
            max_loading_percent=100.0,
        )  # fmt: skip

    def _switches(self, name: str, kind: str, element: int, ends: list[int], closed: Mask) -> None:
        """One at each end, both open where the branch is."""
        for bus in ends:
            row = self.tables["switch"].add(
                bus=bus, element=element, et=kind, type="LBS", closed=bool(closed[self.t]), name=name, z_ohm=0.0
            )
            self._moved("switch", "closed", row, closed)

    def _transformers(self) -> None:
        for unit in transformers(self.operation):
            down = self.kv[unit.ends[0]] >= self.kv[unit.ends[1]]
            row = self._transformer(unit, down)
            if not unit.closed.all():
                ends = [self.bus[end] for end in (unit.ends if down else unit.ends[::-1])]
                self._switches(unit.name, "t", row, ends, unit.closed)

    def _transformer(self, unit: Unit, down: bool) -> int:
        """``down``: the high side is that of ``from_bus``; then the tap is on the low side, else on the high one."""
        high, low = unit.ends if down else unit.ends[::-1]
        tap = float(unit.tap[self.t])
        ratio = self.kv[unit.ends[0]] / self.kv[unit.ends[1]] / tap
        ohm = reactive(unit.ohm)
        # At the winding's own voltage, which on the low side is the tap's: percentages are of that.
        base = (self.kv[low] * tap) ** 2 if down else self.kv[low] ** 2
        seen = ohm if down else ohm * ratio**2
        mva = unit.kva / MEGA
        if np.isnan(mva):
            self.unrated.append(unit.name)
            mva = UNKNOWN_MVA
        percent = 100.0 * seen * mva / base
        windings = unit.windings if down else unit.windings[::-1]
        lags = (unit.lags if down else -unit.lags) % 360.0
        row = self.tables["trafo"].add(
            name=unit.name, hv_bus=self.bus[high], lv_bus=self.bus[low], sn_mva=mva, vn_hv_kv=self.kv[high],
            vn_lv_kv=self.kv[low], vk_percent=abs(percent), vkr_percent=percent.real, pfe_kw=0.0, i0_percent=0.0,
            shift_degree=lags, parallel=1, df=1.0, in_service=True, max_loading_percent=100.0,
            vector_group=_group(windings), vk0_percent=abs(percent), vkr0_percent=percent.real, mag0_percent=1e6,
            mag0_rx=0.0, si0_hv_partial=0.9, **_tap(unit, tap, "lv" if down else "hv"),
        )  # fmt: skip
        if unit.taps is not None:
            self._moved("trafo", "tap_pos", row, (unit.tap - unit.taps[0]) / unit.taps[2])
        return row

    # Devices

    def _loads(self) -> None:
        table, taken = self.case.table("loads"), self.operation.taken
        bends = numbers(table, "kw_exponent", 0.0), numbers(table, "kvar_exponent", 0.0)
        tier, service = numbers(table, "tier", 0.0), texts(table, "service", "continuous")
        connection = texts(table, "connection", "wye")
        for number, (name, bus) in enumerate(zip(texts(table, "load"), texts(table, "bus"), strict=True)):
            if not bus:
                continue
            parts: dict[str, Cell] = {}
            for letter, bend in zip("pq", (float(column[number]) for column in bends), strict=True):
                parts |= {f"const_z_{letter}_percent": 0.0, f"const_i_{letter}_percent": 0.0}
                parts |= self._bent(name, letter, bend)
            row = self.tables["load"].add(
                name=name, bus=self.bus[bus], p_mw=taken[number, self.t].real / MEGA,
                q_mvar=taken[number, self.t].imag / MEGA, scaling=1.0, in_service=True, type=connection[number],
                tier=float(tier[number]), service=service[number], **parts,
            )  # fmt: skip
            self._moved("load", "p_mw", row, taken[number].real / MEGA)
            self._moved("load", "q_mvar", row, taken[number].imag / MEGA)

    def _bent(self, name: str, letter: str, bend: float) -> dict[str, Cell]:
        """Shares of constant impedance and current with the slope of an exponent at nominal voltage."""
        if bend == 1.0:
            return {f"const_i_{letter}_percent": 100.0}
        if bend not in (0.0, 2.0):
            self.bent.append(name)
        return {f"const_z_{letter}_percent": 50.0 * min(max(bend, 0.0), 2.0)}

    def _devices(self) -> None:
        for device in self.operation.devices:
            if device.table == "grid" or device.holds.any():
                row = self.tables["ext_grid"].add(
                    name=device.name, bus=self.bus[device.bus], vm_pu=device.level_pu, va_degree=0.0, slack_weight=1.0,
                    in_service=bool(device.holds[self.t]), **STIFF,
                )  # fmt: skip
                self._moved("ext_grid", "in_service", row, device.holds)
            if device.table in ("batteries", "chargers"):
                self._storage(device)
            elif device.table != "grid" or device.given.any():
                self._machine(device)

    def _machine(self, device: Device) -> None:
        frame = self.case.table(device.table)
        kw, kva = (float(values[device.row]) if device.table in ("generators", "solar") else np.nan
                   for values in (numbers(frame, "rating_kw"), numbers(frame, "rating_kva")))  # fmt: skip
        kind = {"solar": "PV", "generators": "generator"}.get(device.table, "other")
        power = device.given / MEGA
        row = self.tables["sgen"].add(
            name=device.name, bus=self.bus[device.bus], p_mw=power[self.t].real, q_mvar=power[self.t].imag,
            sn_mva=kva / MEGA, scaling=1.0, max_p_mw=kw / MEGA, in_service=True, type=kind, current_source=True,
        )  # fmt: skip
        self._moved("sgen", "p_mw", row, power.real)
        self._moved("sgen", "q_mvar", row, power.imag)

    def _storage(self, device: Device) -> None:
        """A battery, or the vehicles at a charger: what they hold together where most of them are there."""
        capacity, energy = self.operation.store(device)
        most = float(capacity.max())
        if not most:
            self.unused.append(device.name)
            return
        frame = self.case.table(device.table)
        plugs = numbers(frame, "plugs", 1.0)[device.row] if device.table == "chargers" else 1.0
        takes, gives = (float(numbers(frame, f"{way}_kw", 0.0)[device.row] * plugs) for way in ("charge", "discharge"))
        kept = numbers(frame, "reserve_kwh", 0.0)[device.row] if device.table == "batteries" else 0.0
        power = -device.given / MEGA
        row = self.tables["storage"].add(
            name=device.name, bus=self.bus[device.bus], p_mw=power[self.t].real, q_mvar=power[self.t].imag,
            sn_mva=float(numbers(frame, "rating_kva")[device.row]) / MEGA, scaling=1.0, in_service=True,
            soc_percent=100.0 * float(energy[self.t]) / most, min_e_mwh=float(kept) / MEGA, max_e_mwh=most / MEGA,
            max_p_mw=takes / MEGA, min_p_mw=-gives / MEGA,
            type="battery" if device.table == "batteries" else "vehicles",
        )  # fmt: skip
        self._moved("storage", "p_mw", row, power.real)
        self._moved("storage", "q_mvar", row, power.imag)

    def _shunts(self) -> None:
        for name, bus, taken, closed in shunts(self.case):
            self._shunt(name, bus, taken, closed)

    def _shunt(self, name: str, bus: str, taken: complex, closed: bool) -> None:
        self.tables["shunt"].add(
            name=name, bus=self.bus[bus], p_mw=taken.real / MEGA, q_mvar=taken.imag / MEGA, vn_kv=self.kv[bus],
            step=1.0, max_step=1, in_service=closed,
        )  # fmt: skip


def _point(x: float, y: float) -> str:
    """A point of GeoJSON: longitude first."""
    return json.dumps({"coordinates": [x, y], "type": "Point"})


def _group(windings: tuple[str, str]) -> str:
    """Vector group of the high side and the low one, stars earthed.

    >>> _group(("delta", "wye")), _group(("wye", "wye"))
    ('Dyn', 'YNyn')
    """
    return ("D" if windings[0] == "delta" else "YN") + ("d" if windings[1] == "delta" else "yn")


def _tap(unit: Unit, tap: float, side: str) -> dict[str, Cell]:
    if unit.taps is None and tap == 1.0:
        return {"oltc": False}
    low, high, step = unit.taps or (1.0, 1.0, tap - 1.0)
    found: dict[str, Cell] = {
        "tap_side": side, "tap_neutral": (1.0 - low) / step, "tap_pos": (tap - low) / step, "tap_step_degree": 0.0,
        "tap_step_percent": 100.0 * step, "tap_changer_type": "Ratio", "oltc": unit.taps is not None,
    }  # fmt: skip
    return found if unit.taps is None else found | {"tap_min": 0.0, "tap_max": float(round((high - low) / step))}
