"""Relations that hold between plans of related cases, whatever the cases are.

Each stage of a policy is minimised, so *no worse* means: in the order of the stages, the first difference is down.
Where loads are counted, only the counts and the critical hours are compared: after those, one of several equally good
sets of loads has been chosen. Cases without critical loads are compared in every stage. For a deeper search than the few
examples of a normal run, set V2G_EXAMPLES to a larger number.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_cases import Small, decided, equal, near, no_worse, planned, small_cases, stage_values, values

import v2g
from v2g.errors import InvalidCase

EXAMPLES = int(os.environ.get("V2G_EXAMPLES", "4"))
FEW = settings(derandomize=True, deadline=None, max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
ANY = small_cases()
COMFORTABLE = small_cases(comfortable=True)
PLAIN = small_cases(critical=False, comfortable=True)
"""No critical loads, nobody below the reserve: a linear program, in which every stage has one value."""

POWERS = {
    "loads": ("kw", "kvar"), "vehicles": ("charge_kw", "discharge_kw"), "chargers": ("charge_kw", "discharge_kw"),
    "batteries": ("charge_kw", "discharge_kw", "rating_kva"), "solar": ("rating_kw",),
    "generators": ("rating_kw", "rating_kva", "fuel_l"), "lines": ("rating_kva",),
}  # fmt: skip
ENERGIES = {
    "vehicles": ("capacity_kwh", "start_kwh", "reserve_kwh"), "batteries": ("capacity_kwh", "start_kwh", "reserve_kwh"),
    "trips": ("energy_kwh",),
}  # fmt: skip


def rows(small: Small, table: str) -> list[dict[str, Any]]:
    """Rows of a table, none if there is no such table."""
    return small.tables.get(table, [])


def changed(small: Small, change: Callable[[Small], None]) -> Small:
    """A changed copy."""
    other = small.copy()
    change(other)
    return other


def scale(small: Small, table: str, columns: tuple[str, ...], factor: float) -> None:
    """Multiply columns, where they are given."""
    for row in rows(small, table):
        for column in columns:
            if row.get(column) is not None:
                row[column] = row[column] * factor


def add_vehicle(small: Small) -> None:
    """One more vehicle at a charger of its own, from beginning to end."""
    where = {"bus": "b0", "phases": small.tables["buses"][0]["phases"]}
    power = {"charge_kw": 5, "discharge_kw": 5}
    vehicle = {"vehicle": "new", "capacity_kwh": 20, "start_kwh": 9, "reserve_kwh": 3, **power}
    charger = {"charger": "new", **where, **power, "charge_eff": 0.9, "discharge_eff": 0.9}
    stay = {"vehicle": "new", "charger": "new", "from_utc": small.time(0), "until_utc": small.time(len(small.minutes))}
    for table, row in (("vehicles", vehicle), ("chargers", charger), ("stays", stay)):
        small.tables.setdefault(table, []).append(row)


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


def scaled(small: Small, k: float) -> Small:
    """All powers and energies times k, impedances divided by k."""
    other = small.copy()
    for table, columns in (*POWERS.items(), *ENERGIES.items()):
        scale(other, table, columns, k)
    for row in other.tables["lines"]:
        for column in [c for c in row if c.endswith("_ohm")]:
            row[column] /= k
    return other


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


REFERENCES = {
    "bus": ("buses", "loads", "chargers", "batteries", "solar", "generators"), "from_bus": ("lines",),
    "to_bus": ("lines",),
    "vehicle": ("vehicles", "stays", "trips"), "charger": ("chargers", "stays"), "load": ("loads",), "line": ("lines",),
    "battery": ("batteries",), "generator": ("generators",), "solar": ("solar",),
}  # fmt: skip


def renamed(small: Small, name: Callable[[str], str]) -> Small:
    """All names changed."""
    other = small.copy()
    for column, tables in REFERENCES.items():
        for table in tables:
            for row in rows(other, table):
                row[column] = name(row[column])
    return other


def permuted(small: Small) -> Small:
    """Rows of every table backwards, under names that sort the other way round, lines turned around."""
    other = renamed(
        small, lambda name: "z" + "".join(chr(219 - ord(c)) if c.isalpha() else str(9 - int(c)) for c in name)
    )
    for table in other.tables:
        if table != "profiles":
            other.tables[table].reverse()
    for row in other.tables["lines"]:
        row["from_bus"], row["to_bus"] = row["to_bus"], row["from_bus"]
    return other


@given(small=ANY)
@FEW
def test_names_and_order_do_not_matter(small: Small) -> None:
    assert equal(decided(values(permuted(small))), decided(values(small)))


@given(small=PLAIN)
@FEW
def test_names_and_order_do_not_matter_in_any_stage(small: Small) -> None:
    assert equal(values(permuted(small)), values(small))


def halved_vehicles(small: Small) -> Small:
    """Every vehicle as two of half the size, each at a charger of half the power."""
    halves = small.copy()
    for table, columns in ENERGIES.items():
        if table != "batteries":
            scale(halves, table, columns, 0.5)
    for table in ("vehicles", "chargers"):
        scale(halves, table, ("charge_kw", "discharge_kw"), 0.5)
    for table in ("vehicles", "chargers", "stays", "trips"):
        twins = [dict(row) for row in rows(halves, table)]
        for row in twins:
            row |= {key: f"{row[key]}_twin" for key in ("vehicle", "charger") if key in row}
        if twins:
            halves.tables[table] += twins
    return halves


@given(small=small_cases(critical=False))
@FEW
def test_a_vehicle_is_as_good_as_its_two_halves(small: Small) -> None:
    assert equal(values(halved_vehicles(small)), values(small))


def refined(small: Small, parts: int) -> Small:
    """Every interval cut into equal parts, the data constant."""
    other = small.copy()
    other.header["step_min"] = [m // parts for m in small.minutes for _ in range(parts)]
    other.header["steps"] = len(other.header["step_min"])
    if rows(small, "profiles"):
        shapes = [row["sun"] for row in rows(small, "profiles") for _ in range(parts)]
        other.tables["profiles"] = [{"start_utc": other.time(k), "sun": s} for k, s in enumerate(shapes)]
    return other


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


def restamped(small: Small) -> Small:
    """Profiles and windows moved to the intervals of the header, after a change of their length."""
    other = small.copy()
    for k, row in enumerate(rows(other, "profiles")):
        row["start_utc"] = other.time(k)
    for table, first, last in (("loads", "from_utc", "until_utc"), ("stays", "from_utc", "until_utc")):
        for row in rows(other, table):
            if row.get(first) is not None:
                row[first], row[last] = other.time(0), other.time(len(other.minutes) - 1 if table == "stays" else 1)
    for row in rows(other, "trips"):
        row["depart_utc"], row["return_utc"] = other.time(len(other.minutes) - 1), other.time(len(other.minutes))
    return other


def side_by_side(one: Small, two: Small) -> Small:
    """Two cases of the same hours as one: nothing joins their feeders."""
    both = renamed(one, lambda name: f"one_{name}")
    second = renamed(two, lambda name: f"two_{name}")
    for table, more in second.tables.items():
        if table == "profiles":
            own = [{"start_utc": row["start_utc"], "sun2": row["sun"]} for row in more]
            known = rows(both, "profiles") or [{"start_utc": row["start_utc"]} for row in own]
            both.tables["profiles"] = [a | b for a, b in zip(known, own, strict=True)]
            continue
        for row in more:
            row |= {"profile": "sun2"} if table == "solar" else {}
        both.tables[table] = rows(both, table) + more
    return both


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


def on_the_clock_of(one: Small, two: Small) -> Small:
    """The second case with the intervals of the first."""
    other = two.copy()
    other.header |= {"step_min": one.header["step_min"], "steps": one.header["steps"]}
    shapes = [row["sun"] for row in rows(other, "profiles")]
    if shapes:
        count = len(other.minutes)
        other.tables["profiles"] = [{"start_utc": other.time(k), "sun": shapes[k % len(shapes)]} for k in range(count)]
    return restamped(other)


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


def with_grid(small: Small, back: int) -> Small:
    """The head returns at the start of the given interval."""
    phases = small.tables["buses"][0]["phases"]
    other = small.copy()
    other.tables["grid"] = [
        {"grid": "head", "bus": "b0", "phases": phases, "from_utc": small.time(back), "rating_kw": 30}
    ]
    if back >= len(small.minutes):
        del other.tables["grid"]
    return other


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
