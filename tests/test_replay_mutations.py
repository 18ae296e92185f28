"""Each check is shown to work by one plan that it must refuse: the worked example with one thing wrong."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_replay_example import HOURS, build_case, example_case, example_plan, frame

from v2g.case import Case
from v2g.plan import Plan
from v2g.replay import audit


class Draft:
    """An editable copy of the worked plan, or of another one."""

    def __init__(self, case: Case | None = None, plan: Plan | None = None) -> None:
        self.case = case or example_case()
        plan = plan or example_plan(self.case)
        self.tables = {name: table.copy() for name, table in plan.tables.items()}
        self.summary = copy.deepcopy(dict(plan.summary))

    def set(self, table: str, column: str, value: Any, interval: int = 0, **labels: str) -> Draft:
        """Put a value into the row of one thing and interval."""
        self.tables[table].loc[self.row(table, interval, **labels), column] = value
        return self

    def add(self, table: str, column: str, value: float, interval: int = 0, **labels: str) -> Draft:
        """Add to the entry of one thing and interval."""
        self.tables[table].loc[self.row(table, interval, **labels), column] += value
        return self

    def row(self, table: str, interval: int, **labels: str) -> pd.Series:
        """Mask of the rows with these labels in one interval."""
        rows = self.tables[table]["start_utc"] == self.case.boundaries[interval].isoformat()
        for column, value in labels.items():
            rows &= self.tables[table][column] == value
        assert rows.any(), labels
        return rows

    def drop(self, table: str, interval: int = 0, **labels: str) -> Draft:
        """Leave a row out."""
        self.tables[table] = self.tables[table][~self.row(table, interval, **labels)]
        return self

    def without(self, table: str) -> Draft:
        """Leave a table out."""
        del self.tables[table]
        return self

    def state(self, value: Any, *keys: str) -> Draft:
        """Put a value into the summary."""
        place = self.summary
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value
        return self

    def others(self, bus: str) -> Draft:
        """Add a device from outside at a bus."""
        row = {"start_utc": self.case.boundaries[0].isoformat(), "hours": 1.0, "part": "wind", "unit": "mill"}
        self.tables["others"] = frame(row | {"bus": bus, "phase": "a", "injection_kw": 1.0, "injection_kvar": 0.0})
        return self

    @property
    def plan(self) -> Plan:
        """The plan as it now is."""
        return Plan(self.summary, self.tables)


WARD, LAMP, LOST = {"load": "ward"}, {"load": "lamp"}, {"load": "lost"}
LEAF, VAN, MOPED = {"vehicle": "leaf"}, {"vehicle": "van"}, {"vehicle": "moped"}
BOX, DIESEL, SUN = {"source": "box"}, {"source": "diesel"}, {"source": "sun"}
SHOP_B, HOME_A, FAR_A = {"bus": "shop", "phase": "b"}, {"bus": "home", "phase": "a"}, {"bus": "far", "phase": "a"}
HEAD_A, MAIN_A, DROP_A = {"bus": "head", "phase": "a"}, {"line": "main", "phase": "a"}, {"line": "drop", "phase": "a"}

MUTATIONS: list[tuple[str, str, Callable[[Draft], Draft]]] = [
    ("loads: complete and finite", "a row is missing", lambda d: d.drop("loads", **LAMP)),
    ("loads: complete and finite", "a thing is unknown", lambda d: d.set("loads", "load", "lanp", **LAMP)),
    ("loads: complete and finite", "a time starts no interval",
     lambda d: d.set("loads", "start_utc", "2026-01-10T06:30:00+00:00", **LAMP)),
    ("loads: complete and finite", "not a number", lambda d: d.set("loads", "served_kw", np.nan, **LAMP)),
    ("vehicles: complete and finite", "no table", lambda d: d.without("vehicles")),
    ("vehicles: complete and finite", "hours are wrong", lambda d: d.set("vehicles", "hours", 0.25, **LEAF)),
    ("nodes: complete and finite", "a row is missing", lambda d: d.drop("nodes", **SHOP_B)),
    ("lines: complete and finite", "infinite flow", lambda d: d.set("lines", "flow_kw", np.inf, **MAIN_A)),
    ("sources: complete and finite", "a source stands twice", lambda d: d.set("sources", "source", "box", **SUN)),
    ("nodes: live or dead", "a dead bus called live", lambda d: d.set("nodes", "live", 1, **FAR_A)),
    ("lines: closed and live ones listed", "a leg is missing", lambda d: d.drop("lines", **DROP_A)),
    ("nodes: voltage given where live", "blank voltage", lambda d: d.set("nodes", "voltage_pu", np.nan, **SHOP_B)),
    ("sources: nothing blank", "no energy of the battery", lambda d: d.set("sources", "energy_end_kwh", np.nan, **BOX)),
    ("tables: same places and labels as the case", "tier", lambda d: d.set("loads", "tier", 1, **LAMP)),
    ("tables: same places and labels as the case", "bus", lambda d: d.set("loads", "bus", "home", **WARD)),
    ("tables: same places and labels as the case", "rating", lambda d: d.set("lines", "rating_kva", 9.0, **MAIN_A)),
    ("tables: same places and labels as the case", "charger", lambda d: d.set("vehicles", "charger", "", **LEAF)),
    ("others: known places and times", "nowhere", lambda d: d.others("nowhere")),
    ("loads: demand as in the case", "demand too high", lambda d: d.add("loads", "demand_kw", 1.0, **WARD)),
    ("loads: required when the case says", "not required", lambda d: d.set("loads", "required", 0, **WARD)),
    ("loads: nothing negative served", "negative", lambda d: d.set("loads", "served_kw", -0.5, **LAMP)),
    ("loads: served within demand", "too much", lambda d: d.set("loads", "served_kw", 3.5, **LAMP)),
    ("loads: kvar follow kW", "no kvar", lambda d: d.set("loads", "served_kvar", 0.0, **WARD)),
    ("loads: no service at a dead bus", "served at far", lambda d: d.set("loads", "served_kw", 1.0, **LOST)),
    ("vehicles: charging within limits", "more than the charger", lambda d: d.set("vehicles", "charge_kw", 2.5, **VAN)),
    ("vehicles: charging within limits", "not plugged in", lambda d: d.set("vehicles", "charge_kw", 0.1, 1, **LEAF)),
    ("vehicles: discharging within limits", "too much", lambda d: d.set("vehicles", "discharge_kw", 5.5, **LEAF)),
    ("vehicles: discharging within limits", "on the road", lambda d: d.set("vehicles", "discharge_kw", 1.0, 1, **LEAF)),
    ("vehicles: discharging within limits", "negative", lambda d: d.set("vehicles", "discharge_kw", -1.0, **LEAF)),
    ("vehicles: below reserve gives nothing", "van gives", lambda d: d.set("vehicles", "discharge_kw", 0.5, **VAN)),
    ("vehicles: charge and discharge share the charger", "3/5 + 2.5/5",
     lambda d: d.set("vehicles", "charge_kw", 2.5, **LEAF)),
    ("vehicles: energy step", "lost energy", lambda d: d.add("vehicles", "energy_end_kwh", 0.1, 1, **LEAF)),
    ("vehicles: energy carried over", "refilled overnight",
     lambda d: d.add("vehicles", "energy_start_kwh", 1, 1, **LEAF).add("vehicles", "energy_end_kwh", 1, 1, **LEAF)),
    ("vehicles: energy integrated from the start", "more at the start",
     lambda d: d.add("vehicles", "energy_start_kwh", 1, **LEAF).add("vehicles", "energy_end_kwh", 1, **LEAF)
     .add("vehicles", "energy_start_kwh", 1, 1, **LEAF).add("vehicles", "energy_end_kwh", 1, 1, **LEAF)),
    ("vehicles: energy between empty and full", "over full",
     lambda d: d.set("vehicles", "energy_end_kwh", 20.5, 1, **LEAF)),
    ("vehicles: mobility reserve kept", "below", lambda d: d.set("vehicles", "energy_end_kwh", 4.9, 1, **LEAF)),
    ("vehicles: trips made", "a trip is cut short", lambda d: d.set("vehicles", "missed_trip_kwh", 0.5, 1, **LEAF)),
    ("vehicles: trips, reserve and shortfall recomputed", "shortfall",
     lambda d: d.set("vehicles", "shortfall_kwh", 0.0, **VAN)),
    ("vehicles: trips, reserve and shortfall recomputed", "trip",
     lambda d: d.set("vehicles", "trip_kwh", 0.0, 1, **LEAF)),
    ("sources: phases add up", "total", lambda d: d.add("sources", "output_kw", 1.0, **DIESEL)),
    ("sources: phases add up", "a phase too many", lambda d: d.set("sources", "output_b_kw", 1.0, **SUN)),
    ("sources: nothing outside the window", "diesel is gone",
     lambda d: d.set("sources", "output_a_kw", 0.5, 1, **DIESEL)),
    ("sources: output within what is available", "more sun", lambda d: d.set("sources", "output_a_kw", 1.2, **SUN)),
    ("sources: output within what is available", "diesel as a load",
     lambda d: d.set("sources", "output_a_kw", -3.0, **DIESEL)),
    ("sources: phases within the rating", "2.5 of 2 kW", lambda d: d.set("sources", "output_a_kw", 2.5, **DIESEL)),
    ("sources: phases within the kVA disc", "4 + 5j of 6 kVA", lambda d: d.set("sources", "output_a_kvar", 5.0, **BOX)),
    ("sources: balanced unless forming", "one phase more", lambda d: d.add("sources", "output_a_kw", 0.3, **DIESEL)),
    ("solar: unity power factor", "kvar", lambda d: d.set("sources", "output_a_kvar", 0.2, **SUN)),
    ("solar: available as in the case", "sunnier", lambda d: d.set("sources", "available_kw", 2.0, **SUN)),
    ("generators: fuel follows output", "no fuel", lambda d: d.set("sources", "fuel_l", 0.0, **DIESEL)),
    ("generators: fuel in the tank", "2.4 kWh need 0.96 of 0.8 L",
     lambda d: d.set("sources", "output_a_kw", 0.8, **DIESEL).set("sources", "output_b_kw", 0.8, **DIESEL)
     .set("sources", "output_c_kw", 0.8, **DIESEL)),
    ("batteries: power within limits", "too much", lambda d: d.set("sources", "discharge_kw", 16.0, **BOX)),
    ("batteries: power within limits", "phases say otherwise", lambda d: d.set("sources", "discharge_kw", 7.0, **BOX)),
    ("batteries: charge and discharge share the inverter", "8/15 + 8/15",
     lambda d: d.set("sources", "charge_kw", 8.0, **BOX)),
    ("batteries: energy step", "no loss", lambda d: d.set("sources", "energy_end_kwh", 12.0, **BOX)),
    ("batteries: energy integrated from the start", "refilled",
     lambda d: d.set("sources", "energy_end_kwh", 8.0, 1, **BOX)),
    ("batteries: energy between reserve and full", "empty",
     lambda d: d.set("sources", "energy_end_kwh", 2.9, 1, **BOX)),
    ("nodes: kW from the devices", "more", lambda d: d.add("nodes", "injection_kw", 0.5, **SHOP_B)),
    ("nodes: kvar from the devices", "more", lambda d: d.add("nodes", "injection_kvar", 0.5, **SHOP_B)),
    ("nodes: nothing at dead ones", "at far", lambda d: d.set("nodes", "injection_kw", 0.5, **FAR_A)),
    ("feeder: balance at every node", "flow", lambda d: d.add("lines", "flow_kw", 0.5, **DROP_A)),
    ("feeder: balance of every island", "free power", lambda d: d.add("sources", "output_a_kw", 1.0, **BOX)),
    ("feeder: flows swept from the leaves", "flow", lambda d: d.add("lines", "flow_kvar", 0.5, **DROP_A)),
    ("feeder: thermal limits", "6.1 kW of 6 kVA", lambda d: d.set("lines", "flow_kw", 6.1, **MAIN_A)),
    ("feeder: voltage drop of every leg", "no drop", lambda d: d.set("nodes", "voltage_pu", 1.0, **HOME_A)),
    ("feeder: voltages swept from the reference", "no drop", lambda d: d.set("nodes", "voltage_pu", 1.0, **SHOP_B)),
    ("feeder: reference voltage", "1.02", lambda d: d.set("nodes", "voltage_pu", 1.02, **HEAD_A)),
    ("feeder: voltage limits", "the bus's own 0.95", lambda d: d.set("nodes", "voltage_pu", 0.94, **HOME_A)),
    ("feeder: voltage limits", "the case's 1.1", lambda d: d.set("nodes", "voltage_pu", 1.11, **SHOP_B)),
    ("summary: critical loads served", "one more", lambda d: d.state(2, "critical", "1", "served")),
    ("summary: critical hours", "more", lambda d: d.state(3.0, "critical_hours", "1", "served")),
    ("summary: energies", "less", lambda d: d.state(3.0, "energy_kwh", "losses_battery")),
    ("summary: energies", "left out", lambda d: d.state({}, "energy_kwh")),
    ("summary: reserve shortfall", "none", lambda d: d.state(0.0, "reserve_shortfall_kwh")),
    ("summary: critical loads and hours of the stages", "a lost one kept",
     lambda d: d.state({"stages": [{"name": "critical_1", "objective": 0.0}]}, "certificate")),
    ("summary: critical loads and hours of the stages", "1.4 of 1.5 h",
     lambda d: d.state({"stages": [{"name": "critical_hours", "objective": 1.4}]}, "certificate")),
    ("energy conserved over the horizon", "kept", lambda d: d.set("sources", "energy_end_kwh", 5.0, 1, **BOX)),
    ("served within the energy bound", "the dead bus's load",
     lambda d: d.set("loads", "served_kw", 1.0, **LOST).set("loads", "served_kw", 1.0, 1, **LOST)),
]  # fmt: skip


@pytest.mark.parametrize(("check", "how", "change"), MUTATIONS, ids=[f"{m[0]}, {m[1]}" for m in MUTATIONS])
def test_the_check_refuses(check: str, how: str, change: Callable[[Draft], Draft]) -> None:
    draft = change(Draft())
    verdict = audit(draft.case, draft.plan)
    failed = {found.name: found for found in verdict.failed}
    assert check in failed, [str(found) for found in verdict.checks]
    assert not verdict.ok and verdict.max_violation > 1e-6
    assert failed[check].where, "a failed check says where"


DEAD = {"vehicles: nothing at a dead bus", "sources: nothing at a dead bus"}


def without_forming(case: Case) -> Case:
    """The same case with nobody who forms a voltage: everything is dead."""
    return build_case(
        HOURS, case.header, **{**case.tables, "batteries": case.tables["batteries"].assign(forming=False)}
    )


@pytest.mark.parametrize("check", sorted(DEAD))
def test_nothing_moves_in_a_dead_feeder(check: str) -> None:
    case = without_forming(example_case())
    assert check in {found.name for found in audit(case, example_plan(case)).failed}


def tightened(table: str, column: str, value: Any, row: int = 0) -> Case:
    """The case with one entry changed."""
    case = example_case()
    changed = case.tables[table].copy()
    changed[column] = changed[column].astype(object) if column in changed else np.nan
    changed.loc[changed.index[row], column] = value
    return build_case(HOURS, case.header, **{**case.tables, table: changed})


READ = [
    ("lines", "rating_kva", 5.0, "feeder: thermal limits"),
    ("lines", "r_ab_ohm", 0.2, "feeder: voltage drop of every leg"),
    ("lines", "x_cc_ohm", 0.5, "feeder: voltages swept from the reference"),
    ("lines", "closed", False, "nodes: live or dead"),
    ("buses", "vmax_pu", 0.99, "feeder: voltage limits"),
    ("capacitors", "kvar", 3.0, "nodes: kvar from the devices"),
    ("capacitors", "closed", False, "nodes: kvar from the devices"),
    ("loads", "kw", 9.5, "loads: demand as in the case"),
    ("loads", "kvar", 2.0, "loads: kvar follow kW"),
    ("loads", "tier", 2, "tables: same places and labels as the case"),
    ("loads", "service", "flexible", "loads: required when the case says"),
    ("loads", "phases", "ab", "nodes: kW from the devices"),
    ("vehicles", "capacity_kwh", 8.0, "vehicles: energy between empty and full"),
    ("vehicles", "start_kwh", 11.0, "vehicles: energy carried over"),
    ("vehicles", "reserve_kwh", 6.5, "vehicles: mobility reserve kept"),
    ("vehicles", "discharge_kw", 2.0, "vehicles: discharging within limits"),
    ("chargers", "discharge_kw", 2.0, "vehicles: discharging within limits"),
    ("chargers", "discharge_eff", 0.9, "vehicles: energy step"),
    ("chargers", "bus", "head", "nodes: kW from the devices"),
    ("stays", "until_utc", pd.Timestamp("2026-01-10 06:30", tz="UTC"), "vehicles: discharging within limits"),
    ("trips", "energy_kwh", 2.5, "vehicles: trips, reserve and shortfall recomputed"),
    ("batteries", "start_kwh", 19.0, "batteries: energy step"),
    ("batteries", "reserve_kwh", 4.0, "batteries: energy between reserve and full"),
    ("batteries", "capacity_kwh", 9.0, "batteries: energy between reserve and full"),
    ("batteries", "discharge_kw", 10.0, "batteries: power within limits"),
    ("batteries", "rating_kva", 12.0, "sources: phases within the kVA disc"),
    ("batteries", "discharge_eff", 0.9, "batteries: energy step"),
    ("batteries", "voltage_pu", 1.01, "feeder: reference voltage"),
    ("batteries", "forming", False, "nodes: live or dead"),
    ("solar", "rating_kw", 1.0, "sources: output within what is available"),
    ("profiles", "sky", 0.4, "sources: output within what is available"),
    ("generators", "rating_kw", 1.2, "sources: output within what is available"),
    ("generators", "fuel_l", 0.5, "generators: fuel in the tank"),
    ("generators", "fuel_l_per_kwh", 0.5, "generators: fuel follows output"),
    ("generators", "until_utc", pd.Timestamp("2026-01-10 06:10", tz="UTC"), "sources: output within what is available"),
    ("generators", "until_utc", pd.Timestamp("2026-01-10 06:00", tz="UTC"), "sources: nothing outside the window"),
]


@pytest.mark.parametrize(("table", "column", "value", "check"), READ, ids=[f"{r[0]}.{r[1]} {r[2]}" for r in READ])
def test_no_setting_of_the_case_goes_unread(table: str, column: str, value: Any, check: str) -> None:
    case = tightened(table, column, value, row=0)
    failed = {found.name for found in audit(case, example_plan(example_case())).failed}
    assert check in failed


def test_the_voltage_base_is_that_of_the_receiving_bus() -> None:
    failed = {
        found.name for found in audit(tightened("buses", "kv_ln_kv", 7.2, row=1), example_plan(example_case())).failed
    }
    assert failed == {"feeder: voltage drop of every leg", "feeder: voltages swept from the reference"}


@pytest.mark.parametrize(("key", "value"), [("vmin_pu", 0.9999), ("vmax_pu", 0.99)])
def test_no_setting_of_the_header_goes_unread(key: str, value: float) -> None:
    case = example_case()
    stricter = build_case(HOURS, {**case.header, key: value}, **case.tables)
    assert [check.name for check in audit(stricter, example_plan(case)).failed] == ["feeder: voltage limits"]


# Defects found in published tools of this kind. Each is a plan that such a tool would have handed over.


def test_a_storage_step_without_the_length_of_its_interval() -> None:
    """11 kW for half an hour from 10 kWh: 10 - 11 / 0.8 < 0, written down as if the hour did not matter."""
    draft = Draft().set("sources", "energy_end_kwh", 10.0 - 11.0 / 0.8, 1, **BOX)
    names = {check.name for check in audit(draft.case, draft.plan).failed}
    assert {"batteries: energy step", "batteries: energy between reserve and full"} <= names


def test_loads_shifted_by_one_bus() -> None:
    """What shop takes is put at home, home's at shop; the sum is right, and so the source sees nothing."""
    draft = Draft()
    nodes = draft.tables["nodes"]
    shop, home = (draft.row("nodes", 0, bus=bus, phase="a") for bus in ("shop", "home"))
    here, there = nodes.loc[shop, "injection_kw"].item(), nodes.loc[home, "injection_kw"].item() - 1.0
    nodes.loc[shop, "injection_kw"], nodes.loc[home, "injection_kw"] = there, here + 1.0
    assert "nodes: kW from the devices" in {check.name for check in audit(draft.case, draft.plan).failed}


