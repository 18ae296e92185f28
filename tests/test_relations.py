"""Relations that hold between plans of related cases, whatever the cases are.

Each stage of a policy is minimised, so *no worse* means: in the order of the stages, the first difference is down.
Where loads are counted, only the counts and the critical hours are compared: after those, one of several equally
good sets of loads has been chosen. Cases without critical loads are compared in every stage. For a deeper search than
the few examples of a normal run, set V2G_EXAMPLES to a larger number.
"""

from __future__ import annotations

import os

import networkx as nx
import pytest
from case_changes import (
    add_vehicle,
    changed,
    halved_vehicles,
    on_the_clock_of,
    permuted,
    refined,
    restamped,
    rows,
    scale,
    scaled,
    side_by_side,
    with_grid,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_cases import Small, decided, equal, near, no_worse, planned, small_cases, stage_values, values

import v2g
from v2g.errors import InvalidCase

EXAMPLES = int(os.environ.get("V2G_EXAMPLES", "3"))
FEW = settings(derandomize=True, deadline=None, max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
ANY = small_cases()
PLAIN = small_cases(critical=False, comfortable=True)
"""No critical loads, nobody below the reserve: a linear program, in which every stage has one value."""


def more_start(small: Small) -> None:
    for row in [*rows(small, "vehicles"), *rows(small, "batteries")]:
        row["start_kwh"] = min(row["start_kwh"] + 1.5, row["capacity_kwh"])


def more_power(small: Small) -> None:
    for table in ("vehicles", "chargers"):
        scale(small, table, ("charge_kw", "discharge_kw"), 1.5)


def longer_stay(small: Small) -> None:
    """Plugged in from the start on; until the end where no trip follows."""
    on_the_road = {row["vehicle"] for row in rows(small, "trips")}
    for row in rows(small, "stays"):
        row["from_utc"] = small.time(0)
        if row["vehicle"] not in on_the_road:
            row["until_utc"] = small.time(len(small.minutes))


def bigger_tank(small: Small) -> None:
    scale(small, "generators", ("fuel_l",), 1.3)
    scale(small, "batteries", ("charge_kw", "discharge_kw", "rating_kva"), 1.2)


def wider_lines(small: Small) -> None:
    scale(small, "lines", ("rating_kva",), 1.4)
    small.header |= {"vmin_pu": 0.85, "vmax_pu": 1.15}


BETTER = {f.__name__: f for f in (add_vehicle, more_start, more_power, longer_stay, bigger_tank, wider_lines)}


@pytest.mark.parametrize("name", BETTER)
@given(small=ANY)
@FEW
def test_more_means_never_serve_less(name: str, small: Small) -> None:
    assert no_worse(decided(values(changed(small, BETTER[name]))), decided(values(small)))


def higher_reserve(small: Small) -> None:
    for row in rows(small, "vehicles"):
        row["reserve_kwh"] = min(row["reserve_kwh"] + 2, row["capacity_kwh"])


def longer_trip(small: Small) -> None:
    scale(small, "trips", ("energy_kwh",), 2.5)


def more_loss(small: Small) -> None:
    for table in ("chargers", "batteries"):
        scale(small, table, ("charge_eff", "discharge_eff"), 0.9)


def narrower_lines(small: Small) -> None:
    small.header |= {"vmin_pu": 0.97, "vmax_pu": 1.02}


WORSE = {f.__name__: f for f in (higher_reserve, longer_trip, more_loss, narrower_lines)}


@pytest.mark.parametrize("name", WORSE)
@given(small=ANY)
@FEW
def test_more_demands_never_serve_more(name: str, small: Small) -> None:
    assert no_worse(decided(values(small)), decided(values(changed(small, WORSE[name]))))


AMOUNTS = ("mobility_shortfall", "other_energy", "fuel_burnt", "battery_wear")


@given(small=PLAIN, k=st.sampled_from([0.5, 3.0, 40.0]))
@FEW
def test_k_times_the_powers_and_energies_is_k_times_the_outcome(small: Small, k: float) -> None:
    base = values(small)
    assert equal(values(scaled(small, k)), {n: v * (k if n in AMOUNTS else 1.0) for n, v in base.items()})


@given(small=ANY, k=st.sampled_from([0.5, 3.0, 40.0]))
@FEW
def test_scaling_changes_no_count_and_no_hour(small: Small, k: float) -> None:
    assert equal(decided(values(scaled(small, k))), decided(values(small)))


@given(small=ANY)
@FEW
def test_names_and_order_do_not_matter(small: Small) -> None:
    assert equal(decided(values(permuted(small))), decided(values(small)))


@given(small=PLAIN)
@FEW
def test_names_and_order_do_not_matter_in_any_stage(small: Small) -> None:
    assert equal(values(permuted(small)), values(small))


@given(small=small_cases(critical=False))
@FEW
def test_a_vehicle_is_as_good_as_its_two_halves(small: Small) -> None:
    assert equal(values(halved_vehicles(small)), values(small))


@given(small=small_cases(critical=False, comfortable=True, fine=False))
@FEW
def test_finer_intervals_change_nothing_where_data_are_constant(small: Small) -> None:
    small.header["step_min"] = 60
    base = values(small := restamped(small))
    assert equal(values(refined(small, 2)), base) and equal(values(refined(small, 4)), base)


@given(small=small_cases(comfortable=True, fine=False))
@FEW
def test_finer_intervals_count_the_same_loads(small: Small) -> None:
    assert equal(decided(values(refined(small, 2))), decided(values(small)))


@given(one=small_cases(fine=False), two=small_cases(fine=False))
@FEW
def test_two_feeders_that_nothing_joins_add_up(one: Small, two: Small) -> None:
    two = on_the_clock_of(one, two)
    apart, together = (values(one), values(two)), values(side_by_side(one, two))
    total = {name: sum(v.get(name, 0.0) for v in apart) for name in {**apart[0], **apart[1]}}
    assert equal(decided(together), decided(total))


@given(one=small_cases(critical=False, fine=False), two=small_cases(critical=False, fine=False))
@FEW
def test_two_feeders_that_nothing_joins_add_up_in_every_stage(one: Small, two: Small) -> None:
    two = on_the_clock_of(one, two)
    apart, together = (values(one), values(two)), values(side_by_side(one, two))
    assert equal(together, {name: apart[0][name] + apart[1][name] for name in apart[0]})


@given(small=ANY)
@FEW
def test_without_the_network_s_laws_no_less_is_served(small: Small) -> None:
    assert no_worse(decided(values(small, network="transport")), decided(values(small)))


@given(small=PLAIN)
@FEW
def test_no_export_is_a_lower_bound(small: Small) -> None:
    """Vehicles that only charge are no better than vehicles that may give."""
    takers = changed(small, lambda s: [row.update(discharge_kw=0) for row in rows(s, "vehicles")] and None)
    assert no_worse(values(small), values(takers))


@given(small=ANY)
@FEW
def test_no_loads_and_no_vehicles_leave_nothing_undone(small: Small) -> None:
    for table in ("loads", "vehicles", "chargers", "stays", "trips"):
        small.tables.pop(table, None)
    assert set(values(small).values()) <= {0.0}


@given(kwh=st.integers(0, 40), kw=st.integers(1, 9), hours=st.integers(1, 4), limit=st.integers(1, 12))
@FEW
def test_one_battery_and_one_load_is_arithmetic(kwh: int, kw: int, hours: int, limit: int) -> None:
    """Served: what the load asks, the converter lets through, and the battery holds, whichever is least."""
    small = Small(
        {"format": 1, "name": "arithmetic", "start_utc": "2026-01-15T18:00:00Z", "step_min": 60, "steps": hours}, {}
    )
    small.tables = {
        "buses": [{"bus": "one", "phases": "a", "kv_ln_kv": 0.23}],
        "batteries": [{
            "battery": "box", "bus": "one", "phases": "a", "capacity_kwh": 50, "start_kwh": kwh, "charge_kw": 0,
            "discharge_kw": limit, "rating_kva": 99, "charge_eff": 0.9, "discharge_eff": 0.8, "forming": 1,
        }],
        "loads": [{"load": "lamp", "bus": "one", "phases": "a", "kw": kw}],
    }  # fmt: skip
    served = min(0.8 * kwh, min(kw, limit) * hours)
    assert near(values(small)["other_energy"], kw * hours - served)


@given(small=ANY)
@FEW
def test_a_longer_outage_never_serves_more(small: Small) -> None:
    last = len(small.minutes)
    early, late, never = (decided(values(with_grid(small, back))) for back in (last - 2, last - 1, last))
    assert no_worse(early, late) and no_worse(late, never)


@given(small=small_cases(critical=False))
@FEW
def test_unserved_energy_does_not_fall_with_a_longer_outage(small: Small) -> None:
    last = len(small.minutes)
    early, late = (planned(with_grid(small, back))[1] for back in (last - 1, last))
    unserved = [
        (p.tables["loads"]["demand_kw"] - p.tables["loads"]["served_kw"]) @ p.tables["loads"]["hours"]
        for p in (early, late)
    ]
    shortfalls = [stage_values(p)["mobility_shortfall"] for p in (early, late)]
    assert shortfalls[0] <= shortfalls[1] + 1e-6
    assert not near(*shortfalls) or unserved[0] <= unserved[1] + 1e-6


@given(small=ANY)
@FEW
def test_energy_in_is_energy_out_and_losses_and_what_is_stored(small: Small) -> None:
    case, plan = planned(with_grid(small, len(small.minutes) - 1))
    energy = plan.summary["energy_kwh"]
    stored = sum(change(plan, table, key, start) for table, key, start in stores(case))
    made = energy["grid"] + energy["fuel"] + energy["solar_used"]
    used = energy["served_critical"] + energy["served_other"] + energy["trips"]
    assert near(made, used + energy["losses_vehicle"] + energy["losses_battery"] + stored)
    assert v2g.verify(case, plan).ok


def stores(case: v2g.Case) -> list[tuple[str, str, dict[str, float]]]:
    """Table of the plan, its key, and energy at the start by name, of vehicles and batteries."""
    found = []
    for table, key, where in (("vehicles", "vehicle", "vehicles"), ("batteries", "source", "sources")):
        frame = case.table(table)
        found.append((where, key, dict(zip(frame.iloc[:, 0], frame["start_kwh"], strict=True)) if len(frame) else {}))
    return found


def change(plan: v2g.Plan, table: str, key: str, start: dict[str, float]) -> float:
    """Energy at the end less energy at the start, over all stores of a table."""
    ends = plan.tables[table].dropna(subset=["energy_end_kwh"]).groupby(key)["energy_end_kwh"].last() if start else {}
    return float(sum(ends[name] - kwh for name, kwh in start.items()))


@given(small=ANY)
@FEW
def test_a_dead_bus_gets_nothing(small: Small) -> None:
    """A bus behind an open line, with a load, a charger and a generator that cannot form."""
    phases = small.tables["buses"][0]["phases"]
    small.tables["buses"].append({"bus": "dark", "phases": phases, "kv_ln_kv": 0.23})
    small.tables["lines"].append({"line": "cut", "from_bus": "b0", "to_bus": "dark", "phases": phases, "closed": 0})
    base = values(small)
    add_vehicle(small)
    small.tables["chargers"][-1]["bus"] = "dark"
    small.tables["loads"].append({"load": "dark", "bus": "dark", "phases": phases, "kw": 1, "tier": 3})
    small.tables.setdefault("generators", []).append(
        {"generator": "dark", "bus": "dark", "phases": phases, "rating_kw": 9, "fuel_l": 9, "fuel_l_per_kwh": 0.3}
    )
    plan = planned(small)[1]
    loads, vehicles, sources = (plan.tables[name] for name in ("loads", "vehicles", "sources"))
    assert loads.loc[loads["bus"] == "dark", "served_kw"].abs().sum() == 0.0
    assert vehicles.loc[vehicles["vehicle"] == "new", ["charge_kw", "discharge_kw"]].abs().to_numpy().sum() == 0.0
    assert sources.loc[sources["bus"] == "dark", "output_kw"].abs().sum() == 0.0
    assert stage_values(plan)["critical_3"] == 1.0
    counts = [n for n in base if n.startswith("critical_") and n[-1] in "12"]
    assert all(near(stage_values(plan)[n], base[n]) for n in counts)


@given(small=small_cases(critical=False))
@FEW
def test_transport_in_one_interval_is_a_maximum_flow(small: Small) -> None:
    """By networkx, which assembles no linear program. One phase, since each is a commodity of its own."""
    small.header |= {"step_min": 60, "steps": 1}
    for table in ("vehicles", "chargers", "stays", "trips", "solar", "profiles", "generators"):
        small.tables.pop(table, None)
    for table in ("buses", "loads", "batteries", "lines"):
        for row in small.tables[table]:
            row |= {"phases": "a"} | ({"connection": "wye"} if table == "loads" else {})
            row.pop("from_utc", None), row.pop("until_utc", None)
    small.tables["batteries"][0]["rating_kva"] = 99
    battery = small.tables["batteries"][0]
    graph = nx.DiGraph()
    most = (battery["start_kwh"] - battery["reserve_kwh"]) * battery["discharge_eff"]
    graph.add_edge("source", "b0", capacity=min(most, battery["discharge_kw"]))
    for line in small.tables["lines"]:
        for one, two in ((line["from_bus"], line["to_bus"]), (line["to_bus"], line["from_bus"])):
            limit = {"capacity": line["rating_kva"]} if line["rating_kva"] is not None else {}
            graph.add_edge(one, two, **limit)
    for load in small.tables["loads"]:
        graph.add_edge(load["bus"], f"load {load['load']}", capacity=load["kw"])
        graph.add_edge(f"load {load['load']}", "sink", capacity=load["kw"])
    demand = sum(load["kw"] for load in small.tables["loads"])
    assert near(
        values(small, network="transport")["other_energy"], demand - nx.maximum_flow_value(graph, "source", "sink")
    )


@pytest.mark.parametrize(
    ("table", "column", "unit"),
    [
        ("loads", "kw", "w"),
        ("loads", "kw", "mw"),
        ("vehicles", "capacity_kwh", "capacity_wh"),
        ("lines", "r_aa_ohm", "r_aa_mohm"),
    ],
)
def test_another_unit_in_a_file_is_refused(table: str, column: str, unit: str) -> None:
    from random_cases import seeded

    small = changed(seeded(2), add_vehicle)
    for row in small.tables[table]:
        row[unit] = row.pop(column)
    with pytest.raises(InvalidCase) as refused:
        small.read()
    assert any(f.column == unit and f.file.startswith(table) for f in refused.value.findings)
