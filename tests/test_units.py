"""Every law is homogeneous, and every planted slip is found."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from v2g.models import DEVICES, NETWORKS, POLICIES, TOTALS
from v2g.models.source import Source

from v2g.language import Part, Rule, Shared, constraint, objective, param, total, variable
from v2g.readings.units import faults, powers, written


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("policy", POLICIES)
def test_every_law_of_the_models_is_homogeneous(network: str, policy: str) -> None:
    assert faults((*DEVICES, Source, *NETWORKS[network], POLICIES[policy]), TOTALS) == []


class Store(Part):
    """A sound store; tests add one slip to it."""

    table, rows, links = "stores", "u", "i"
    capacity = param("kWh", above=0)
    power = param("kW", over="u")
    eff = param("1", over="u")
    rate = param("L/kWh", over="u")
    price = param("kW/kvar", over="i")
    rating = param("kVA", over="i")
    cos = param("kVA/kW", over="i")
    tank = param("L", over="u")
    unit = param("u", over="i")
    node = param("n", over="i")
    tall = param("1", over="uk")

    @variable("kW", "x")
    def charge(self, u, t):
        """Power."""
        return 0, self.power[u]

    @variable("kvar", "q")
    def reactive_power(self, i, t):
        """Reactive power."""
        return float("-inf"), float("inf")

    @variable("kWh", "e")
    def energy(self, u, k):
        """Energy."""
        return 0, self.capacity[u]

    @constraint
    def balance(self, u, t):
        """Homogeneous."""
        return self.energy[u, t + 1] == self.energy[u, t] + self.dt[t] * self.eff[u] * self.charge[u, t]

    @constraint
    def shifted(self, i, t):
        """kW over kvar, times kvar."""
        return self.charge[self.unit[i], t] + self.price[i] * self.reactive_power[i, t] >= -1 * self.power[self.unit[i]]

    @constraint
    def root(self, i, t):
        """kVA."""
        return 2 * self.cos[i] * self.charge[self.unit[i], t] <= self.rating[i] ** 2 / self.rating[i]

    @total("F", over="t", unit="L")
    def burnt(self, u, t):
        """Litres."""
        return self.rate[u] * self.dt[t] * self.charge[u, t]

    @constraint
    def fuel_limit(self, u):
        """Litres."""
        return self.burnt[u] <= self.tank[u]

    @total(at="node", into="injection")
    def injected(self, i, t):
        """kW at a node."""
        return -self.charge[self.unit[i], t]

    @total(over="u", into="wear")
    def change(self, u):
        """kWh."""
        return self.energy[u, 0] - 0


def test_the_sound_part_has_no_faults() -> None:
    assert faults((Store,), TOTALS) == []


def balance(self, u, t):
    return self.energy[u, t + 1] == self.energy[u, t] + self.charge[u, t]


def kw_and_kvar(self, i, t):
    return self.charge[self.unit[i], t] + self.reactive_power[i, t] <= 0


def kw_and_kva(self, i, t):
    return self.charge[self.unit[i], t] <= self.rating[i]


def level_against_number(self, u, k):
    return self.energy[u, k] <= 5


def dt_twice(self, u, t):
    return self.dt[t] * self.dt[t] * self.charge[u, t] <= self.energy[u, t]


def fuel_rate_upside_down(self, u, t):
    return self.dt[t] * self.charge[u, t] / self.rate[u] <= self.tank[u]


def cross_upside_down(self, i, t):
    return self.reactive_power[i, t] == self.price[i] * self.charge[self.unit[i], t]


def link_for_unit(self, i, t):
    return self.charge[i, t] <= 0


def point_for_interval(self, u, k):
    return self.charge[u, k] <= 0


def interval_for_node(self, t):
    return self.injection[t, t] == 0


def missing_index(self, u, t):
    return self.charge[u] <= 0


def no_index(self, u, t):
    return self.power * self.energy[u, t] <= 0


def branch_on_param(self, u, t):
    return self.charge[u, t] <= (self.power[u] if self.eff[u] else 0)


def branch_on_index(self, u, t):
    return self.charge[u, t] <= (self.power[u] if t else 0)


def branch_on_comparison(self, u, t):
    return self.charge[u, t] <= (self.power[u] if self.eff[u] >= 1 else 0)


def index_as_number(self, u, t):
    return self.charge[u, t] <= t * self.power[u]


def not_a_comparison(self, u, t):
    return self.charge[u, t]


def unknown(self, u, t):
    return self.chrge[u, t] <= 0


SLIPS = {
    balance: "units do not fit: kWh against kW.",
    kw_and_kvar: "units do not fit: kW against kvar.",
    kw_and_kva: "units do not fit: kW against kVA.",
    level_against_number: "units do not fit: kWh against 1.",
    dt_twice: "units do not fit: kW*h^2 against kWh.",
    fuel_rate_upside_down: "units do not fit: kW^2*h^2/L against L.",
    cross_upside_down: "units do not fit: kvar against kW^2/kvar.",
    link_for_unit: "'charge' is indexed by stores, this is an index of stores.links.",
    point_for_interval: "'charge' is indexed by intervals, this is an index of points.",
    interval_for_node: "'injection' is indexed by nodes, this is an index of intervals.",
    missing_index: "'charge': 1 indices given, 2 declared.",
    no_index: "'power' without its indices is not a quantity.",
    branch_on_param: "a rule may not branch on a decision",
    branch_on_index: "a rule may not branch on an index",
    branch_on_comparison: "a comparison has no truth value",
    index_as_number: "an index of intervals is not a quantity.",
    not_a_comparison: "a constraint is one comparison.",
    unknown: "stores has no 'chrge'. Did you mean 'charge'?",
}


def slipped(name: str, rule: Rule) -> list[str]:
    """Faults of the sound part with one more rule, or one replaced."""
    rule.__set_name__(Store, name)
    return faults((type("Slipped", (Store,), {name: rule}),), TOTALS)


def place(rule: Rule) -> str:
    """How a fault must begin."""
    return f"In stores.{rule.name} ({__file__}:{rule.text.__code__.co_firstlineno}): "


@pytest.mark.parametrize("text", SLIPS, ids=lambda text: text.__name__)
def test_a_slip_is_found_with_its_place(text: Callable[..., Any]) -> None:
    rule = constraint(text)
    (found,) = slipped(text.__name__, rule)
    assert found.startswith(place(rule))
    assert SLIPS[text] in found


CLAIMS = {
    "bound in another unit": (
        variable("kWh", "y")(lambda self, u, t: (0, self.power[u])),
        "units do not fit: kWh against kW.",
    ),
    "second bound of three": (
        variable("kWh", "y")(lambda self, u, t: (0, 1, 2)),
        "a variable returns (lower, upper)",
    ),
    "own total in another unit": (
        total("T", over="t", unit="kWh")(lambda self, u, t: self.charge[u, t]),
        "units do not fit: kWh against kW.",
    ),
    "own total without its unit": (
        total("T", over="t")(lambda self, u, t: self.charge[u, t]),
        "units do not fit: 1 against kW.",
    ),
    "shared total in another unit": (
        total(over="ut", into="wear")(lambda self, u, t: self.charge[u, t]),
        "units do not fit: kWh against kW.",
    ),
    "kvar into kW": (
        total(at="node", into="injection")(lambda self, i, t: self.reactive_power[i, t]),
        "units do not fit: kW against kvar.",
    ),
    "contribution to other entries": (
        total(at="unit", into="injection")(lambda self, i, t: self.charge[self.unit[i], t]),
        "it fills entries by (stores, intervals), 'injection' is kept by (nodes, intervals).",
    ),
    "unknown shared total": (
        total(over="ut", into="weer")(lambda self, u, t: self.charge[u, t]),
        "stores has no 'weer'. Did you mean 'wear'?",
    ),
    "objective in another unit": (
        objective("L")(lambda self: self.wear[()]),
        "units do not fit: L against kWh.",
    ),
    "unit that is not known": (
        variable("kwh", "y")(lambda self, u, t: (0, 0)),
        "unit 'kwh' is not known. Did you mean 'kWh'?",
    ),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_wrong_claim_is_found(claim: str) -> None:
    rule, text = CLAIMS[claim]
    (found,) = slipped("claim", rule)
    assert found.startswith(place(rule)) and text in found


COLUMNS = {
    "column in another unit": (
        "power",
        param("kW", column="power_kwh"),
        "column 'power_kwh' is in kWh, declared is kW.",
    ),
    "limit in another unit": (
        "power",
        param("kW", at_most_column="capacity_kwh"),
        "column 'capacity_kwh' is in kWh, declared is kW.",
    ),
    "unit that is not known": (
        "tank",
        param("litres", over="u"),
        "stores.tank: unit 'litres' is not known. Known: 1, p.u., kW,",
    ),
}


def test_an_efficiency_with_a_unit_is_found() -> None:
    eff = param("kWh", over="u")
    eff.__set_name__(Store, "eff")
    (found,) = faults((type("Slipped", (Store,), {"eff": eff}),), TOTALS)
    assert "units do not fit: kWh against" in found and "In stores.balance (" in found


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_that_says_another_unit_is_found(name: str) -> None:
    at, word, text = COLUMNS[name]
    word.__set_name__(Store, at)
    found = faults((type("Slipped", (Store,), {at: word}),), TOTALS)
    assert any(text in fault for fault in found), found


def test_a_wrong_shared_total_is_found_where_it_is_used() -> None:
    wrong = tuple(Shared(s.name, "kWh", s.symbol, s.letters) if s.name == "fuel" else s for s in TOTALS)
    found = faults((*DEVICES, POLICIES["tiers"]), wrong)
    assert [re.sub(r" \(.*?\)", "", fault) for fault in found] == [
        "In generators.fuel_used: units do not fit: kWh against L.",
        "In tiers.fuel_burnt: units do not fit: L against kWh.",
    ]


def test_all_faults_are_reported_at_once() -> None:
    class Twice(Store):
        """Two slips."""

        one = constraint(balance)
        two = constraint(kw_and_kvar)

    assert len(faults((Twice,), TOTALS)) == 2


def test_a_part_with_undeclared_letters_is_one_fault() -> None:
    rule = constraint(lambda self, w: self.power[w] <= 0)
    (found,) = slipped("lost", rule)
    assert found.startswith(place(rule)) and "index letter 'w' is not declared" in found


def test_units_are_read_and_written() -> None:
    for unit in ("kW", "kWh", "L/kWh", "kW/kvar", "1/kW", "kVA/kW", "1"):
        assert powers(written(powers(unit))) == powers(unit)
    assert powers("kW*h") == powers("kWh") != powers("kW")
    assert len({tuple(powers(u)) for u in ("kW", "kvar", "kVA")}) == 3
    assert powers("p.u.") == powers("1") == {}
