"""The feeder of a case as files of OpenDSS: what stands there, at nominal load, before any plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from v2g.ac.elements import ROOT3, Windings, connected, line, load, shunt, source, standing
from v2g.case import Case
from v2g.exports.names import Names
from v2g.replay.columns import flags, numbers, texts
from v2g.replay.feeder import PHASES, places, series_impedance
from v2g.replay.regulators import STEP
from v2g.replay.shunts import shunt_susceptance

UNKNOWN_KVA = 1000.0
"""Of each phase of a transformer whose rating is not known: no more than the base of its percentages."""
BY_DEFAULT = 1.2
"""kVA of a generator over its kW where the case says nothing, as OpenDSS has it."""
CLASSES = {
    "buses": ("bus", "bus"), "lines": ("line", "line"), "transformers": ("transformer", "transformer"),
    "capacitors": ("capacitor", "capacitor"), "loads": ("load", "load"), "generators": ("generator", "generator"),
    "batteries": ("storage", "battery"), "solar": ("pvsystem", "solar"),
}  # fmt: skip
"""Class of OpenDSS and key column of each table."""
CONTROL_VOLTS, WIDE_BAND = 120.0, 1000.0
"""What a control of a tap aims at, and the volts around it in which it does nothing."""
OPEN_BOTH, CLOSE_BOTH = ("Open {0} 1", "Open {0} 2"), ("Close {0} 1", "Close {0} 2")


class Feeder:
    """Commands for each file; every name goes through ``names``."""

    def __init__(self, case: Case) -> None:
        self.case, self.names = case, Names()
        for table, (kind, key) in CLASSES.items():
            self.names.add(kind, texts(case.table(table), key))
        buses = case.table("buses")
        self.kv = dict(zip(texts(buses, "bus"), numbers(buses, "kv_ln_kv"), strict=True))

    def bus(self, name: str) -> str:
        """A bus as OpenDSS calls it."""
        return self.names.of("bus", name)

    def _named(self, table: str) -> Iterator[tuple[int, str, str]]:
        """Row, name in the case and name in OpenDSS."""
        kind, key = CLASSES[table]
        for row, name in enumerate(texts(self.case.table(table), key)):
            yield row, name, self.names.of(kind, name)

    # Sources

    @cached_property
    def grid_parts(self) -> dict[str, str]:
        """Voltage sources of the grid by name: the first one is that of the circuit; two phases are two sources."""
        table, found = self.case.table("grid"), dict[str, str]()
        for name, (_, phases, _) in zip(texts(table, "grid"), places(table), strict=True):
            for part in ["abc"] if len(phases) == 3 else sorted(phases):
                key = name if part in ("abc", phases) else f"{name}_{part}"
                if found:
                    self.names.new("vsource", key)
                else:
                    self.names.give("vsource", key, "source")
                found[key] = part
        return found

    def sources(self) -> Iterator[str]:
        """The circuit with its first source, and further ones."""
        circuit = self.names.new("circuit", self.case.name)
        table, grid = self.case.table("grid"), self.grid_parts
        level, parts = numbers(table, "voltage_pu", 1.0), iter(grid)
        for row, (bus, phases, _) in enumerate(places(table)):
            for _ in range(1 if len(phases) == 3 else len(phases)):
                key = next(parts)
                name = self.names.of("vsource", key)
                new = f"New Circuit.{circuit}" if name == "source" else f"New Vsource.{name}"
                yield source(new, self.bus(bus), grid[key], float(level[row]), self.kv[bus])
        if not grid:
            self.names.give("vsource", "", "source")
            yield "! The case has no grid: the circuit's own source stands at its first bus, and is off."
            name, phases = next(zip(texts(self.case.table("buses"), "bus"), self._phases("buses"), strict=True))
            yield source(f"New Circuit.{circuit}", self.bus(name), phases[:1], 1.0, self.kv[name])
            yield "Disable Vsource.source"

    def _phases(self, table: str) -> list[str]:
        return texts(self.case.table(table), "phases", PHASES)

    # Branches

    def lines(self) -> Iterator[str]:
        """Matrices of the whole length; amperes where a rating is known; switches; open ones at both ends."""
        table = self.case.table("lines")
        z, b, rating = series_impedance(table), shunt_susceptance(self.case), numbers(table, "rating_kva")
        ends = list(zip(texts(table, "from_bus"), texts(table, "to_bus"), strict=True))
        phases, closed, switch = self._phases("lines"), flags(table, "closed", True), flags(table, "switch", False)
        for row, _, name in self._named("lines"):
            one, other = ends[row]
            ends_written = self.bus(one), self.bus(other)
            text = line(name, ends_written, phases[row], z[row], b[row], bool(switch[row]))
            amperes = rating[row] / self.kv[one]
            yield text if np.isnan(amperes) else f"{text} normamps={amperes:.12g} emergamps={amperes:.12g}"
            if not closed[row]:
                yield from (text.format(f"Line.{name}") for text in OPEN_BOTH)

    @cached_property
    def units(self) -> dict[str, list[str]]:
        """Elements that each transformer of the case becomes: one, or one for each phase where taps differ, or can."""
        found = {}
        for row, name, written in self._named("transformers"):
            record = self._transformer_rows[row]
            phases, connection = str(record["phases"]), record["connection"]
            one_tap = len({record[f"tap_{phase}"] for phase in phases}) == 1
            pair = connection == "delta-delta" and len(phases) == 2
            one_tap &= record["ganged"] or not record["range"]
            whole = pair or len(phases) == 1 or (one_tap and (len(phases) == 3 or connection == "wye-wye"))
            found[name] = [written] if whole else [self.names.new("transformer", f"{name}_{p}") for p in phases]
        return found

    def transformers(self) -> Iterator[str]:
        """One element, or a unit for each phase in a bank of the name; open ones at both ends."""
        for row, name, written in self._named("transformers"):
            record, elements = self._transformer_rows[row], self.units[name]
            bank = "" if elements == [written] else f" bank={written}"
            for element, text in zip(elements, self._transformer(record, elements), strict=True):
                yield text + bank
                yield from _control(element, record, self.kv[record["to_bus"]])
                if not record["closed"]:
                    yield from (open_.format(f"Transformer.{element}") for open_ in OPEN_BOTH)

    def _transformer(self, record: dict[str, Any], elements: Sequence[str]) -> list[str]:
        phases, known = record["phases"], not np.isnan(record["rating_kva"])
        kva = record["rating_kva"] if known else UNKNOWN_KVA
        total = kva * (1 if len(elements) > 1 else len(phases)) if known else 0.0
        more = f" normhkva={total:.12g} emerghkva={total:.12g}{_range(record)}"
        one, other = record["from_bus"], record["to_bus"]
        windings = Windings(
            (self.bus(one), self.bus(other)), (self.kv[one], self.kv[other]), record["connection"],
            bool(record["lead"]), complex(record["r_ohm"], record["x_ohm"]),
        )  # fmt: skip
        taps = [float(record[f"tap_{phase}"]) for phase in phases]
        if windings.connection == "delta-delta" and len(phases) == 2:
            return [windings.pair(elements[0], phases, taps[0], 2.0 * kva, more)]
        if len(elements) == 1 and (len(phases) == 3 or windings.connection == "wye-wye"):
            return [windings.bank(elements[0], phases, taps[0], kva * len(phases), more)]
        return [
            windings.unit(element, phase, tap, kva, more)
            for element, phase, tap in zip(elements, phases, taps, strict=True)
        ]

    @cached_property
    def _transformer_rows(self) -> list[dict[str, Any]]:
        table = self.case.table("transformers")
        columns: dict[str, Any] = {
            "from_bus": texts(table, "from_bus"), "to_bus": texts(table, "to_bus"), "lead": flags(table, "lead", True),
            "phases": self._phases("transformers"), "connection": texts(table, "connection", "wye-wye"),
            "rating_kva": numbers(table, "rating_kva"), "r_ohm": numbers(table, "r_ohm", 0.0),
            "x_ohm": numbers(table, "x_ohm", 0.0), "closed": flags(table, "closed", True),
            **{f"tap_{phase}": numbers(table, f"tap_{phase}", 1.0) for phase in PHASES},
            **{key: numbers(table, key) for key in ("tap_min", "tap_max")}, "ganged": flags(table, "tap_ganged", False),
            "tap_step": numbers(table, "tap_step", STEP),
            "range": numbers(table, "tap_min") < numbers(table, "tap_max"),
        }  # fmt: skip
        return [{str(key): value for key, value in row.items()} for row in pd.DataFrame(columns).to_dict("records")]

    # Devices

    def capacitors(self) -> Iterator[str]:
        """Banks, and reactors where kvar is negative; what is switched off has its step open, or is disabled."""
        table = self.case.table("capacitors")
        kvar, closed, where = numbers(table, "kvar", 0.0), flags(table, "closed", True), places(table)
        for row, _, name in self._named("capacitors"):
            bus, phases, connection = where[row]
            text = shunt(name, (self.bus(bus), phases, connection), float(kvar[row]), self.kv[bus])
            if not kvar[row]:
                continue
            off = "" if closed[row] else " states=(0)" if kvar[row] > 0.0 else " enabled=no"
            yield text + off

    def shunts(self) -> Iterator[str]:
        """What buses take all the time: a reactor for each phase."""
        table = self.case.table("buses")
        for row, (bus, phases) in enumerate(zip(texts(table, "bus"), self._phases("buses"), strict=True)):
            for phase in phases:
                power = complex(*(numbers(table, f"shunt_{phase}_{unit}", 0.0)[row] for unit in ("kw", "kvar")))
                if power:
                    name = self.names.new("reactor", f"shunt_{bus}_{phase}")
                    yield standing(name, self.bus(bus), phase, power, self.kv[bus])

    def loads(self) -> Iterator[str]:
        """Demand at nominal voltage, before any profile; loads off the feeder are left out."""
        table = self.case.table("loads")
        kw, kvar, where = numbers(table, "kw", 0.0), numbers(table, "kvar", 0.0), places(table)
        bends = numbers(table, "kw_exponent", 0.0), numbers(table, "kvar_exponent", 0.0)
        for row, _, name in self._named("loads"):
            bus, phases, connection = where[row]
            if bus:
                exponents = float(bends[0][row]), float(bends[1][row])
                power = complex(kw[row], kvar[row])
                yield load(name, (self.bus(bus), phases, connection), power, exponents, self.kv[bus])

    def generators(self) -> Iterator[str]:
        """Machines by their nameplate, standing by."""
        table = self.case.table("generators")
        kw, kva, where = numbers(table, "rating_kw", 0.0), numbers(table, "rating_kva"), places(table)
        for row, _, name in self._named("generators"):
            size = BY_DEFAULT * kw[row] if np.isnan(kva[row]) else kva[row]
            yield f"New Generator.{name} {self._plug(where[row])} kw={kw[row]:.12g} kvar=0 kva={size:.12g} model=1"
            yield f"Edit Generator.{name} kw=0"

    def storage(self) -> Iterator[str]:
        """Batteries by their nameplate, idle."""
        table = self.case.table("batteries")
        column = {name: numbers(table, name, 0.0) for name in ("capacity_kwh", "start_kwh", "reserve_kwh")}
        gives, takes = numbers(table, "discharge_kw", 0.0), numbers(table, "charge_kw", 0.0)
        kva, where = numbers(table, "rating_kva"), places(table)
        ways = numbers(table, "discharge_eff", 1.0), numbers(table, "charge_eff", 1.0)
        for row, _, name in self._named("batteries"):
            kwh, kw = column["capacity_kwh"][row], max(gives[row], takes[row])
            kept = 100.0 * column["reserve_kwh"][row] / kwh if kwh else 0.0
            out, in_ = (100.0 * way[row] for way in ways)
            yield (
                f"New Storage.{name} {self._plug(where[row])} kwrated={kw:.12g} "
                f"kva={kw if np.isnan(kva[row]) else kva[row]:.12g} kwhrated={kwh:.12g} "
                f"kwhstored={column['start_kwh'][row]:.12g} %reserve={kept:.12g} "
                f"%effdischarge={out:.12g} %effcharge={in_:.12g} %idlingkw=0 state=idling"
            )

    def solar(self) -> Iterator[str]:
        """Panels by their rating, in the dark: a profile says when they give."""
        table = self.case.table("solar")
        kw, where = numbers(table, "rating_kw", 0.0), places(table)
        for row, _, name in self._named("solar"):
            yield (
                f"New PVSystem.{name} {self._plug(where[row])} pmpp={kw[row]:.12g} kva={kw[row]:.12g} irradiance=0 "
                f"%cutin=0 %cutout=0"
            )

    def _plug(self, place: tuple[str, str, str]) -> str:
        bus, phases, connection = place
        return connected((self.bus(bus), phases, connection), self.kv[bus])

    # Voltages and places

    def voltage_bases(self) -> Iterator[str]:
        """The nominal voltage of every bus that something stands at: solving finds none where nothing is live."""
        for bus, kv in self.kv.items():
            if bus in self.used:
                yield f"SetkVBase bus={self.bus(bus)} kvln={kv:.12g}"

    @property
    def levels(self) -> list[float]:
        """All nominal voltages, line to line, in kV."""
        return sorted({float(f"{kv * ROOT3:.9g}") for kv in self.kv.values()}, reverse=True)

    @cached_property
    def used(self) -> set[str]:
        """Buses that some element stands at; OpenDSS knows no others."""
        found: set[str] = set()
        for table in ("lines", "transformers"):
            for end in ("from_bus", "to_bus"):
                found |= set(texts(self.case.table(table), end))
        for table in ("capacitors", "loads", "generators", "batteries", "solar", "grid"):
            found |= set(texts(self.case.table(table), "bus"))
        return (found | self._standing_buses) - {""}

    @cached_property
    def _standing_buses(self) -> set[str]:
        table = self.case.table("buses")
        power = sum(np.abs(numbers(table, f"shunt_{p}_{unit}", 0.0)) for p in PHASES for unit in ("kw", "kvar"))
        return {name for name, taken in zip(texts(table, "bus"), np.atleast_1d(power), strict=True) if taken}

    def coordinates(self) -> Iterator[tuple[str, float, float]]:
        """Bus, x and y where both are known."""
        table = self.case.table("buses")
        x, y = numbers(table, "x"), numbers(table, "y")
        for row, name in enumerate(texts(table, "bus")):
            if name in self.used and not np.isnan(x[row] + y[row]):
                yield self.bus(name), float(x[row]), float(y[row])


def _range(record: Mapping[str, Any]) -> str:
    """The range of a tap as its second winding has it."""
    if not record["range"]:
        return ""
    low, high = record["tap_min"], record["tap_max"]
    steps = max(1, round((high - low) / record["tap_step"]))
    return f" wdg=2 mintap={low:.12g} maxtap={high:.12g} numtaps={steps}"


def _control(element: str, record: Mapping[str, Any], kv_ln: float) -> Iterator[str]:
    """A control for a tap that can move, with a band so wide that it leaves the tap as it is."""
    if record["range"]:
        yield (
            f"New RegControl.{element} transformer={element} winding=2 vreg={CONTROL_VOLTS:g} band={WIDE_BAND:g} "
            f"ptratio={1000.0 * kv_ln / CONTROL_VOLTS:.12g}"
        )