def test_free_energy_on_discharge() -> None:
    """The efficiency on the wrong side: 12 - 3 x 0.8 = 9.6 instead of 12 - 3 / 0.8 = 8.25."""
    draft = Draft().set("vehicles", "energy_end_kwh", 12.0 - 3.0 * 0.8, **LEAF)
    draft.set("vehicles", "energy_start_kwh", 9.6, 1, **LEAF).set("vehicles", "energy_end_kwh", 7.6, 1, **LEAF)
    names = {check.name for check in audit(draft.case, draft.plan).failed}
    assert {"vehicles: energy step", "energy conserved over the horizon"} <= names


def test_vehicles_ignored_in_an_outage() -> None:
    """The battery feeds everything, although the plan says that the leaf gives 3 kW."""
    draft = Draft()
    for phase in "abc":
        draft.add("nodes", "injection_kw", -1.0, bus="shop", phase=phase)
        draft.add("nodes", "injection_kw", 1.0, bus="head", phase=phase)
        draft.add("lines", "flow_kw", 1.0, line="main", phase=phase)
        draft.add("sources", f"output_{phase}_kw", 1.0, **BOX)
    draft.add("sources", "output_kw", 3.0, **BOX).add("sources", "discharge_kw", 3.0, **BOX)
    names = {check.name for check in audit(draft.case, draft.plan).failed}
    assert {"nodes: kW from the devices", "feeder: balance of every island"} <= names


