"""What stands beside an exported circuit: how to open it, what was changed, what OpenDSS has no place for."""

from __future__ import annotations

from v2g.ac.elements import LEAST_OHM
from v2g.exports.exporter import Asked
from v2g.exports.opendss_feeder import UNKNOWN_KVA, Feeder

NO_PLACE = {
    "vehicles": "vehicles",
    "chargers": "chargers",
    "stays": "stays",
    "trips": "trips",
    "sites": "sites and their people",
    "needs": "needs of drivers",
    "fleet_minimum": "minimums of the fleet",
    "events": "events",
    "tanks": "tanks",
    "durations": "how long the outage may last",
    "profiles": "profiles",
}

FEEDER = """# {name} as an OpenDSS circuit

{origin}.

`Master.dss` is the feeder at nominal load: `Redirect Master.dss` opens it. Loads stand at their full kW and kvar before
any profile; generators stand by, batteries are idle, panels are in the dark.

- 60 Hz. Ohm and microsiemens of the case are written as they stand; a case knows no other frequency.
- A source has no impedance to speak of. The first grid connection is `Vsource.source`.
- `normamps` is the rating of a phase over its nominal voltage. A line without it has no known rating; OpenDSS shows its
  default of 400 A for it.
- `kvas` of a transformer are its rating. Where `normhkva=0` none is known, and {unknown:g} kVA for each phase are only
  the base of its percentages.
- Lines and transformers without impedance have a reactance of {least:g} ohm.
- A switch of three phases is made with one phase first, for the engine takes no matrices for it otherwise.
- A transformer whose taps differ by phase, or can, is one unit for each phase. A tap that can move has its range and a
  RegControl with a band so wide that it does nothing: set its vreg and band, and a ControlMode, to have it regulate.
- Loads go with the voltage as the case says (model 1, 2, 5, or 4 with its exponents), down to 10 % of the nominal one.
- What a bus takes all the time (no-load losses and magnetising) is a reactor `shunt_BUS_PHASE` of that impedance. One
  that takes no kW to speak of is read back as a reactor of the table of capacitors.
- What is open is open at both ends. A reactor that is switched off is disabled.
- A battery has one `kwrated`, the greater of what it takes and gives; a missing kVA is its kW.
- `names.csv` lists names that OpenDSS cannot hold, or does not tell apart, and what they are here.
"""
PLAN = """
## The plan

`Run.dss` opens the feeder and runs the plan in daily mode. In each period, `Periods/` says what is opened, closed, and
which source holds the voltage. Everything else follows load shapes in kW and kvar.

- Vehicles at chargers, batteries, panels and generators are of class Generator in `Dispatch.dss`, positive = into the
  feeder. A Storage element would follow its own losses and limits a second time, where the plan has done so already.
- Devices without power in the plan have no element there. Nameplates (Generator, Storage, PVSystem) are disabled.
- A node that no line or transformer reaches is grounded by a resistance, for the engine to solve it without load.
- A source that holds an island is a voltage source then, and its shape is zero: it gives what is missing, with losses.
- What cars give to premises and plugs directly is not on the feeder; loads are served that much less by it.
"""
LOST = """
## Not in the circuit

OpenDSS has no place for tiers, people and service of loads, fuel, limits of the voltage; nor for these tables:
{what}.
The case as it was read is in `case/`, and `v2g check case` reads it: nothing of it is missing.

An import of `Master.dss` gives the same feeder, but for: the name of the first grid connection, phases in the order
abc, names in lower case, one row for each unit of a transformer whose taps differ, and what the list above says.
"""


def readme(asked: Asked, feeder: Feeder) -> str:
    """The text of `README.md`."""
    case = asked.case
    counts = {words: len(case.table(table)) for table, words in NO_PLACE.items()}
    what = ", ".join(f"{words} ({count})" for words, count in counts.items() if count) or "none of them is in this case"
    unused = [bus for bus in feeder.kv if bus not in feeder.used]
    off = sum(not bus for bus in case.table("loads").get("bus", ()))
    text = FEEDER.format(name=case.name, origin=asked.origin_line, unknown=UNKNOWN_KVA, least=LEAST_OHM)
    text += PLAN if asked.plan is not None else ""
    text += LOST.format(what=what)
    if unused:
        text += f"\nBuses with nothing on them that OpenDSS knows are left out: {', '.join(unused)}.\n"
    if off:
        text += f"\nLoads that are off the feeder are left out: {off}.\n"
    return text
