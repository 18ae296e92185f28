"""A yard of six chargers and a plan written by hand: what profiles and events must say follows by arithmetic."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from tests.small import case_of
from v2g.case import Case
from v2g.exports import EXPORTS
from v2g.exports.exporter import Asked
from v2g.exports.exporting import Done
from v2g.formats.atomic import place_folder
from v2g.plan import Plan
from v2g.planning import solve

NASTY = "=../..\\CON <b>"
"""What a user may call a charger."""

YARD = {
    "buses": "bus,kv_ln_kv\nhead,0.23",
    "sites": "site,bus\nhall,head",
    "loads": "load,bus,site,tier,service,kw,by_v2l\nlamps,,hall,1,flexible,1,1",
    "vehicles": "vehicle,capacity_kwh,start_kwh,charge_kw,discharge_kw,v2h_kw,sockets,socket_kw\n"
    "leaf,60,50,10,10,0,0,0\nvan,60,20,10,10,0,0,0\nzoe,41,20,22,0,0,0,0\n"
    "older,60,40,6,6,0,0,0\nold,60,40,6,6,0,0,0\nkei,40,30,6,0,6,1,1.5",
    "chargers": "charger,site,bus,feeds,plugs,charge_kw,discharge_kw,charge_eff,discharge_eff,ocpp\n"
    "two_way,hall,,feeder,2,10,10,1,1,2.1\none_way,,head,feeder,1,7.4,0,1,1,\n"
    "second,,head,feeder,1,6,6,1,1,2.0.1\nfirst,,head,feeder,1,6,6,1,1,1.6\n"
    f"home,hall,,premises,1,6,6,1,1,2.1\n{NASTY},,head,feeder,1,6,6,1,1,2.1",
    "stays": "vehicle,charger,site,from_utc,until_utc\n"
    "leaf,two_way,,2026-01-15T18:00:00Z,2026-01-15T20:15:00Z\nvan,two_way,,2026-01-15T20:15:00Z,2026-01-15T22:00:00Z\n"
    "zoe,two_way,,2026-01-15T18:30:00Z,2026-01-16T02:00:00Z\nolder,second,,2026-01-15T18:00:00Z,2026-01-15T22:00:00Z\n"
    "old,first,,2026-01-15T18:00:00Z,2026-01-15T22:00:00Z\nkei,home,,2026-01-15T18:00:00Z,2026-01-15T20:00:00Z\n"
    "kei,,hall,2026-01-15T20:00:00Z,2026-01-15T22:00:00Z",
    "trips": "vehicle,depart_utc,return_utc,energy_kwh\nleaf,2026-01-15T20:30:00Z,2026-01-15T21:30:00Z,6",
}
"""From 18:00 to 22:00 UTC in four hours. Van takes leaf's plug at 20:15; zoe, which gives nothing, comes at 18:30."""

MEAN_KW = {
    "leaf": (-8.0, 0.0, -2.5, 0.0),
    "van": (0.0, 0.0, 3.0, 0.0),
    "zoe": (2.0, 6.0, 0.0, 0.0),
    "older": (-4.0, 3.0, 3.0, 0.0),
    "old": (-5.0, 3.0, -2.0, 0.0),
    "kei": (-3.0, -3.0, 0.0, 0.0),
}
"""What the plan has each of them take on average of the hour; kei gives by V2H, and then 1.2 kW from its socket."""
SOCKET_KW = (0.0, 0.0, 1.2, 1.2)


@cache
def yard() -> Case:
    return case_of(YARD, header={"step_min": 60, "steps": 4})


@cache
def plan() -> Plan:
    """A plan of the yard with the table of vehicles by hand; losses are none."""
    made = solve(yard())
    table = made.tables["vehicles"].copy()
    starts = sorted(set(table["start_utc"]))
    on_board = {"leaf": 50.0, "van": 20.0, "zoe": 20.0, "older": 40.0, "old": 40.0, "kei": 30.0}
    rows = []
    for t, start in enumerate(starts):
        for name, kw in MEAN_KW.items():
            way = "v2h_kw" if name == "kei" else "discharge_kw"
            trip = {2: 3.0, 3: 3.0}.get(t, 0.0) if name == "leaf" else 0.0
            socket = SOCKET_KW[t] if name == "kei" else 0.0
            row = {
                "start_utc": start,
                "vehicle": name,
                "charge_kw": max(kw[t], 0.0),
                "discharge_kw": 0.0,
                "v2h_kw": 0.0,
            }
            row |= {way: max(-kw[t], 0.0), "v2l_kw": socket, "trip_kwh": trip, "energy_start_kwh": on_board[name]}
            on_board[name] += kw[t] - trip - socket
            rows.append({**row, "energy_end_kwh": on_board[name]})
    hand = pd.DataFrame(rows).set_index(["start_utc", "vehicle"])
    table = table.set_index(["start_utc", "vehicle"])
    table[hand.columns] = hand.reindex(table.index)
    return Plan(made.summary, {**made.tables, "vehicles": table.reset_index()})


def written(case: Case, to: str, out: Path, made: Plan) -> Done:
    """What an exporter makes of a plan written by hand, which no audit has to let pass."""
    found = EXPORTS[to].export(Asked(case, made))
    place_folder(out, found.files)
    return Done(out, to, tuple(found.files), found.warnings, out / found.first)
