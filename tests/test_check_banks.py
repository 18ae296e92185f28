"""Capacitor banks that an island cannot bear: what adding up shows, and that there is no plan wherever it says so."""

from __future__ import annotations

import random
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from helpers_specs import EVENING, HEADER, SPECS, draft_of, findings_of, only, place
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

import v2g
from v2g.case import Case
from v2g.check import check, rules
from v2g.check.banks import banks_are_borne
from v2g.errors import Finding
from v2g.formats.draft import Draft
from v2g.planning import problem_of
from v2g.readings.arrays import Arrays
from v2g.schema import Column, TableSpec, merge, place_columns

BANKS = "capacitor,bus,phases,connection,kvar,closed\n"
STORES = (
    "battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,forming,rating_kva\n"
)
STORE = STORES + "s,b1,abc,100,50,25,25,1,1,1,30\n"
LOADS = "load,bus,phases,connection,tier,kw,kvar\n"
LOAD = LOADS + "x,b2,abc,wye,1,10,6\n"
PARKED = {"chargers": None, "stays": None, "trips": None, "vehicles": None}


def bank(kvar: float, phases: str = "abc", bus: str = "b2", closed: int = 1) -> str:
    return BANKS + f"k,{bus},{phases},wye,{kvar},{closed}\n"


def said(header: dict[str, object] | None = None, **tables: str | None) -> tuple[Finding, ...]:
    return findings_of(header, **{**PARKED, "batteries": STORE, "loads": LOAD, **tables})


def test_a_bank_beyond_sources_and_loads() -> None:
    """A third of the bank, at 0.9 of the voltage, goes into 30 / 3 kVA and 6 / 3 kvar: 12 of 0.81 x 45 / 3 = 12.15."""
    finding = only(said(capacitors=bank(45)))
    assert place(finding) == ("bank-too-large", "capacitors.csv", 2, "kvar", "error")
    assert "k gives 12.15 kvar" in finding.message and "12 kvar at most" in finding.message
    assert finding.allowed == "at most 44.4444 kvar" and "closed = 0" in finding.remedy


def test_a_bank_that_only_loads_make_bearable() -> None:
    """0.81 x 44 / 3 = 11.88 is within 12, and beyond the 10 of the source alone."""
    finding = only(said(capacitors=bank(44)))
    assert place(finding) == ("bank-too-large", "capacitors.csv", 2, "kvar", "warning")
    assert "while loads are served" in finding.message and "10 kvar at most" in finding.message


@pytest.mark.parametrize(
    ("header", "tables"),
    [
        ({}, {"capacitors": bank(37)}),  # 0.81 x 37 / 3 = 9.99
        ({}, {"capacitors": bank(500, closed=0)}),
        ({"network": "transport"}, {"capacitors": bank(500)}),
        ({}, {"capacitors": bank(500), "grid": "grid,bus\ng,b1\n"}),
        ({"vmin_pu": 0.95}, {"capacitors": bank(37), "buses": "bus,kv_ln_kv,vmin_pu\nb1,2.4,\nb2,2.4,0.9\n"}),
        ({}, {"capacitors": BANKS + "r,b1,abc,wye,-500,1\n"}),
    ],
)
def test_banks_that_can_be_borne(header: dict[str, object], tables: dict[str, str]) -> None:
    assert not said(header, **tables)


def test_a_bank_against_a_reactor() -> None:
    """A reactor takes most at the highest voltage: 0.81 x 80 / 3 - 1.21 x 24 / 3 = 21.6 - 9.68 = 11.92 of 10 + 2."""
    beside = BANKS + "k,b2,abc,wye,{},1\nr,b1,abc,wye,-24,1\n"
    assert only(said(capacitors=beside.format(80))).severity == "warning"
    assert only(said(capacitors=beside.format(81))).severity == "error", "21.87 - 9.68 = 12.19"


def test_a_bank_that_is_live_only_while_a_line_is_closed() -> None:
    """From 19:00 on; at 18:59 it counts from the interval before."""
    events = "at_utc,event,element\n2026-01-15T19:00:00+00:00,back,l1\n"
    lines = "line,from_bus,to_bus,closed\nl1,b1,b2,0\n"
    findings = [f for f in said(capacitors=bank(45), events=events, lines=lines) if f.code == "bank-too-large"]
    assert only(tuple(findings)).severity == "error" and "from 2026-01-15 19:00 UTC" in findings[0].message


def test_an_engine_may_stay_off() -> None:
    specs = merge([*SPECS.values(), TableSpec("generators", (Column("idle_l_per_h", default=0.0),))])
    for idle, severity in ((2, "warning"), (0, "error")):
        engine = f"generator,bus,rating_kw,fuel_l,fuel_l_per_kwh,forming,idle_l_per_h\ng,b1,30,9,0.3,1,{idle}\n"
        draft = draft_of(**{**PARKED, "batteries": None, "loads": LOAD, "capacitors": bank(45)})
        frame = pd.DataFrame([r.split(",") for r in engine.split()[1:]], columns=engine.split()[0].split(","))
        finding = only(check(Draft.of(HEADER, {**draft.tables, "generators": frame}), specs)[1])
        assert (finding.code, finding.severity) == ("bank-too-large", severity)


