"""V2H, V2L, sites, orders, services, engines and forming stations: each check refuses one plan that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from replay_shelter import HOURS, after, shelter_case, shelter_plan
from replay_station import minutes, station_case, station_plan
from test_replay_example import START, build_case, frame
from test_replay_mutations import DEAD, MUTATIONS, Draft

from v2g.case import Case
from v2g.plan import Plan
from v2g.replay import audit


def shelter() -> Draft:
    """An editable copy of the plan of the shelter."""
    case = shelter_case()
    return Draft(case, shelter_plan(case))


def station() -> Draft:
    """An editable copy of the plan of the station."""
    case = station_case()
    return Draft(case, station_plan(case))


def names_of_failed(case: Case, plan: Plan) -> set[str]:
    """Checks that refuse a plan."""
    return {check.name for check in audit(case, plan).failed}


@pytest.mark.parametrize("draft", [shelter, station])
def test_the_plans_pass(draft: Callable[[], Draft]) -> None:
    verdict = audit(draft().case, draft().plan)
    assert not verdict.failed, [str(check) for check in verdict.failed]
    assert verdict.max_violation < 1e-9


def test_what_the_audit_recomputes() -> None:
    verdict = audit(shelter().case, shelter().plan)
    assert verdict.served[1]["served"] == 2 and verdict.served[2]["served"] == 1
    whole = {**shelter().summary["energy_kwh"], "losses_feeder": 0.0, "off_nominal": 0.0, "no_load": 0.0}
    assert verdict.energy_kwh == pytest.approx(whole)
    assert verdict.bound == {1: 2.0, 2: 1.0} and verdict.survival_h == {1: 3.0, 2: 3.0}


def test_a_plan_read_back_from_csv_passes(tmp_path: Any) -> None:
    draft, tables = shelter(), {}
    for name, table in draft.plan.tables.items():
        table.to_csv(tmp_path / f"{name}.csv", index=False)
        tables[name] = pd.read_csv(tmp_path / f"{name}.csv")
    assert audit(draft.case, Plan(draft.summary, tables)).ok


VAN, CAR, BIKE, MOPED = {"vehicle": "van"}, {"vehicle": "car"}, {"vehicle": "bike"}, {"vehicle": "moped"}
WARD, KETTLE, FRIDGE, MOTOR = {"load": "ward"}, {"load": "kettle"}, {"load": "fridge"}, {"load": "motor"}
BARN, DIESEL, V2H, V2L = {"load": "barn"}, {"source": "diesel"}, {"way": "v2h"}, {"way": "v2l"}

SHELTER: list[tuple[str, str, Callable[[Draft], Draft]]] = [
    ("vehicles: complete and finite", "V2H not a number", lambda d: d.set("vehicles", "v2h_kw", np.nan, **VAN)),
    ("tables: same places and labels as the case", "elsewhere", lambda d: d.set("vehicles", "site", "clinic", **VAN)),
    ("sources: nothing blank", "no run", lambda d: d.set("sources", "run", np.nan, **DIESEL)),
    ("loads: no service at a dead bus", "from the feeder", lambda d: d.set("loads", "v2h_kw", 2.0, **WARD)),
    ("loads: nothing back into the feeder", "more V2L than it uses",
     lambda d: d.set("loads", "v2l_kw", 1.5, 2, **FRIDGE)),
    ("loads: cold-load pickup", "no surge", lambda d: d.set("loads", "surge_kw", 0.0, 1, **MOTOR)),
    ("loads: cold-load pickup", "the first rise forgotten", lambda d: d.set("loads", "surge_kw", 0.5, 2, **MOTOR)),
    ("loads: cold-load pickup", "a surge of what does not surge", lambda d: d.set("loads", "surge_kw", 0.1, **BARN)),
    ("loads: held after pickup", "dropped again", lambda d: d.set("loads", "served_kw", 0.4, 2, **MOTOR)),
    ("vehicles: energy step", "V2H without its loss", lambda d: d.add("vehicles", "energy_end_kwh", 0.75, **VAN)),
    ("vehicles: energy step", "V2L for nothing", lambda d: d.add("vehicles", "energy_end_kwh", 2.0, 1, **VAN)),
    ("vehicles: trips, reserve and shortfall recomputed", "the order",
     lambda d: d.set("vehicles", "reserve_kwh", 8.0, 2, **VAN)),
    ("vehicles: standby drawn", "an idle charger that draws nothing",
     lambda d: d.set("vehicles", "standby_kwh", 0.0, **VAN)),
    ("vehicles: standby drawn", "more than there is", lambda d: d.set("vehicles", "standby_kwh", 0.2, **VAN)),
    ("vehicles: trips made", "standby paid with a trip",
     lambda d: d.set("vehicles", "missed_trip_kwh", 0.05, 1, **MOPED)),
    ("vehicles: V2H within limits", "5.5 of 5 kW", lambda d: d.set("vehicles", "v2h_kw", 5.5, **VAN)),
    ("vehicles: V2H within limits", "at a post of the feeder", lambda d: d.set("vehicles", "v2h_kw", 1.0, **CAR)),
    ("vehicles: discharging within limits", "a wallbox into the feeder",
     lambda d: d.set("vehicles", "discharge_kw", 1.0, **VAN)),
    ("vehicles: V2L within limits", "2.5 of 2 kW", lambda d: d.set("vehicles", "v2l_kw", 2.5, **VAN)),
    ("vehicles: V2L within limits", "on the road", lambda d: d.set("vehicles", "v2l_kw", 0.4, 1, **BIKE)),
    ("vehicles: all ways within give_kw", "4 + 2 of 5 kW", lambda d: d.set("vehicles", "v2h_kw", 4.0, **VAN)
     .set("vehicles", "v2l_kw", 2.0, **VAN)),
    ("vehicles: charge and all ways share the vehicle", "3/5 + 3/5",
     lambda d: d.set("vehicles", "charge_kw", 3.0, **VAN)),
    ("deliveries: complete and finite", "an unknown way", lambda d: d.set("deliveries", "way", "v2x", **V2H)),
    ("deliveries: complete and finite", "an unknown vehicle", lambda d: d.set("deliveries", "vehicle", "tram", **V2H)),
    ("deliveries: complete and finite", "V2L to nobody", lambda d: d.set("deliveries", "load", "", 1, **V2L)),
    ("deliveries: complete and finite", "V2H to one load", lambda d: d.set("deliveries", "load", "ward", 1, **V2H)),
    ("deliveries: complete and finite", "nothing", lambda d: d.set("deliveries", "kw", 0.0, 1, **V2L)),
    ("deliveries: complete and finite", "wrong hours", lambda d: d.set("deliveries", "hours", 2.0, 1, **V2L)),
    ("deliveries: where the vehicle stands", "elsewhere", lambda d: d.set("deliveries", "site", "clinic", **V2H)),
    ("deliveries: V2L to what can be plugged in", "the ward", lambda d: d.set("deliveries", "load", "ward", 1, **V2L)),
    ("deliveries: V2L to what can be plugged in", "the fridge of another site",
     lambda d: d.set("deliveries", "load", "fridge", 1, **V2L)),
    ("deliveries: all that the vehicles give", "less V2H", lambda d: d.set("deliveries", "kw", 2.0, **V2H)),
    ("deliveries: all that the vehicles give", "no table", lambda d: d.without("deliveries")),
    ("deliveries: all that the loads get by V2L", "more", lambda d: d.set("loads", "v2l_kw", 1.2, 1, **KETTLE)),
    ("premises: V2H balanced at every site", "more", lambda d: d.set("loads", "v2h_kw", 3.5, **WARD)),
    ("loads: V2H and V2L only where they reach", "barn at no site", lambda d: d.set("loads", "v2h_kw", 0.5, **BARN)),
    ("loads: V2H and V2L only where they reach", "no plug", lambda d: d.set("loads", "v2l_kw", 0.5, **WARD)),
    ("loads: V2H and V2L only where they reach", "backwards", lambda d: d.set("loads", "v2h_kw", -0.5, **WARD)),
    ("generators: fuel follows output", "idling for nothing", lambda d: d.set("sources", "fuel_l", 0.375, **DIESEL)),
    ("generators: fuel in the tank", "4 kW for an hour more",
     lambda d: d.set("sources", "output_a_kw", 4.0, 1, **DIESEL)),
    ("generators: level of the tank", "forgot the delivery",
     lambda d: d.set("sources", "tank_l", -0.775, 2, **DIESEL)),
    ("generators: output only while running", "1.5 of 4 x 0.3 kW", lambda d: d.set("sources", "run", 0.3, **DIESEL)),
    ("generators: output only while running", "more than always", lambda d: d.set("sources", "run", 1.2, **DIESEL)),
    ("islands: power only while an engine runs", "0.5 kW of 1 x 0.4", lambda d: d.set("sources", "run", 0.4, **DIESEL)),
    ("islands: power only while an engine runs", "a car that charges 4 kW of 4 x 0.5",
     lambda d: d.set("vehicles", "charge_kw", 4.0, **CAR)),
    ("islands: power only while an engine runs", "a car that gives 3 kW of 4 x 0.5",
     lambda d: d.set("vehicles", "discharge_kw", 3.0, **CAR)),
    ("summary: critical hours", "more", lambda d: d.state(6.0, "critical_hours", "1", "served")),
    ("summary: critical hours", "the kettle had less",
     lambda d: d.set("loads", "served_kw", 0.9, 1, **KETTLE)),
    ("summary: hours until a tier lacks something", "too few", lambda d: d.state(2.0, "critical", "1", "survival_h")),
    ("summary: energies", "V2H", lambda d: d.state(8.0, "energy_kwh", "v2h")),
    ("summary: energies", "no standby stated", lambda d: d.state(None, "energy_kwh", "standby")),
    ("summary: critical loads served", "the fridge for an hour only",
     lambda d: d.set("loads", "served_kw", 0.9, 1, **FRIDGE)),
    ("summary: critical loads served", "the kettle lacks energy",
     lambda d: d.set("loads", "served_kw", 0.9, 1, **KETTLE)),
    ("energy conserved over the horizon", "no surge", lambda d: d.set("loads", "surge_kw", 0.0, 2, **MOTOR)),
]  # fmt: skip


@pytest.mark.parametrize(("check", "how", "change"), SHELTER, ids=[f"{m[0]}, {m[1]}" for m in SHELTER])
def test_the_check_refuses(check: str, how: str, change: Callable[[Draft], Draft]) -> None:
    draft = change(shelter())
    failed = {found.name: found for found in audit(draft.case, draft.plan).failed}
    assert check in failed, sorted(failed)
    assert failed[check].where, "a failed check says where"


def changed(case: Case, table: str, column: str, value: Any, row: int) -> Case:
    """The case with one entry changed."""
    rows = case.tables[table].copy()
    rows[column] = rows[column].astype(object) if column in rows else np.nan
    rows[column] = rows[column].astype(object)
    rows.loc[rows.index[row], column] = value
    return build_case(case.hours.tolist(), case.header, **{**case.tables, table: rows})


READ: list[tuple[str, str, Any, int, str]] = [
    ("sites", "import_kw", 0.9, 1, "sites: import within the connection"),
    ("sites", "export_kw", 0.3, 1, "sites: export within the connection"),
    ("sites", "transfer_kw", 2.9, 0, "sites: V2H within the transfer switch"),
    ("sites", "sockets_kw", 0.9, 0, "sites: V2L within the sockets"),
    ("chargers", "island_capable", False, 0, "vehicles: V2H on a dead feeder"),
    ("chargers", "feeds", "feeder", 0, "vehicles: V2H within limits"),
    ("chargers", "feeds", "premises", 1, "vehicles: discharging within limits"),
    ("chargers", "standby_kw", 0.2, 0, "vehicles: standby drawn"),
    ("chargers", "discharge_kw", 2.0, 0, "vehicles: V2H within limits"),
    ("chargers", "discharge_eff", 0.7, 0, "vehicles: energy step"),
    ("vehicles", "v2h_kw", 2.0, 0, "vehicles: V2H within limits"),
    ("vehicles", "socket_kw", 0.9, 0, "vehicles: V2L within limits"),
    ("vehicles", "socket_kw", 1.4, 0, "deliveries: V2L to what can be plugged in"),
    ("vehicles", "v2l_kw", 0.9, 0, "vehicles: V2L within limits"),
    ("vehicles", "v2l_eff", 0.6, 0, "vehicles: energy step"),
    ("vehicles", "give_kw", 3.5, 0, "vehicles: all ways within give_kw"),
    ("vehicles", "reserve_km", 100.0, 0, "vehicles: mobility reserve kept"),
    ("vehicles", "kwh_per_km", 0.9, 0, "vehicles: mobility reserve kept"),
    ("vehicles", "reserve_km", 50.0, 0, "vehicles: trips, reserve and shortfall recomputed"),
    ("stays", "leave_kwh", 9.9, 1, "vehicles: mobility reserve kept"),
    ("stays", "site", "shelter", 2, "deliveries: where the vehicle stands"),
    ("stays", "until_utc", after(2.5), 0, "vehicles: V2H within limits"),
    ("trips", "return_kwh", 1.9, 0, "vehicles: trips, reserve and shortfall recomputed"),
    ("trips", "return_kwh", 2.1, 0, "summary: reserve shortfall"),
    ("stays", "leave_kwh", 3.0, 2, "vehicles: below reserve gives nothing"),
    ("vehicles", "reserve_km", 175.0, 0, "vehicles: below reserve gives nothing"),
    ("needs", "energy_kwh", 16.6, 0, "vehicles: mobility reserve kept"),
    ("needs", "km", 84.0, 0, "vehicles: mobility reserve kept"),
    ("needs", "vehicle", "", 0, "vehicles: below reserve gives nothing"),
    ("needs", "from_utc", START, 0, "vehicles: trips, reserve and shortfall recomputed"),
    ("needs", "until_utc", after(2.6), 0, "nothing"),
    ("fleet_minimum", "energy_kwh", 17.0, 0, "vehicles: fleet minimum held"),
    ("fleet_minimum", "vehicles", 2, 0, "vehicles: trips, reserve and shortfall recomputed"),
    ("loads", "by_v2h", False, 0, "loads: V2H and V2L only where they reach"),
    ("loads", "by_v2l", False, 1, "deliveries: V2L to what can be plugged in"),
    ("loads", "appliance_kw", 2.5, 1, "deliveries: V2L to what can be plugged in"),
    ("loads", "site", "clinic", 0, "premises: V2H balanced at every site"),
    ("loads", "kwh_per_day", 8.1, 1, "summary: critical loads served"),
    ("loads", "hours_per_day", 16.1, 2, "summary: critical loads served"),
    ("loads", "min_run_h", 2.1, 2, "summary: critical loads served"),
    ("loads", "until_utc", after(2.0), 2, "summary: critical loads served"),
    ("loads", "from_utc", after(2.0), 1, "summary: critical loads served"),
    ("loads", "service", "continuous", 2, "loads: required when the case says"),
    ("loads", "pickup_factor", 2.1, 3, "loads: cold-load pickup"),
    ("loads", "pickup_h", 2.1, 3, "nothing"),
    ("loads", "hold", "hard", 4, "loads: held after pickup"),
    ("loads", "hold", "priced", 4, "nothing"),
    ("generators", "idle_l_per_h", 0.6, 0, "generators: fuel follows output"),
    ("generators", "rating_kw", 2.9, 0, "generators: output only while running"),
    ("generators", "tank", "", 0, "generators: fuel in the tank"),
    ("tanks", "fuel_l", 1.8, 0, "generators: fuel in the tank"),
    ("events", "litres", 0.7, 0, "generators: fuel in the tank"),
    ("events", "at_utc", after(2.1), 0, "generators: fuel in the tank"),
    ("events", "element", "diesel", 0, "generators: fuel in the tank"),
    ("events", "at_utc", after(1.9), 1, "lines: closed and live ones listed"),
    ("events", "event", "back", 1, "lines: closed and live ones listed"),
]


@pytest.mark.parametrize(
    ("table", "column", "value", "row", "check"), READ, ids=[f"{r[0]}.{r[1]} {r[2]}" for r in READ]
)
def test_no_setting_of_the_case_goes_unread(table: str, column: str, value: Any, row: int, check: str) -> None:
    case = changed(shelter_case(), table, column, value, row)
    failed = names_of_failed(case, shelter().plan)
    assert (check in failed) if check != "nothing" else not failed, sorted(failed)


def test_a_guarantee_counts_what_is_in_it() -> None:
    """Ward lacks something in the third hour: not kept, unless two hours are guaranteed; days end later, and count for
    nothing then: fridge and kettle are kept whatever they get."""
    draft = shelter().set("loads", "served_kw", 1.0, 2, **WARD).set("loads", "served_kw", 0.0, 1, **KETTLE)
    served = audit(draft.case, draft.plan).served
    assert served[1]["served"] == 1 and served[2]["served"] == 0
    assert audit(draft.case, draft.plan).survival_h[1] == 2.0
    case = build_case(HOURS, {**draft.case.header, "guarantee_h": 2.0}, **draft.case.tables)
    served = audit(case, draft.plan).served
    assert served[1]["served"] == 2 and served[2]["served"] == 1
    case = build_case(HOURS, {**draft.case.header, "guarantee_h": 2.5}, **draft.case.tables)
    assert audit(case, draft.plan).served[1]["served"] == 1


def test_a_fleet_minimum_that_cannot_be_met_asks_for_as_many_as_can() -> None:
    """Three vehicles with 12 kWh: only the van has them untouched and must hold them. The moped, which can give
    nothing, and the car, which has more than the bike, are told to, and so the car may give nothing."""
    case = changed(shelter_case(), "fleet_minimum", "energy_kwh", 12.0, 0)
    case = changed(case, "fleet_minimum", "vehicles", 3, 0)
    failed = names_of_failed(case, shelter().plan)
    assert "vehicles: fleet minimum held" not in failed
    assert "vehicles: below reserve gives nothing" in failed, "the car, designated, has not enough to give"


STATION = {"source": "station"}
SWITCH, YARD = {"line": "switch", "phase": "a"}, {"bus": "yard", "phase": "a"}
STATIONS: list[tuple[str, str, Callable[[Draft], Draft]]] = [
    ("stations: what their vehicles do", "gives more", lambda d: d.add("sources", "output_b_kw", 1.0, **STATION)),
    ("stations: what their vehicles do", "another discharge",
     lambda d: d.set("sources", "discharge_kw", 4.0, **STATION)),
    ("stations: what their vehicles do", "a vehicle less", lambda d: d.set("vehicles", "discharge_kw", 4.0, **VAN)),
    ("sources: nothing blank", "no discharge", lambda d: d.set("sources", "discharge_kw", np.nan, **STATION)),
    ("sources: complete and finite", "no row", lambda d: d.drop("sources", **STATION)),
    ("sources: phases within the rating", "6.5 of 6 kW a phase",
     lambda d: d.set("sources", "output_a_kw", 6.5, **STATION)),
    ("sources: phases within the kVA disc", "4 + 3j of 4.5 kVA",
     lambda d: d.set("sources", "output_a_kvar", 3.0, **STATION)),
    ("sources: nothing outside the window", "before it is energised",
     lambda d: d.set("sources", "output_a_kw", 1.0, source="pole")),
    ("lines: closed and live ones listed", "an open switch that carries", lambda d: d.set(
        "lines", "start_utc", START.isoformat(), 1, **SWITCH)),
    ("feeder: flows swept from the leaves", "the switch", lambda d: d.add("lines", "flow_kw", 0.5, 1, **SWITCH)),
    ("feeder: reference voltage", "the van does not hold 1.0", lambda d: d.set("nodes", "voltage_pu", 1.0, **YARD)),
    ("feeder: voltages swept from the reference", "no drop behind the switch",
     lambda d: d.set("nodes", "voltage_pu", 1.0, 1, bus="hut", phase="a")),
    ("feeder: voltage drop of every leg", "the same",
     lambda d: d.set("nodes", "voltage_pu", 1.0, 1, bus="hut", phase="a")),
]  # fmt: skip


@pytest.mark.parametrize(("check", "how", "change"), STATIONS, ids=[f"{m[0]}, {m[1]}" for m in STATIONS])
def test_a_forming_station_is_checked(check: str, how: str, change: Callable[[Draft], Draft]) -> None:
    draft = change(station())
    assert check in names_of_failed(draft.case, draft.plan)


STATION_READ: list[tuple[str, str, Any, int, str]] = [
    ("chargers", "forming", False, 0, "nodes: live or dead"),
    ("chargers", "voltage_pu", 1.0, 0, "feeder: reference voltage"),
    ("chargers", "rating_kva", 8.0, 0, "sources: phases within the kVA disc"),
    ("chargers", "rating_kva", np.nan, 0, "nothing"),
    ("chargers", "plugs", 1.0, 0, "sources: phases within the rating"),
    ("chargers", "feeds", "premises", 0, "nodes: live or dead"),
    ("stays", "until_utc", minutes(59), 0, "nodes: live or dead"),
    ("vehicles", "reserve_kwh", 20.5, 0, "nodes: live or dead"),
    ("vehicles", "discharge_kw", 0.0, 0, "nodes: live or dead"),
    ("events", "at_utc", minutes(70), 0, "nodes: live or dead"),
    ("events", "at_utc", minutes(60), 0, "nothing"),
    ("events", "event", "dead", 0, "nodes: live or dead"),
    ("events", "at_utc", minutes(61), 1, "lines: closed and live ones listed"),
    ("events", "event", "out", 1, "lines: closed and live ones listed"),
]


@pytest.mark.parametrize(("table", "column", "value", "row", "check"), STATION_READ)
def test_no_setting_of_a_station_goes_unread(table: str, column: str, value: Any, row: int, check: str) -> None:
    failed = names_of_failed(changed(station_case(), table, column, value, row), station().plan)
    assert (check in failed) if check != "nothing" else not failed, sorted(failed)


def test_a_vehicle_that_forms_nothing_gives_in_equal_shares() -> None:
    """Without the station's table of sources the 4 + 1 kW are 2.5 + 2.5 kW, and the phases do not balance."""
    case = changed(station_case(), "chargers", "forming", False, 0)
    wire = {"bus": "yard", "phases": "ab", "connection": "wye", "capacity_kwh": 1.0, "start_kwh": 1.0, "forming": True}
    case = build_case(case.hours.tolist(), case.header, **case.tables, batteries=frame({"battery": "box", **wire}))
    assert "nodes: kW from the devices" in names_of_failed(case, station().plan)


OF_AC = {
    "feeder: no energy from losses",
    "feeder: no energy from lines",
    "feeder: no power between the phases of a transformer",
}
"""Checks whose refused plans are in `tests/test_ac.py`: they need an AC solution, or a transformer fed from behind."""


def test_every_check_has_a_plan_that_it_refuses() -> None:
    draft = Draft()
    names = {check.name for check in audit(draft.case, draft.plan).checks}
    refused = {change[0] for changes in (MUTATIONS, SHELTER, STATIONS) for change in changes}
    settings = {row[-1] for rows in (READ, STATION_READ) for row in rows} - {"nothing"}
    assert names == refused | settings | DEAD | OF_AC
