"""Tiny cases, written out: every part of the model occurs in `STREET` with rows of its own."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import pandas as pd
from v2g.models import DEVICES, NETWORKS, POLICIES, TOTALS

from v2g.case import Case
from v2g.check import check
from v2g.derive import numbers
from v2g.formats.draft import Draft
from v2g.language import Part
from v2g.problem import Problem
from v2g.schema import merge
from v2g.tables import SUPPORT

HEADER = {"format": 1, "name": "street", "start_utc": "2026-01-15T18:00:00+00:00", "step_min": [60, 30, 15, 45]}

STREET = {
    "buses": """bus,phases,kv_ln_kv,vmin_pu
        head,abc,2.4,
        mid,abc,2.4,
        low,abc,0.277,0.85
        side,b,2.4,
        cut,ca,2.4,""",
    "lines": """
        line,from_bus,to_bus,phases,closed,rating_kva,r_aa_ohm,r_bb_ohm,r_cc_ohm,r_ab_ohm,r_bc_ohm,x_aa_ohm,x_ac_ohm
        main,head,mid,abc,1,400,0.3,0.31,0.32,0.1,0.11,0.7,0.28
        lane,mid,side,b,1,,,0.5,,,,,
        open,mid,cut,ca,0,,,,,,,,""",
    "transformers": """transformer,from_bus,to_bus,phases,connection,r_ohm,x_ohm,tap_a,tap_b,tap_c,rating_kva
        step,mid,low,abc,delta-wye,0.005,0.01,1.0,1.025,0.975,150""",
    "capacitors": """capacitor,bus,phases,kvar,closed
        bank,mid,abc,30,1
        off,mid,a,10,0""",
    "loads": """load,bus,phases,connection,tier,service,kw,kvar,profile,from_utc,until_utc,people
        clinic,low,abc,wye,1,continuous,30,10,evening,,,40
        pump,mid,ca,delta,2,continuous,12,6,,2026-01-15T19:00:00+00:00,2026-01-15T20:30:00+00:00,
        school,low,bc,delta,1,flexible,8,2,,,,
        shops,side,b,wye,0,,20,5,evening,,,
        island,cut,ca,wye,1,continuous,5,1,,,,""",
    "vehicles": """vehicle,capacity_kwh,start_kwh,reserve_kwh,charge_kw,discharge_kw
        leaf,40,30,10,7,7
        zoe,41,9,12,22,0
        van,60,5,8,11,10""",
    "chargers": """charger,bus,phases,connection,charge_kw,discharge_kw,charge_eff,discharge_eff,plugs
        two_way,low,abc,wye,11,10,0.95,0.9,2
        pole,mid,ab,delta,7,6,0.92,0.93,1
        dead,cut,c,wye,7,7,0.9,0.9,1""",
    "stays": """vehicle,charger,from_utc,until_utc
        leaf,two_way,2026-01-15T18:00:00+00:00,2026-01-15T19:20:00+00:00
        leaf,pole,2026-01-15T19:45:00+00:00,2026-01-15T20:30:00+00:00
        zoe,two_way,2026-01-15T18:00:00+00:00,2026-01-15T20:30:00+00:00
        van,dead,2026-01-15T18:00:00+00:00,2026-01-15T19:00:00+00:00""",
    "trips": """vehicle,depart_utc,return_utc,energy_kwh
        leaf,2026-01-15T19:20:00+00:00,2026-01-15T19:45:00+00:00,6
        van,2026-01-15T19:00:00+00:00,2026-01-15T20:00:00+00:00,9""",
    "batteries": """
        battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,rating_kva,forming
        plant,head,abc,200,150,60,80,0.95,0.94,,1
        shed,low,bc,30,10,10,12,0.9,0.9,15,0
        outlet,side,b,5,5,0,3,0.9,0.9,,0""",
    "solar": """solar,bus,phases,rating_kw,profile
        roof,low,abc,25,sun""",
    "generators": """generator,bus,phases,rating_kw,rating_kva,fuel_l,fuel_l_per_kwh,forming,voltage_pu,from_utc
        diesel,mid,abc,40,50,20,0.3,0,,
        spare,mid,a,15,,6,0.35,1,1.0,2026-01-15T19:00:00+00:00""",
    "grid": """grid,bus,phases,from_utc,rating_kw,rating_kva,voltage_pu
        back,head,abc,2026-01-15T19:45:00+00:00,500,600,1.03""",
    "profiles": """start_utc,evening,sun
        2026-01-15T18:00:00+00:00,1.0,0.5
        2026-01-15T19:00:00+00:00,0.9,0.2
        2026-01-15T19:30:00+00:00,0.8,0.1
        2026-01-15T19:45:00+00:00,0,0""",
}
"""Five buses and four intervals of unequal length: mutual impedance, a delta-wye transformer, delta loads and a delta
charger, a bank, one of every source that forms and one that follows, the grid back at the end, a dead island, vehicles
below their reserve, a trip that lacks energy."""

ALLEY = {
    "buses": "bus,phases,kv_ln_kv\none,b,0.23\ntwo,b,0.23",
    "lines": "line,from_bus,to_bus,phases,rating_kva,r_bb_ohm,x_bb_ohm\nwire,one,two,b,8,0.1,0.05",
    "loads": "load,bus,phases,tier,kw,kvar\nlamp,two,b,1,3,1\nstove,two,b,0,4,0",
    "batteries": "battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,forming\n"
    "box,one,b,20,10,5,5,0.9,0.8,1",
}
"""Two buses on one phase and nothing else: most tables are empty."""


def frame(text: str) -> pd.DataFrame:
    """A table from CSV text; indentation is for reading."""
    lines = "\n".join(line.strip() for line in text.splitlines())
    return pd.read_csv(io.StringIO(lines.lstrip()), dtype=str, keep_default_na=False)


def kinds(
    network: str = "lindistflow", policy: str = "tiers", more: Sequence[type[Part]] = ()
) -> tuple[type[Part], ...]:
    """All shipped devices, and further ones, with one network and one policy."""
    return (*DEVICES, *more, *NETWORKS[network], POLICIES[policy])


def case_of(
    tables: Mapping[str, str | None], header: Mapping[str, object] | None = None, more: Sequence[type[Part]] = ()
) -> Case:
    """The case with these tables, checked against the declarations of all parts."""
    declared = [s for p in (*DEVICES, *more, *NETWORKS["lindistflow"]) if (s := p.table_spec()) is not None]
    frames = {name: frame(text) for name, text in tables.items() if text is not None}
    case, findings = check(Draft.of({**HEADER, **(header or {})}, frames), merge([*SUPPORT, *declared]))
    assert case is not None, "\n".join(str(f) for f in findings)
    return case


def problem_of(case: Case, parts: Sequence[type[Part]] | None = None) -> Problem:
    """The problem of a case and parts (all shipped ones, unless given)."""
    chosen = tuple(parts or kinds())
    return Problem(chosen, TOTALS, numbers(case, chosen))
