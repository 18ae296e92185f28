"""Shunts: what lines charge, reactors, and the two ways in which a delta turns; model and audit each on their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small import STREET, case_of, frame

import v2g
from v2g.case import Case
from v2g.derive.context import Context
from v2g.derive.feeder import susceptance
from v2g.formats.draft import Draft
from v2g.replay import audit
from v2g.replay.feeder import FIRST_OF_PAIR, SECOND_OF_PAIR, read_feeder
from v2g.replay.shunts import shunts

HEADER = {"format": 1, "name": "hill", "start_utc": "2026-01-15T18:00:00+00:00", "step_min": 60, "steps": 2}
BOX = """battery,bus,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,rating_kva,forming
    box,one,90,90,40,40,1,1,60,1"""
LINES = (
    "line,from_bus,to_bus,r_aa_ohm,r_bb_ohm,r_cc_ohm,x_aa_ohm,x_bb_ohm,x_cc_ohm,b_aa_us,b_bb_us,b_cc_us,b_ab_us,b_bc_us"
)
WIRE = "wire,one,two,0.1,0.1,0.1,0.2,0.2,0.2"


def hill(**tables: str | None) -> Case:
    """one - two at 0.4 kV between phase and neutral, a load of 12 kW, a box that forms the island."""
    texts: dict[str, str | None] = {
        "buses": "bus,kv_ln_kv\none,0.4\ntwo,0.4", "lines": f"{LINES}\n{WIRE},6000,7000,8000,-1000,-2000",
        "loads": "load,bus,tier,kw,kvar\nmill,two,0,12,6", "batteries": BOX,
    }  # fmt: skip
    given = {name: frame(text) for name, text in (texts | tables).items() if text is not None}
    return v2g.read(Draft.of(HEADER, given))


def kvar_at(case: Case, solved: v2g.Plan, bus: str) -> list[float]:
    """Reactive power into each phase of a bus in the first interval, over its squared voltage."""
    nodes = solved.tables["nodes"]
    rows = nodes[(nodes["bus"] == bus) & (nodes["start_utc"] == nodes["start_utc"].iloc[0])]
    return [q / v**2 for q, v in zip(rows["injection_kvar"], rows["voltage_pu"], strict=True)]


def test_what_a_line_charges_by_phase() -> None:
    """Half of b_xx - (sum of b_xy) / 2 at 0.4 kV: 0.5 x 0.16 kV^2 x (6500, 8500, 9000) / 1000 = 0.52, 0.68, 0.72 kvar.

    The load draws 2 kvar of each phase beside it.
    """
    case = hill(loads="load,bus,tier,kw,kvar\nmill,two,0,12,0")
    assert kvar_at(case, v2g.solve(case), "two") == pytest.approx([0.52, 0.68, 0.72], abs=1e-7)


def test_the_model_and_the_audit_have_the_same_charging_from_different_formulas() -> None:
    rng = np.random.default_rng(5)
    b = rng.normal(size=(3, 3)) * 1000.0
    b = b + b.T
    columns = ",".join(f"b_{p}_us" for p in ("aa", "bb", "cc", "ab", "bc", "ac"))
    values = ",".join(str(b["abc".index(p[0]), "abc".index(p[1])]) for p in ("aa", "bb", "cc", "ab", "bc", "ac"))
    case = hill(lines=f"line,from_bus,to_bus,{columns}\nwire,one,two,{values}")
    feeder = read_feeder(case)
    gives, takes = shunts(case, feeder, feeder.closed)
    mine = [susceptance(b, p, "abc") / 2 * 0.4**2 / 1000 for p in "abc"]
    assert (gives - takes)[feeder.number["two", "a"] :, 0] == pytest.approx(mine)
    assert (gives - takes)[: feeder.number["two", "a"], 0] == pytest.approx(mine)


def test_a_line_without_charging_is_one_whose_columns_are_missing() -> None:
    without = hill(lines=f"{','.join(LINES.split(',')[:9])}\n{WIRE}")
    zero = hill(lines=f"{LINES}\n{WIRE},0,0,0,0,0")
    one, two = v2g.solve(without), v2g.solve(zero)
    for name in ("nodes", "lines", "loads"):
        pd.testing.assert_frame_equal(one.tables[name], two.tables[name])


def test_a_line_that_is_out_does_not_charge() -> None:
    """Two lines side by side would be a loop: the second leads on to a third bus, and goes out after an hour."""
    case = hill(
        buses="bus,kv_ln_kv\none,0.4\ntwo,0.4\nend,0.4",
        lines=f"{LINES}\n{WIRE},0,0,0,0,0\non,two,end,0,0,0,0,0,0,5000,5000,5000,0,0",
        events="at_utc,event,element\n2026-01-15T19:00:00+00:00,out,on",
        loads="load,bus,tier,kw,kvar\nmill,two,0,12,0",
    )
    plan = v2g.solve(case)
    nodes = plan.tables["nodes"]
    two = nodes[nodes["bus"] == "two"]
    charged = (two["injection_kvar"] / two["voltage_pu"] ** 2).to_numpy()
    assert charged == pytest.approx([0.4] * 3 + [0.0] * 3, abs=1e-7)
    assert audit(case, plan).ok


def test_the_audit_notices_a_line_that_charges_more() -> None:
    case = hill()
    plan = v2g.solve(case)
    lines = case.table("lines").assign(b_aa_us=9000.0)
    other = replace(case, tables={**case.tables, "lines": lines})
    assert "nodes: kvar from the devices" in [check.name for check in audit(other, plan).failed]


def test_a_reactor_takes_what_a_capacitor_gives() -> None:
    case = hill(
        lines=f"{LINES}\n{WIRE},0,0,0,0,0", loads=None, capacitors="capacitor,bus,kvar\ncoil,two,-6\nbank,two,1.5"
    )
    plan = v2g.solve(case)
    assert kvar_at(case, plan, "two") == pytest.approx([-1.5] * 3, abs=1e-7)
    assert audit(case, plan).ok


@pytest.mark.parametrize("lit", [0.4, 1.0])
def test_where_engines_alone_keep_an_island_its_lines_charge_while_one_runs(lit: float) -> None:
    """A motor with fuel for part of the time: the audit holds the plan's kvar between the lines that bound it."""
    litres = 2 * (3 * 1.0 + 12 * 0.3) * lit
    columns = "generator,bus,rating_kw,rating_kva,fuel_l,fuel_l_per_kwh,idle_l_per_h,forming"
    engine = f"{columns}\nmotor,one,20,30,{litres},0.3,3,1"
    case = hill(batteries=None, generators=engine)
    plan = v2g.solve(case)
    assert audit(case, plan).ok
    assert plan.summary["energy_kwh"]["served_other"] > 0


