"""Case and plan side by side: the plan's tables on the case's grid, and what the physics makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from v2g.plan import Plan
from v2g.replay.ac_tables import leg_values, lost_power
from v2g.replay.clock import stamp
from v2g.replay.columns import numbers
from v2g.replay.feeder import PHASES
from v2g.replay.kept import bank_limits, engines_running
from v2g.replay.known import Known
from v2g.replay.regulators import Regulators, read_regulators, tap_sheet
from v2g.replay.resting import shares, stated_share, used_share
from v2g.replay.shunts import bus_shunts, shunts
from v2g.replay.sweep import Sweep, sweep_flows
from v2g.replay.tables import Sheet, codes_of, interval_codes, lay_out
from v2g.replay.verdict import Array, Check, Complex, Index, Mask, worst
from v2g.replay.voltage import given_taps, leg_drops, sweep_voltages
from v2g.replay.ways import Deliveries, read_deliveries

KW_COLUMNS = tuple(f"output_{phase}_kw" for phase in PHASES)
KVAR_COLUMNS = tuple(f"output_{phase}_kvar" for phase in PHASES)
VEHICLE_COLUMNS = (
    "charge_kw", "discharge_kw", "trip_kwh", "missed_trip_kwh", "energy_start_kwh", "energy_end_kwh", "reserve_kwh",
    "shortfall_kwh",
)  # fmt: skip
NEW_VEHICLE_COLUMNS = ("v2h_kw", "v2l_kw", "standby_kwh")
NEW_LOAD_COLUMNS = ("v2h_kw", "v2l_kw", "surge_kw")
SOURCE_COLUMNS = ("charge_kw", "discharge_kw", "available_kw", "energy_end_kwh", "fuel_l", *KW_COLUMNS, *KVAR_COLUMNS,
                  "run", "tank_l")  # fmt: skip


@dataclass(frozen=True)
class Record(Known):
    """Everything a check may look at. Nothing in it comes from the plan but what its tables say."""

    plan: Plan
    tolerance: float

    @cached_property
    def network(self) -> str:
        """``lindistflow`` or ``transport``: as the plan says, else as the case does."""
        provenance = self.plan.summary.get("provenance") or {}
        return str(provenance.get("network") or self.case.header.get("network", "lindistflow"))

    @property
    def reactive(self) -> bool:
        """Whether reactive power and voltage are part of the plan."""
        return self.network != "transport"

    @cached_property
    def deliveries(self) -> Deliveries:
        """What the plan's vehicles give to premises and plugs."""
        frame, names = self.frame("deliveries"), (self.fleet.names, self.sites.names, self.loads.names)
        return read_deliveries(self.case, frame, *names)

    def frame(self, name: str) -> pd.DataFrame | None:
        """A table of the plan, or None."""
        return self.plan.tables.get(name)

    @cached_property
    def load_sheet(self) -> Sheet:
        """The plan's loads, (loads, T)."""
        frame = self.frame("loads")
        things = None if frame is None or "load" not in frame else codes_of(self.loads.names, frame["load"])
        columns = ("tier", "required", "demand_kw", "served_kw", "served_kvar")
        return lay_out(
            self.case, "loads", frame, things, len(self.loads.names), columns, words=("bus",), later=NEW_LOAD_COLUMNS
        )

    @cached_property
    def vehicle_sheet(self) -> Sheet:
        """The plan's vehicles, (vehicles, T)."""
        frame = self.frame("vehicles")
        things = None if frame is None or "vehicle" not in frame else codes_of(self.fleet.names, frame["vehicle"])
        return lay_out(
            self.case, "vehicles", frame, things, len(self.fleet.names), VEHICLE_COLUMNS, words=("charger",),
            later=NEW_VEHICLE_COLUMNS, later_words=("site",),
        )  # fmt: skip

    @cached_property
    def node_sheet(self) -> Sheet:
        """The plan's nodes, (nodes, T)."""
        frame = self.frame("nodes")
        things = None if frame is None or not {"bus", "phase"} <= set(frame) else self.node_codes(frame)
        always = ("live", "injection_kw", *self.kvar("injection_kvar"))
        maybe = ("injection_kvar", "voltage_pu")
        return lay_out(self.case, "nodes", frame, things, len(self.feeder.nodes), always, maybe, later=("shunt_kw",))

    @cached_property
    def line_sheet(self) -> Sheet:
        """The plan's legs, (legs, T); only live ones stand in the table."""
        frame = self.frame("lines")
        things = None if frame is None or not {"line", "kind", "phase"} <= set(frame) else self.leg_codes(frame)
        always, maybe = ("flow_kw", *self.kvar("flow_kvar")), ("flow_kvar", "rating_kva")
        ends = ("from_bus", "to_bus")
        return lay_out(self.case, "lines", frame, things, len(self.feeder.legs), always, maybe, ends, complete=False)

    @cached_property
    def source_sheet(self) -> Sheet:
        """The plan's sources, (sources, T)."""
        frame, known = self.frame("sources"), self.sources
        things = None
        if frame is not None and {"source", "kind"} <= set(frame):
            keys = frame["kind"].astype(str) + " " + frame["source"].astype(str)
            things = codes_of([known.name(row) for row in range(len(known.names))], keys)
        words = ("bus",)
        return lay_out(self.case, "sources", frame, things, len(known.names), ("output_kw",), SOURCE_COLUMNS, words)

    def kvar(self, column: str) -> tuple[str, ...]:
        """A column that must be there if reactive power is part of the plan."""
        return (column,) if self.reactive else ()

    def node_codes(self, frame: pd.DataFrame) -> Index:
        """Node of each row of a table with columns bus and phase, -1 where unknown."""
        keys = frame["bus"].astype(str) + "\n" + frame["phase"].astype(str)
        return codes_of(["\n".join(node) for node in self.feeder.nodes], keys)

    def leg_codes(self, frame: pd.DataFrame) -> Index:
        """Leg of each row of a table with columns kind, line and phase, -1 where unknown."""
        parts = [frame[column].astype(str) for column in ("kind", "line", "phase")]
        legs, branches = self.feeder.legs, self.feeder.branches
        known = [f"{branches[leg.branch].kind}\n{branches[leg.branch].name}\n{leg.phase}" for leg in legs]
        return codes_of(known, parts[0] + "\n" + parts[1] + "\n" + parts[2])

    @cached_property
    def charger_kw(self) -> Array:
        """Net power that vehicles give to the feeder at each charger, shape (chargers, T)."""
        return self.at_chargers(self.vehicle_sheet["discharge_kw"] - self.vehicle_sheet["charge_kw"])

    def at_chargers(self, values: Array) -> Array:
        """Values of vehicles (V, T) summed at the charger at which each is, shape (chargers, T)."""
        out = np.zeros((len(self.fleet.chargers), self.case.steps))
        vehicle, interval = np.nonzero(self.fleet.charger >= 0)
        np.add.at(out, (self.fleet.charger[vehicle, interval], interval), values[vehicle, interval])
        return out

    @cached_property
    def feeder_part(self) -> Array:
        """What each load takes from the feeder in kW: all it gets, less V2H and V2L, shape (loads, T)."""
        sheet = self.load_sheet
        return np.asarray(sheet["served_kw"] + sheet["surge_kw"] - sheet["v2h_kw"] - sheet["v2l_kw"])

    @cached_property
    def given(self) -> Array:
        """What each vehicle gives in all ways together in kW, shape (V, T)."""
        sheet = self.vehicle_sheet
        return np.asarray(sheet["discharge_kw"] + sheet["v2h_kw"] + sheet["v2l_kw"])

    @cached_property
    def source_power(self) -> Complex:
        """Output of each source on phases a, b, c in kW + j kvar, shape (sources, 3, T)."""
        active = np.stack([self.source_sheet[column] for column in KW_COLUMNS], axis=1)
        return np.asarray(active + 1j * np.stack([self.source_sheet[column] for column in KVAR_COLUMNS], axis=1))

    @cached_property
    def given_w(self) -> Array:
        """Squared voltages of the plan, (nodes, T); one where it says nothing."""
        return np.where(self.node_sheet.blank["voltage_pu"], 1.0, np.square(self.node_sheet["voltage_pu"]))

    @cached_property
    def others(self) -> Complex:
        """Injections of devices that the audit does not know, as the plan gives them, (nodes, T)."""
        frame = self.frame("others")
        out = np.zeros((len(self.feeder.nodes), self.case.steps), dtype=complex)
        if frame is None or frame.empty:
            return out
        node, at = self.node_codes(frame), interval_codes(self.case, frame)
        known = (node >= 0) & (at >= 0)
        power = numbers(frame, "injection_kw", 0.0) + 1j * numbers(frame, "injection_kvar", 0.0)
        np.add.at(out, (node[known], at[known]), power[known])
        return out

    @cached_property
    def running(self) -> Array:
        """Share of each interval in which a source runs, (sources, T): the plan's where running itself burns fuel."""
        return np.where((self.sources.idle_l_per_h > 0)[:, None], self.source_sheet["run"], 1.0)

    @cached_property
    def engines_running(self) -> tuple[Array, Array]:
        """Engines that run, and those that are there, where they alone form an island, (nodes, T)."""
        return engines_running(self.islands, self.sources, self.running)

    @cached_property
    def injection(self) -> Complex:
        """Power put into every node by all devices in kW + j kvar, shape (nodes, T), shunts included."""
        given = self.devices - self.standing_kw
        return given + 1j * self.capacitor_kvar if self.reactive else given

    @cached_property
    def lost(self) -> Complex:
        """Losses at nodes in kW + j kvar that the plan takes from an AC solution, (nodes, T)."""
        frame = self.frame("ac_nodes")
        codes = None if frame is None else self.node_codes(frame)
        return lost_power(self.case, frame, codes, len(self.feeder.nodes))

    def of_legs(self, column: str) -> Array:
        """What the plan says of each leg from an AC solution, (legs, T)."""
        legs, branches = self.feeder.legs, self.feeder.branches
        known = [f"{branches[leg.branch].name}\n{leg.phase}" for leg in legs]
        return leg_values(self.case, self.frame("ac_legs"), known, column)

    @cached_property
    def passed_on(self) -> Complex:
        """Injections less losses: what the legs have to carry away, (nodes, T)."""
        return np.asarray(self.injection - (self.lost if self.reactive else self.lost.real))

    @cached_property
    def devices(self) -> Complex:
        """Power put into every node by all devices but capacitors, from their own tables, (nodes, T).

        A forming station is a source like others, and its vehicles act there alone.
        """
        nodes, feeder = len(self.feeder.nodes), self.feeder
        taken = self.feeder_part * (1.0 + 1j * self.loads.kvar_per_kw[:, None])
        total = self.others - self.loads.terminals.spread(taken, nodes)
        balanced = np.where(self.fleet.station[:, None], 0.0, self.charger_kw)
        total += feeder.terminals(self.case.table("chargers")).spread(balanced.astype(complex), nodes)
        links = self.sources.terminals
        column = np.array([PHASES.index(phase) for _, phase in feeder.nodes], dtype=np.int64)
        np.add.at(total, links.node, self.source_power[links.device, column[links.node]])
        return total

    @cached_property
    def capacitor_kvar(self) -> Array:
        """Reactive power of capacitors, reactors and energised lines at every live node, shape (nodes, T).

        At the plan's voltages; where engines alone keep the node alive it is what the plan says, as far as that can be.
        """
        gives, takes = shunts(self.case, self.feeder, self.leg_live)
        ceiling, engines = np.square(self.feeder.vmax_pu)[:, None], self.engines_running
        least, most = bank_limits(gives * self.given_w, gives * ceiling, *engines)
        fewest, all_of_it = bank_limits(takes * self.given_w, takes * ceiling, *engines)
        stated = self.node_sheet["injection_kvar"] - self.devices.imag
        return np.where(self.live, np.clip(stated, least - all_of_it, most - fewest), 0.0)

    @cached_property
    def standing_kw(self) -> Array:
        """What buses take at every live node at nominal voltage, shape (nodes, T).

        Where its island may be alive for a share of the interval only, the plan says for which, as far as that can be.
        """
        nominal, taken = bus_shunts(self.case, self.feeder).real, self.node_sheet["shunt_kw"]
        if not nominal.any():
            return np.zeros(taken.shape)
        found = shares(self.islands, self.sources, self.used_share, self.running)
        return np.where(self.live, nominal[:, None] * stated_share(found, nominal, taken), 0.0)

    @cached_property
    def used_share(self) -> Array:
        """Least share of an interval in which a node has power, by what is given and taken there, (nodes, T)."""
        fleet, loads, sources, sheet = self.fleet, self.loads, self.sources, self.vehicle_sheet
        posts = self.feeder.terminals(self.case.table("chargers"))
        parts = np.zeros((len(fleet.chargers), self.case.steps))
        vehicle, interval = np.nonzero((fleet.charger >= 0) & ~np.append(fleet.station, False)[fleet.charger])
        for column, limit in (("charge_kw", fleet.charge_max_kw), ("discharge_kw", fleet.discharge_max_kw)):
            share = np.divide(sheet[column], limit, out=np.zeros(limit.shape), where=limit > 0.0)[vehicle, interval]
            np.maximum.at(parts, (fleet.charger[vehicle, interval], interval), share)
        shape, output = self.source_sheet.present.shape, self.source_power.real.sum(axis=1)
        rating = (sources.phase_kw * (sources.weight != 0).sum(axis=1))[:, None]
        gives = np.where(sources.of("solar")[:, None], sources.limit_kw, rating)
        users = [
            (loads.terminals, self.feeder_part, loads.demand_kw * np.maximum(1.0, loads.pickup_factor)[:, None]),
            (posts, parts, np.ones(parts.shape)),
            (sources.terminals, self.source_sheet["charge_kw"], np.broadcast_to(sources.charge_kw[:, None], shape)),
            (sources.terminals, output, np.broadcast_to(gives, shape)),
        ]
        return used_share(users, self.given_w.shape)

    @cached_property
    def leg_live(self) -> Mask:
        """Whether each leg is closed and live, shape (legs, T)."""
        return self.feeder.closed & self.live[[leg.to for leg in self.feeder.legs]].reshape(-1, self.case.steps)

    @cached_property
    def given_flow(self) -> Complex:
        """Flows of the plan in kW + j kvar, shape (legs, T)."""
        return np.asarray(self.line_sheet["flow_kw"] + 1j * self.line_sheet["flow_kvar"])

    @cached_property
    def sweep(self) -> Sweep:
        """Flows recomputed from the injections."""
        return sweep_flows(self.feeder, self.passed_on, self.given_flow, self.reactive, self.feeder.closed)

    @cached_property
    def drops(self) -> Array:
        """Drop of squared voltage along each leg from the recomputed flows, shape (legs, T).

        Less what the plan says its law leaves out.
        """
        return np.asarray(leg_drops(self.feeder, self.sweep.flow) - self.of_legs("offset"))

    @cached_property
    def regulators(self) -> Regulators:
        """Taps of the case that can move."""
        return read_regulators(self.case, self.feeder)

    @cached_property
    def tap_sheet(self) -> Sheet:
        """The plan's taps, (regulators, T)."""
        return tap_sheet(self.case, self.feeder, self.regulators, self.frame("taps"))

    @cached_property
    def taps(self) -> Array:
        """Ratio of each leg, (legs, T): the plan's where it says one, else that of the case."""
        found, sheet = given_taps(self.feeder, self.case.steps), self.tap_sheet
        leg = self.regulators.leg
        found[leg] = np.where(sheet.present, sheet["tap"], found[leg])
        return found

    @cached_property
    def standing_taps(self) -> Array:
        """The same with every tap that moves on one of its steps, (legs, T)."""
        found, leg = self.taps.copy(), self.regulators.leg
        found[leg] = self.regulators.standing(found[leg])
        return found

    @cached_property
    def swept_w(self) -> tuple[Array, Mask]:
        """Squared voltages recomputed from the reference, (nodes, T), and which are the plan's own."""
        return sweep_voltages(self.feeder, self.islands, self.drops, self.given_w, self.taps)

    def worst(
        self, name: str, unit: str, excess: Array, things: list[str] | tuple[str, ...], scale: Array | float = 1.0
    ) -> Check:
        """The check at the worst of ``excess``, shape (things, T); ``things`` in words."""

        def place(position: tuple[int, ...]) -> str:
            return f"{things[position[0]]}, {stamp(self.case, position[-1])}"

        return worst(name, unit, excess, place, self.tolerance, scale)

    def worst_point(self, name: str, unit: str, excess: Array, things: list[str]) -> Check:
        """The same for an excess at the points between the intervals, shape (things, T + 1)."""

        def place(position: tuple[int, ...]) -> str:
            return f"{things[position[0]]}, {self.case.boundaries[position[1]].strftime('%Y-%m-%d %H:%M UTC')}"

        return worst(name, unit, excess, place, self.tolerance)


def words_of(noun: str, names: list[str]) -> list[str]:
    """Names with what they are: ``load ward``."""
    return [f"{noun} {name}" for name in names]