def test_power_in_watts() -> None:
    draft = Draft()
    draft.tables["loads"]["served_kw"] *= 1000.0
    assert "loads: served within demand" in {check.name for check in audit(draft.case, draft.plan).failed}


def test_an_empty_plan_is_refused_and_never_crashes() -> None:
    case = example_case()
    verdict = audit(case, Plan({}, {}))
    assert not verdict.ok and np.isfinite(verdict.max_violation)


def test_devices_from_outside_are_taken_as_given() -> None:
    """A mill gives 1 kW at home in the first interval; the battery gives as much less."""
    draft = Draft().others("home")
    draft.add("nodes", "injection_kw", 1.0, **HOME_A).add("nodes", "injection_kw", -1.0, **HEAD_A)
    draft.add("lines", "flow_kw", -1.0, **DROP_A).add("lines", "flow_kw", -1.0, **MAIN_A)
    draft.add("sources", "output_a_kw", -1.0, **BOX).add("sources", "output_kw", -1.0, **BOX)
    draft.add("sources", "discharge_kw", -1.0, **BOX)
    draft.add("sources", "energy_end_kwh", 1.25, **BOX).add("sources", "energy_end_kwh", 1.25, 1, **BOX)
    draft.state(12.5, "energy_kwh", "battery_discharged").state(12.5 * 0.25, "energy_kwh", "losses_battery")
    verdict = audit(draft.case, draft.plan)
    left = {check.name for check in verdict.failed}
    assert left == {"feeder: voltage drop of every leg", "feeder: voltages swept from the reference"}
    assert any("others.csv" in note for note in verdict.notes) and not verdict.bound


@pytest.mark.parametrize("spread", [1e-8, 1e-4])
def test_the_tolerance_is_where_it_says(spread: float) -> None:
    draft = Draft().add("loads", "served_kw", spread, **WARD)
    assert audit(draft.case, draft.plan).ok == (spread < 1e-6)