def test_a_device_that_is_not_known_here_may_take_it_in() -> None:
    own = TableSpec("reactors", (Column("reactor", "id", required=True), *place_columns()), key="reactor")
    draft = draft_of(**{**PARKED, "batteries": STORE, "loads": LOAD, "capacitors": bank(45)})
    frames = {**draft.tables, "reactors": pd.DataFrame({"reactor": ["r"], "bus": ["b2"]})}
    assert only(check(Draft.of(HEADER, frames), {**SPECS, "reactors": own})[1]).severity == "warning"


def turned(bank: str, **tables: str | None) -> tuple[Finding, ...]:
    """A source below a delta-wye transformer, a bank above it."""
    transformers = "transformer,from_bus,to_bus,phases,connection\nt,b1,b2,abc,delta-wye\n"
    buses = "bus,kv_ln_kv\nb1,2.4\nb2,0.24\n"
    stores = STORES + "s,b2,abc,100,50,25,25,1,1,1,30\n"
    return said(**{"lines": None, "transformers": transformers, "buses": buses, "batteries": stores,
                   "capacitors": bank, **tables})  # fmt: skip


@pytest.mark.parametrize("phases", ["a", "b", "ab", "ac"])
def test_a_bank_on_one_phase_above_a_delta(phases: str) -> None:
    """What windings between phases bring there adds up to zero if phases are turned by 120 degrees; 3 kvar do not."""
    finding = only(turned(bank(3, phases, "b1")))
    assert place(finding) == ("bank-too-large", "capacitors.csv", 2, "kvar", "error")
    assert "differs by phase" in finding.message and "side of t " in finding.message


def test_a_bank_on_all_phases_above_a_delta() -> None:
    assert not turned(bank(9, "abc", "b1"))


def test_what_evens_a_bank_out() -> None:
    """0.81 x 3 kvar on phase a: a store of 3 kVA on it takes that, one of 2 kVA does not."""
    stores = STORES + "s,b2,abc,100,50,25,25,1,1,1,30\nown,b1,a,9,5,2,2,1,1,0,"
    assert not turned(bank(3, "a", "b1"), batteries=f"{stores}3\n")
    assert only(turned(bank(3, "a", "b1"), batteries=f"{stores}2\n")).severity == "error"


def without_the_rule(draft: Draft, monkeypatch: pytest.MonkeyPatch) -> Case:
    kept = tuple(rule for rule in rules.RULES if rule.find is not banks_are_borne)
    with monkeypatch.context() as patch:
        patch.setattr(import_module("v2g.check"), "RULES", kept)
        return v2g.read(draft)


def random_draft(seed: int) -> Draft:
    """Two buses, a line or a transformer between them, a source, a few loads and banks, all with sizes at random."""
    draw = random.Random(seed)
    joined = draw.choice(["lines", "delta-wye", "delta-wye", "wye-wye"])
    transformers = f"transformer,from_bus,to_bus,phases,connection\nt,b1,b2,abc,{joined}\n"
    below = "2.4" if joined == "lines" else "0.24"
    phases = [draw.choice(["a", "b", "bc", "ac", "abc", "abc"]) for _ in range(6)]
    sizes = [draw.choice([1, 2, 5, 10, 20, 40, 80]) for _ in range(6)]
    closed = draw.choice(["wye", "wye", "delta"])
    connection = [closed if len(own) == 2 else "wye" for own in phases]
    at = [draw.choice(["b1", "b2"]) for _ in range(6)]
    loads = [f"l{k},{at[k]},{phases[k]},{connection[k]},1,{sizes[k]},{draw.choice([0, 1, 3])}" for k in range(3)]
    banks = [f"k{k},{at[k]},{phases[k]},wye,{draw.choice([1, -1, 1]) * sizes[k]},1" for k in range(3, 5)]
    stores = [f"s,{draw.choice(['b1', 'b2'])},abc,100,50,9,9,1,1,1,{draw.choice([9, 30])}"]
    stores += [f"own,{at[5]},{phases[5]},9,5,2,2,1,1,0,{sizes[5]}"] * draw.randint(0, 1)
    tables = {
        **PARKED,
        "buses": f"bus,kv_ln_kv\nb1,2.4\nb2,{below}\n",
        "lines": EVENING["lines"] if joined == "lines" else None,
        "loads": LOADS + "\n".join(loads),
        "capacitors": BANKS + "\n".join(banks),
        "batteries": STORES + "\n".join(stores),
    }
    return draft_of(**(tables if joined == "lines" else {**tables, "transformers": transformers}))


def clashes(draft: Draft, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether SciPy finds no point at all in the whole program."""
    lp = Arrays(problem_of(without_the_rule(draft, monkeypatch), "lindistflow", "tiers")).read()
    matrix = csr_array((lp.matrix.value, lp.matrix.index, lp.matrix.start), shape=lp.shape)
    limits = LinearConstraint(matrix, lp.row_lower, lp.row_upper)
    found = milp(np.zeros(lp.shape[1]), bounds=Bounds(lp.lower, lp.upper), constraints=limits)
    assert found.status in (0, 2), found.message
    return bool(found.status == 2)


def test_there_is_no_plan_wherever_the_sums_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    told, planned = 0, 0
    for seed in range(24):
        draft = random_draft(seed)
        errors = [f for f in v2g.check(draft) if f.severity == "error"]
        assert {f.code for f in errors} <= {"bank-too-large"}, errors
        clash = clashes(draft, monkeypatch)
        assert clash or not errors, (seed, errors)
        told, planned = told + bool(errors), planned + (not clash)
    assert told >= 5 and planned >= 3