def test_the_street_charges_in_both_ways() -> None:
    """On the street some charging is steady, and some is for engines alone."""
    context = Context(case_of(STREET))
    leg, node, kvar = context.feeder.charging
    assert len(leg) and (kvar > 0).all()
    assert context.islands.gated[node].any() and (~context.islands.gated[node]).any()


@pytest.mark.parametrize(
    ("connection", "lead"), [("delta-wye", 1), ("delta-wye", 0), ("wye-delta", 1), ("wye-delta", 0)]
)
def test_shares_behind_a_delta_are_those_of_its_phasors(connection: str, lead: int) -> None:
    """Balanced phasors at both sides, turned by +30 or -30 degrees; phase x of the low side draws 1 kW.

    A share S_y is V_y conj(I_y), so it gives the current of phase y of the high side. These currents go in on one phase
    and come back on the other, and the voltage between these two stands along that of x.
    """
    case = hill(
        buses="bus,kv_ln_kv\none,0.4\ntwo,0.4\nlow,0.4", lines=f"{LINES}\n{WIRE},0,0,0,0,0",
        transformers=f"transformer,from_bus,to_bus,connection,lead\nbank,two,low,{connection},{lead}",
    )  # fmt: skip
    feeder = read_feeder(case)
    high = np.exp(-2j * np.pi / 3 * np.arange(3))
    low = high * np.exp(1j * np.pi / 6 * (1 if lead else -1))
    branch = next(branch for branch in feeder.branches if branch.kind == "transformer")
    for x, phase in enumerate("abc"):
        shares = branch.feeding(phase)
        assert sum(shares.values()) == pytest.approx(1.0)
        current = np.zeros(3, complex)
        for other, share in shares.items():
            y = "abc".index(other)
            current[y] = np.conj(share / high[y])
        assert current.sum() == pytest.approx(0.0, abs=1e-12)
        across = sum(
            high[k] * (1 if abs(np.angle(current[k] / low[x])) < np.pi / 2 else -1) for k in range(3) if current[k]
        )
        assert np.angle(across / low[x]) == pytest.approx(0.0, abs=1e-12)
    assert {FIRST_OF_PAIR, SECOND_OF_PAIR} == {w for p in "abc" for w in branch.feeding(p).values()}
