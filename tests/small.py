"""Tiny cases, written out: every part of the model occurs in `STREET` with rows of its own."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import pandas as pd
from v2g.models import DEVICES, NETWORKS, POLICIES, TOTALS

from v2g.case import Case
from v2g.check import check
from v2g.derive import numbers
from v2g.engine.clock import Clock
from v2g.engine.core import Reduced
from v2g.engine.stages import Run
from v2g.formats.draft import Draft
from v2g.language import Part
from v2g.planning import ALWAYS, HIGHS_OPTIONS
from v2g.problem import Problem
from v2g.readings.arrays import Arrays
from v2g.schema import merge
from v2g.tables import SUPPORT
from v2g.tabulate import Tabulator

HEADER = {"format": 1, "name": "street", "start_utc": "2026-01-15T18:00:00+00:00", "step_min": [60, 30, 15, 45]}

STREET = {
    "buses": """bus,phases,kv_ln_kv,vmin_pu,shunt_a_kw,shunt_b_kw,shunt_b_kvar
        head,abc,2.4,,,,
        mid,abc,2.4,,0.2,0.3,1
        low,abc,0.277,0.85,,,
        side,b,2.4,,,,
        cut,ca,2.4,,,,
        mill,b,2.4,,,0.1,0.4
        race,b,2.4,,,,""",
    "lines": """
        line,from_bus,to_bus,phases,closed,rating_kva,r_aa_ohm,r_bb_ohm,r_cc_ohm,r_ab_ohm,r_bc_ohm,x_aa_ohm,x_ac_ohm,b_aa_us,b_bb_us,b_ab_us
        main,head,mid,abc,1,400,0.3,0.31,0.32,0.1,0.11,0.7,0.28,90,80,-20
        lane,mid,side,b,1,,,0.5,,,,,,,,
        open,mid,cut,ca,0,,,,,,,,,,,
        tie,mid,mill,b,0,60,,0.6,,,,,,,30,
        leat,mill,race,b,1,,,0.4,,,,,,,70,""",
    "transformers": """transformer,from_bus,to_bus,phases,connection,r_ohm,x_ohm,tap_a,tap_b,tap_c,rating_kva
        step,mid,low,abc,delta-wye,0.005,0.01,1.0,1.025,0.975,150""",
    "capacitors": """capacitor,bus,phases,kvar,closed
        bank,mid,abc,30,1
        off,mid,a,10,0
        wheel,mill,b,1,1
        choke,low,c,-4,1""",
    "loads": """load,bus,phases,connection,tier,service,kw,kvar,profile,from_utc,until_utc,people
        clinic,low,abc,wye,1,continuous,30,10,evening,,,40
        pump,mid,ca,delta,2,continuous,12,6,,2026-01-15T19:00:00+00:00,2026-01-15T20:30:00+00:00,
        school,low,bc,delta,1,flexible,8,2,,,,
        shops,side,b,wye,0,,20,5,evening,,,
        island,cut,ca,wye,1,continuous,5,1,,,,
        saw,mill,b,wye,1,continuous,9,3,,,,""",
    "vehicles": """vehicle,capacity_kwh,start_kwh,reserve_kwh,charge_kw,discharge_kw
        leaf,40,30,10,7,7
        zoe,41,9,12,22,0
        van,60,5,8,11,10
        truck,90,50,20,11,0
        cart,20,6,1,3,3""",
    "chargers": """charger,bus,phases,connection,charge_kw,discharge_kw,charge_eff,discharge_eff,plugs,forming
        two_way,low,abc,wye,11,10,0.95,0.9,2,
        pole,mid,ab,delta,7,6,0.92,0.93,1,
        dead,cut,c,wye,7,7,0.9,0.9,1,
        gate,mill,b,wye,11,0,0.9,0.9,1,
        dock,mill,b,wye,4,4,0.9,0.9,1,1""",
    "stays": """vehicle,charger,from_utc,until_utc
        leaf,two_way,2026-01-15T18:00:00+00:00,2026-01-15T19:20:00+00:00
        leaf,pole,2026-01-15T19:45:00+00:00,2026-01-15T20:30:00+00:00
        zoe,two_way,2026-01-15T18:00:00+00:00,2026-01-15T20:30:00+00:00
        van,dead,2026-01-15T18:00:00+00:00,2026-01-15T19:00:00+00:00
        truck,gate,2026-01-15T18:30:00+00:00,2026-01-15T20:30:00+00:00
        cart,dock,2026-01-15T18:10:00+00:00,2026-01-15T19:00:00+00:00""",
    "trips": """vehicle,depart_utc,return_utc,energy_kwh
        leaf,2026-01-15T19:20:00+00:00,2026-01-15T19:45:00+00:00,6
        van,2026-01-15T19:00:00+00:00,2026-01-15T20:00:00+00:00,9""",
    "batteries": """
        battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,rating_kva,forming
        plant,head,abc,200,150,60,80,0.95,0.94,,1
        shed,low,bc,30,10,10,12,0.9,0.9,15,0
        outlet,side,b,5,5,0,3,0.9,0.9,,0
        pond,mill,b,40,10,8,9,0.9,0.9,,0""",
    "solar": """solar,bus,phases,rating_kw,profile
        roof,low,abc,25,sun
        ridge,race,b,3,sun""",
    "generators": """
        generator,bus,phases,rating_kw,rating_kva,fuel_l,fuel_l_per_kwh,forming,voltage_pu,from_utc,idle_l_per_h,tank
        diesel,mid,abc,40,50,20,0.3,0,,,,
        spare,mid,a,15,,6,0.35,1,1.0,2026-01-15T19:00:00+00:00,,
        steam,mill,b,20,25,,0.4,1,1.01,,1.5,cellar
        donkey,mill,b,6,,,0.5,1,,2026-01-15T18:30:00+00:00,0.5,cellar
        idler,low,abc,12,15,9,0.3,0,,,0.75,""",
    "tanks": """tank,fuel_l
        cellar,4
        barrel,2""",
    "events": """at_utc,event,element,litres
        2026-01-15T19:10:00+00:00,fuel,cellar,6
        2026-01-15T19:20:00+00:00,back,tie,
        2026-01-15T19:50:00+00:00,out,tie,""",
    "grid": """grid,bus,phases,from_utc,rating_kw,rating_kva,voltage_pu
        back,head,abc,2026-01-15T19:45:00+00:00,500,600,1.03""",
    "profiles": """start_utc,evening,sun
        2026-01-15T18:00:00+00:00,1.0,0.5
        2026-01-15T19:00:00+00:00,0.9,0.2
        2026-01-15T19:30:00+00:00,0.8,0.1
        2026-01-15T19:45:00+00:00,0,0""",
}
"""Seven buses and four intervals of unequal length: mutual impedance, a delta-wye transformer, delta loads and a delta
charger, banks and a reactor, lines that charge, buses that take power all the time, one of every source that forms and
one that follows, the grid back at the end, a dead island, vehicles below their reserve, a trip that lacks energy; a
mill on its own, with two engines on one tank that is refilled, joined to the rest for a quarter of an hour, and a
station that could form it if its cart stayed for all of an interval."""

ALLEY = {
    "buses": "bus,phases,kv_ln_kv\none,b,0.23\ntwo,b,0.23",
    "lines": "line,from_bus,to_bus,phases,rating_kva,r_bb_ohm,x_bb_ohm\nwire,one,two,b,8,0.1,0.05",
    "loads": "load,bus,phases,tier,kw,kvar\nlamp,two,b,1,3,1\nstove,two,b,0,4,0",
    "batteries": "battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,forming\n"
    "box,one,b,20,10,5,5,0.9,0.8,1",
}
"""Two buses on one phase and nothing else: most tables are empty."""


TOWN = {
    "buses": "bus,kv_ln_kv,shunt_c_kw\nhead,0.23,\ntail,0.23,0.05\ncut,0.23,\nspur,5.8,",
    "transformers": """transformer,from_bus,to_bus,connection,r_ohm,x_ohm,tap_min,tap_max,tap_ganged
        mains,spur,tail,delta-wye,0.005,0.01,0.95,1.05,1""",
    "lines": "line,from_bus,to_bus,r_aa_ohm,r_bb_ohm,r_cc_ohm,rating_kva\nwire,head,tail,0.1,0.1,0.1,60",
    "sites": """site,bus,import_kw,export_kw,transfer_kw,sockets_kw,people
        clinic,tail,9,3,5,4,30
        school,cut,,,,2.5,
        barn,,,,,,""",
    "loads": """load,site,phases,tier,service,kw,kvar,by_v2h,by_v2l,appliance_kw,hours_per_day,min_run_h,kwh_per_day
        ward,clinic,abc,1,continuous,3,1,1,0,,,,
        fridge,clinic,a,2,energy,0.8,,1,1,,,,6
        dialysis,clinic,b,1,hours,2,,1,0,,12,1,
        lamps,school,,1,hours,0.4,,1,1,0.4,9,0,
        heater,school,,2,continuous,2,,1,1,1.2,,,
        radio,barn,,1,continuous,0.2,,0,1,,,,""",
    "vehicles": """
        vehicle,capacity_kwh,start_kwh,start_soc,reserve_kwh,charge_kw,discharge_kw,v2h_kw,sockets,socket_kw,charger
        bus,100,80,,20,30,30,0,1,0,
        leaf,40,20,,8,6,6,6,1,1.5,
        kei,20,,0.45,3,3,0,3,2,1.5,lodge
        zoe,41,0.1,,0,22,0,0,1,0,""",
    "chargers": """charger,site,bus,feeds,forming,charge_kw,discharge_kw,charge_eff,discharge_eff,standby_kw,rating_kva
        depot,,head,feeder,1,30,30,0.95,0.95,0,40
        home,clinic,,premises,0,6,6,0.9,0.9,0.1,
        post,clinic,,feeder,0,7,6,0.9,0.9,0.2,
        lodge,school,,premises,0,0,4,0.9,0.9,0,""",
    "stays": """vehicle,charger,site,from_utc,until_utc,leave_kwh
        bus,depot,,2026-01-15T18:00:00+00:00,2026-01-15T20:30:00+00:00,
        leaf,home,,2026-01-15T18:00:00+00:00,2026-01-15T19:30:00+00:00,12
        leaf,post,,2026-01-15T19:30:00+00:00,2026-01-15T20:30:00+00:00,
        zoe,post,,2026-01-15T18:00:00+00:00,2026-01-15T19:30:00+00:00,""",
}
"""Three places and four cars, three ways to give, a bus that forms the island, circuits that need hours or energy; the
transformer that used to supply the town, fed from behind."""

HABITS = "hold,pickup_factor,pickup_h", {
    "ward": "hard,1.5,1", "fridge": ",,", "dialysis": ",,", "lamps": ",,", "heater": "priced,2,1", "radio": ",,",
}  # fmt: skip
"""How the loads of `TOWN` behave when they are switched."""


def town() -> dict[str, str]:
    """`TOWN` with the habits of its loads."""
    header, *rows = (line.strip() for line in TOWN["loads"].splitlines())
    told = [f"{row},{HABITS[1][row.split(',')[0]]}" for row in rows]
    return {**TOWN, "loads": "\n".join([f"{header},{HABITS[0]}", *told])}


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


def solved(case: Case, network: str = "lindistflow", policy: str = "tiers") -> Tabulator:
    """The best plan of a case by the engine itself, without an audit."""
    problem = problem_of(case, kinds(network, policy))
    reader = Arrays(problem)
    lp = reader.read()
    core = Reduced(lp, HIGHS_OPTIONS[""] | ALWAYS, lambda _: None)
    run = Run(core, Clock(None), lambda *_: None, 1e-6)
    return Tabulator(case, problem, reader, lp.layout, run.all())
