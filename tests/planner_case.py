"""A small feeder for exports to planning tools: a transformer that turns and taps, a spur of one phase."""

from __future__ import annotations

from functools import cache

from tests.small import case_of
from v2g.case import Case
from v2g.plan import Plan
from v2g.planning import solve

ROOT3 = 3.0**0.5
FEEDER = {
    "buses": f"""bus,phases,kv_ln_kv,x,y,shunt_a_kw,shunt_b_kw,shunt_c_kw
        head,abc,{11 / ROOT3!r},139.7,35.6,,,
        mid,abc,{11 / ROOT3!r},139.8,35.7,,,
        low,abc,{0.4 / ROOT3!r},139.8,35.8,1,1,1
        far,abc,{11 / ROOT3!r},,,,,
        spur,b,{11 / ROOT3!r},140.0,35.9,,,""",
    "lines": """
        line,from_bus,to_bus,phases,closed,switch,rating_kva,r_aa_ohm,r_bb_ohm,r_cc_ohm,r_ab_ohm,r_bc_ohm,r_ac_ohm,x_aa_ohm,x_bb_ohm,x_cc_ohm,x_ab_ohm,x_bc_ohm,x_ac_ohm,b_aa_us,b_bb_us,b_cc_us
        main,head,mid,abc,1,0,500,3,3,3,1,1,1,6,6,6,2,2,2,60,60,60
        jumper,mid,far,abc,1,1,,,,,,,,,,,,,,,,
        lane,mid,spur,b,1,0,100,,4,,,,,,5,,,,,,,
        tie,far,head,abc,0,1,,1,1,1,,,,1,1,1,,,,,,""",
    "transformers": """
        transformer,from_bus,to_bus,connection,lead,r_ohm,x_ohm,tap_a,tap_b,tap_c,tap_min,tap_max,tap_step,tap_ganged,rating_kva
        kiosk,mid,low,delta-wye,0,0.004,0.012,1.025,1.025,1.025,0.95,1.05,0.025,1,100""",
    "capacitors": "capacitor,bus,phases,kvar\nbank,far,abc,90",
    "loads": """load,bus,phases,tier,service,kw,kvar,kw_exponent,kvar_exponent,profile
        clinic,low,abc,1,continuous,120,30,0,0,work
        mill,far,abc,2,continuous,600,150,2,2,
        farm,spur,b,0,,60,15,1,0,""",
    "grid": "grid,bus,voltage_pu,from_utc\nsupply,head,1.02,2026-01-15T19:00:00+00:00",
    "batteries": """
        battery,bus,capacity_kwh,start_kwh,reserve_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,rating_kva,forming
        box,low,300,200,20,60,150,0.9,0.9,180,1""",
    "vehicles": "vehicle,capacity_kwh,start_kwh,reserve_kwh,charge_kw,discharge_kw\nvan,60,50,12,11,10",
    "chargers": """charger,bus,phases,charge_kw,discharge_kw,charge_eff,discharge_eff
        post,spur,b,11,10,0.9,0.8
        spare,far,abc,11,0,0.9,0.9""",
    "stays": "vehicle,charger,from_utc,until_utc\nvan,post,2026-01-15T18:00:00+00:00,2026-01-15T20:00:00+00:00",
    "trips": "vehicle,depart_utc,return_utc,energy_kwh\nvan,2026-01-15T20:00:00+00:00,2026-01-15T21:00:00+00:00,6",
    "profiles": "start_utc,work\n2026-01-15T18:00:00+00:00,0.5\n2026-01-15T19:00:00+00:00,1\n"
    "2026-01-15T20:00:00+00:00,0.75",
}  # fmt: skip
"""Three hours, the grid back after the first; until then the battery keeps what it can alive."""


@cache
def feeder() -> Case:
    """The case."""
    return case_of(FEEDER, header={"step_min": 60, "steps": 3, "coordinates": "lonlat", "vmin_pu": 0.85})


@cache
def plan() -> Plan:
    """A plan of it."""
    return solve(feeder())
