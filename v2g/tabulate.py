"""From a point back to tables in the user's words: who does what, when, in kW and kWh."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from v2g.affine import Floats
from v2g.case import Case
from v2g.derive.context import STATIONS, Context
from v2g.derive.places import words
from v2g.derive.regulators import regulators
from v2g.engine.stages import Stage
from v2g.language import Part, total
from v2g.lp import row_sums
from v2g.problem import Problem
from v2g.readings.arrays import Arrays

TABULATED = (
    "loads", "vehicles", "premises", "sockets", "sites", "stations", "grid", "generators", "batteries", "solar",
    "capacitors", "charging", "standing", "legs",
)  # fmt: skip
NOT_SENT = 1e-9
SOURCES = (("grid", "grid", "grid"), ("generators", "generator", "generator"), ("batteries", "battery", "battery"))


class Tabulator:
    """One solved problem, and the tables of its plan; a ``context`` of the case is not made again."""

    def __init__(
        self, case: Case, problem: Problem, reader: Arrays, layout: Any, x: Floats, context: Context | None = None
    ) -> None:
        self.case, self.problem, self.reader, self.layout, self.x = case, problem, reader, layout, x
        self.context = context or Context(case)
        self.starts = [t.isoformat() for t in case.boundaries[:-1]]
        self.parts = {p.table: p for p in problem.parts}

    def value(self, table: str, word: str) -> Floats:
        """A variable in its full shape, zero where it does not exist."""
        return np.asarray(self.layout.columns[table, word].table(self.x))

    def number(self, table: str, word: str) -> Floats:
        """A param of the problem."""
        return np.asarray(self.problem.numbers.values[table, word])

    def frame(self, things: dict[str, Any], **columns: Any) -> pd.DataFrame:
        """Long table, interval by interval. ``things`` are columns by thing, the others (things, T)."""
        count, steps = len(next(iter(things.values()))), self.case.steps
        data: dict[str, Any] = {"start_utc": np.repeat(self.starts, count), "hours": np.repeat(self.case.hours, count)}
        for name, values in things.items():
            data[name] = np.tile(np.asarray(values, dtype=object), steps)
        for name, values in columns.items():
            data[name] = np.broadcast_to(values, (count, steps)).T.ravel()
        return pd.DataFrame(data)

    def total(self, table: str, name: str) -> Floats:
        """A part's own total, or (``table`` blank) a shared one, at the point, in its full shape."""
        part = next((p for p in self.reader.parts if p.table == table), self.reader.parts[0])
        groups = getattr(part, name)
        return np.asarray(row_sums(groups.rows, self.x) + groups.const).reshape(groups.shape)

    def spread(self, table: str, word: str, at: tuple[str, str], shape: tuple[int, int]) -> Floats:
        """A variable over a sparse set, summed where its maps ``at`` lead to."""
        out = np.zeros(shape)
        np.add.at(out, tuple(self.number(table, name).astype(int) for name in at), self.value(table, word))
        return out

    def loads(self) -> pd.DataFrame:
        """What each load asks for and gets, and which way it comes."""
        table, demand = self.case.table("loads"), self.number("loads", "demand")
        ratio, surge = self.number("loads", "ratio")[:, None], self.total("loads", "surge")
        return self.frame(
            {"load": table["load"], "bus": table["bus"], "tier": table["tier"].astype(int)},
            required=self.number("loads", "required").astype(int),
            demand_kw=demand,
            served_kw=self.total("loads", "received"),
            served_kvar=self.value("loads", "served") * ratio,
            v2h_kw=self.spread("premises", "take", ("circuit_load", "circuit_interval"), demand.shape),
            v2l_kw=self.spread("sockets", "give", ("cord_load", "cord_interval"), demand.shape),
            surge_kw=surge,
        )

    def vehicles(self) -> pd.DataFrame:
        """What each vehicle does, and what it has left."""
        table, energy = self.case.table("vehicles"), self.value("vehicles", "energy")
        posts, sites = (np.array([*words(self.case, t, t[:-1]), ""], dtype=object) for t in ("chargers", "sites"))
        needed, where = self.number("vehicles", "needed")[:, 1:], self.context.places
        shape = where.share.shape
        return self.frame(
            {"vehicle": table.get("vehicle", [])},
            charger=posts[where.charger],
            site=sites[where.site],
            charge_kw=self.value("vehicles", "charge"),
            discharge_kw=self.value("vehicles", "discharge"),
            v2h_kw=self.spread("premises", "give", ("plug_vehicle", "plug_interval"), shape),
            v2l_kw=self.spread("sockets", "give", ("cord_vehicle", "cord_interval"), shape),
            trip_kwh=self.number("vehicles", "trip"),
            missed_trip_kwh=self.value("vehicles", "missed"),
            standby_kwh=self.number("vehicles", "standby") - self.value("vehicles", "asleep"),
            energy_start_kwh=energy[:, :-1],
            energy_end_kwh=energy[:, 1:],
            reserve_kwh=needed,
            shortfall_kwh=np.maximum(0.0, needed - energy[:, 1:]),
        )

    def deliveries(self) -> pd.DataFrame:
        """Which vehicle feeds which premises or appliances: one row for each that does, in each interval."""
        tables = [
            self._sent("v2h", "premises", ("plug_vehicle", "plug_interval"), None),
            self._sent("v2l", "sockets", ("cord_vehicle", "cord_interval"), "cord_load"),
        ]
        return pd.concat(tables, ignore_index=True).sort_values("start_utc", kind="stable").reset_index(drop=True)

    def _sent(self, way: str, table: str, at: tuple[str, str], to: str | None) -> pd.DataFrame:
        power = self.value(table, "give")
        sent = np.flatnonzero(power > NOT_SENT)
        vehicle, interval = (self.number(table, name)[sent] for name in at)
        loads = np.array([*words(self.case, "loads", "load"), ""], dtype=object)
        sites = np.array([*words(self.case, "sites", "site"), ""], dtype=object)
        return pd.DataFrame({
            "start_utc": np.array(self.starts, dtype=object)[interval],
            "hours": self.case.hours[interval],
            "way": way,
            "vehicle": np.array(words(self.case, "vehicles", "vehicle"), dtype=object)[vehicle],
            "site": sites[self.context.places.site[vehicle, interval]],
            "load": loads[self.number(table, to)[sent]] if to else "",
            "kw": power[sent],
        })  # fmt: skip

    def nodes(self) -> pd.DataFrame:
        """Injection, voltage and life of each node, and what its bus takes all the time, if there is any such thing."""
        live = self.context.islands.live
        voltage = np.full(live.shape, np.nan)
        if ("legs", "voltage") in self.layout.columns:
            square = self.value("legs", "voltage")
            voltage = np.where(live, np.sqrt(np.maximum(square, 0.0)), np.nan)
        shunts = self.number("standing", "node").astype(int)
        standing = np.zeros(live.shape)
        standing[shunts] = self.total("standing", "taken")
        return self.frame(
            {"bus": self.context.feeder.bus, "phase": self.context.feeder.phase},
            live=live.astype(int),
            **({"shunt_kw": standing} if shunts.size else {}),
            injection_kw=self.total("", "injection"),
            injection_kvar=self.total("", "reactive"),
            voltage_pu=voltage,
        )

    def lines(self) -> pd.DataFrame:
        """Flow on each closed and live leg."""
        feeder = self.context.feeder
        ends = {int(leg): feeder.bus[node] for leg, node in zip(feeder.end_leg, feeder.end_node, strict=True)}
        reactive = ("legs", "flow_kvar") in self.layout.columns
        table = self.frame(
            {
                "line": feeder.element,
                "kind": feeder.kind,
                "from_bus": [ends[a] for a in range(len(feeder.legs))],
                "to_bus": [feeder.bus[n] for n in feeder.to_node],
                "phase": feeder.leg_phase,
                "rating_kva": np.where(np.isfinite(feeder.rating), feeder.rating, np.nan),
            },
            flow_kw=self.value("legs", "flow"),
            flow_kvar=self.value("legs", "flow_kvar") if reactive else np.nan,
            live=self.number("legs", "energised"),
        )
        live = table.pop("live").to_numpy(float) > 0.0
        table["rating_kva"] = table["rating_kva"].astype(float)
        return table[live].reset_index(drop=True)

    def taps(self) -> pd.DataFrame:
        """Ratio of each tap that moves, phase by phase, where it is live; a row for each interval."""
        leg, feeder = self.number("legs", "moved_leg").astype(int), self.context.feeder
        before = self.total("legs", "upstream")[leg]
        boost = self.value("legs", "raised") - self.value("legs", "lowered")
        lifted = np.divide(boost, before, out=np.zeros(boost.shape), where=before > 0.0)
        given = regulators(self.context).given[:, None]
        table = self.frame(
            {"transformer": [feeder.element[a] for a in leg], "phase": [feeder.leg_phase[a] for a in leg]},
            tap=given * np.sqrt(np.maximum(1.0 + lifted, 0.0)),
            live=self.number("legs", "regulating"),
        )
        live = table.pop("live").to_numpy(float) > 0.0
        return table[live].reset_index(drop=True)

    def sources(self) -> pd.DataFrame:
        """Output of each source, by phase, and what is left in it."""
        tables = [self._controlled(*names) for names in SOURCES if len(self.case.table(names[0]))]
        if len(self.case.table("solar")):
            tables.append(self._solar())
        if len(self.context.frame(STATIONS)):
            tables.append(self._controlled(STATIONS, "station", "charger"))
        if not tables:
            return pd.DataFrame(columns=["start_utc", "hours", "source", "kind", "bus", *_SOURCE_NUMBERS])
        table = pd.concat(tables, ignore_index=True)
        return table.sort_values("start_utc", kind="stable").reset_index(drop=True)

    def _by_phase(self, table: str, by_link: Floats, unit: str) -> dict[str, Floats]:
        links, rows = self.context.links(table), len(self.context.frame(table))
        found = {}
        for phase in "abc":
            spread = np.zeros((rows, self.case.steps))
            here = np.array([self.context.feeder.phase[n] == phase for n in links.node], dtype=bool)
            np.add.at(spread, links.unit[here], by_link[here])
            found[f"output_{phase}_{unit}"] = spread
        return found

    def _controlled(self, table: str, kind: str, key: str) -> pd.DataFrame:
        rows, links = self.context.frame(table), self.context.links(table)
        output = self.value(table, "output")
        delivered = np.zeros((len(rows), self.case.steps))
        np.add.at(delivered, links.unit, output)
        highest = np.zeros((len(rows), self.case.steps))
        np.add.at(highest, links.unit, self.number(table, "highest") * self.number(table, "live_link"))
        blank: Any = np.nan
        more = dict.fromkeys(("charge_kw", "discharge_kw", "energy_end_kwh", "fuel_l", "run", "tank_l"), blank)
        if table == "batteries":
            more |= {w: self.value(table, v) for w, v in (("charge_kw", "charge"), ("discharge_kw", "discharge"))}
            more["energy_end_kwh"] = self.value(table, "energy")[:, 1:]
        if table == "generators":
            more |= self._fuel(rows, delivered)
        if table == STATIONS:
            more |= self._of_vehicles()
        return self.frame(
            {"source": rows[key], "kind": [kind] * len(rows), "bus": rows["bus"]},
            output_kw=delivered,
            available_kw=np.where(np.isfinite(highest), highest, np.nan),
            **more,
            **self._by_phase(table, output, "kw"),
            **self._by_phase(table, self.value(table, "output_kvar"), "kvar"),
        )

    def _fuel(self, rows: pd.DataFrame, delivered: Floats) -> dict[str, Floats]:
        """What generators burn, how long their engines run, and what is left in their tanks."""
        idle, rate = (rows[c].to_numpy(float)[:, None] for c in ("idle_l_per_h", "fuel_l_per_kwh"))
        run = np.where(idle > 0.0, self.value("generators", "run"), 1.0)
        burnt = self.case.hours * (rate * delivered + idle * run)
        tank, refilled = (self.number("generators", name).astype(int) for name in ("tank", "refilled"))
        change = np.zeros((len(self.number("generators", "fuel")), self.case.steps))
        np.subtract.at(change, tank, burnt)
        change[refilled] += self.number("generators", "arriving")
        level = self.number("generators", "fuel")[:, None] + np.cumsum(change, axis=1)
        return {"fuel_l": burnt, "run": run, "tank_l": level[tank]}

    def _of_vehicles(self) -> dict[str, Floats]:
        """What the vehicles at each station that can form an island take and give."""
        posts, found = self.number(STATIONS, "post").astype(int), {}
        for way in ("charge", "discharge"):
            by_post = np.zeros((len(self.case.table("chargers")) + 1, self.case.steps))
            np.add.at(by_post, (self.context.places.charger, np.arange(self.case.steps)), self.value("vehicles", way))
            found[f"{way}_kw"] = by_post[posts]
        return found

    def _solar(self) -> pd.DataFrame:
        rows, links = self.case.table("solar"), self.context.links("solar")
        output = self.value("solar", "output")
        by_link = output[links.unit] * links.share[:, None]
        blank = np.nan
        return self.frame(
            {"source": rows["solar"], "kind": ["solar"] * len(rows), "bus": rows["bus"]},
            output_kw=output,
            available_kw=self.number("solar", "available"),
            charge_kw=blank, discharge_kw=blank, energy_end_kwh=blank, fuel_l=blank, run=blank, tank_l=blank,
            **self._by_phase("solar", by_link, "kw"),
            **self._by_phase("solar", 0.0 * by_link, "kvar"),
        )  # fmt: skip

    def prices(self, stages: list[Stage]) -> pd.DataFrame:
        """What one more kWh is worth at each live node and interval, for every stage that has prices."""
        block = self.layout.rows["legs", "balance"]
        columns = {}
        for stage in stages:
            if stage.prices is not None:
                name = f"{stage.objective.name}_{stage.objective.unit.lower()}_per_kwh"
                columns[name] = block.table(stage.prices, np.nan) / self.case.hours
        return self.frame({"bus": self.context.feeder.bus, "phase": self.context.feeder.phase}, **columns)

    def outsiders(self) -> list[type[Part]]:
        """Parts that inject power and have no table of their own in a plan."""
        return [p for p in self.problem.parts if p.table not in TABULATED and any(w.into for w in p.words(total))]

    def others(self) -> pd.DataFrame:
        """Injections of the parts that have no table of their own, by node."""
        return pd.concat([self._other(part) for part in self.outsiders()], ignore_index=True)

    def _other(self, kind: type[Part]) -> pd.DataFrame:
        part = next(p for p in self.reader.parts if type(p) is kind)
        sums = {}
        for name in ("injection", "reactive"):
            members = [(part, rule) for rule in kind.words(total) if rule.into == name]
            groups = self.reader.summed(members, (len(self.context.feeder.nodes), self.case.steps))
            sums[name] = (row_sums(groups.rows, self.x) + groups.const).reshape(groups.shape)
        used = np.flatnonzero((np.abs(sums["injection"]) + np.abs(sums["reactive"])).sum(axis=1) > 0.0)
        feeder = self.context.feeder
        place = {"part": [kind.table] * used.size, "unit": [""] * used.size}
        place |= {"bus": [feeder.bus[n] for n in used], "phase": [feeder.phase[n] for n in used]}
        return self.frame(place, injection_kw=sums["injection"][used], injection_kvar=sums["reactive"][used])


_SOURCE_NUMBERS = (
    "output_kw", "charge_kw", "discharge_kw", "available_kw", "energy_end_kwh", "fuel_l", "run", "tank_l",
    "output_a_kw", "output_b_kw", "output_c_kw", "output_a_kvar", "output_b_kvar", "output_c_kvar",
)  # fmt: skip
