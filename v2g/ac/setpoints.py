"""What every device of a plan gives and takes, as loads of the engine, group by group of intervals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from v2g.ac.circuit import Group, Script, State
from v2g.replay.columns import numbers
from v2g.replay.feeder import PHASES, places
from v2g.replay.record import Record
from v2g.replay.shunts import bus_shunts
from v2g.replay.timeline import alike
from v2g.replay.verdict import Complex

DUST_KW = 1e-9
Place = tuple[str, str, str]


@dataclass(frozen=True)
class Device:
    """One load of the engine: where, how its power goes with voltage, and what it takes, (T,) kW + j kvar."""

    name: str
    place: Place
    power: Complex
    exponents: tuple[float, float] = (0.0, 0.0)


def groups(record: Record) -> list[Group]:
    """The whole plan as scripts with set-points; intervals in which nothing is live are in none of them."""
    found = []
    everything = list(devices(record))
    for intervals in alike(record.feeder.closed, record.islands.former):
        t = int(intervals[0])
        taps = record.standing_taps[:, t]
        state = State(record.live[:, t], record.feeder.closed[:, t], record.islands.former[:, t], taps)
        if state.live.any():
            found.append(_group(Script(record, state), intervals, everything))
    return found


def _group(script: Script, intervals: np.ndarray, everything: list[Device]) -> Group:
    commands, names, power = list(script.commands()), [], []
    rank = script.state.former
    for device in everything:
        own = device.power[intervals]
        if np.abs(own).max(initial=0.0) <= DUST_KW or _forms(script, device, rank):
            continue
        command = script.device(device.name, device.place, device.exponents)
        if command is not None:
            commands.append(command)
            names.append(device.name)
            power.append(own)
    shape = (len(names), len(intervals))
    taps = script.record.standing_taps[:, intervals]
    steps = [script.moved(taps[:, max(at - 1, 0)], taps[:, at]) for at in range(len(intervals))]
    powers = np.array(power, dtype=complex).reshape(shape)
    return Group(intervals, tuple(commands), tuple(names), powers, tuple(steps))


def _forms(script: Script, device: Device, former: np.ndarray) -> bool:
    """Whether a device is a phase of the source that forms its island, and so is no load."""
    if not device.name.startswith("s"):
        return False
    source = int(device.name[1:-1])
    ranks = np.flatnonzero(script.record.sources.forming)
    bus, phase, _ = device.place
    rank = int(former[script.feeder.number[bus, phase]])
    return rank >= 0 and int(ranks[rank]) == source


def devices(record: Record) -> Iterator[Device]:
    """Every device that has power in the plan; what a load gets from cars directly is not the feeder's."""
    yield from _loads(record)
    table = record.case.table("chargers")
    for row, place in enumerate(places(table)):
        if not record.fleet.station[row]:
            yield Device(f"c{row}", place, -record.charger_kw[row].astype(complex))
    for row, (bus, power) in enumerate(zip(record.sources.buses, record.source_power, strict=True)):
        for at, phase in enumerate(PHASES):
            if record.sources.weight[row, at]:
                yield Device(f"s{row}{phase}", (bus, phase, "wye"), -power[at])
    yield from _shunts(record)
    for node in np.flatnonzero(np.abs(record.others).max(axis=1, initial=0.0)):
        bus, phase = record.feeder.nodes[node]
        yield Device(f"o{node}", (bus, phase, "wye"), -record.others[node])


def _shunts(record: Record) -> Iterator[Device]:
    """What buses take; in kW for the share of the interval in which their island is kept up."""
    kvar = bus_shunts(record.case, record.feeder).imag
    for node, (bus, phase) in enumerate(record.feeder.nodes):
        power = record.standing_kw[node] + 1j * kvar[node]
        if power.any():
            yield Device(f"n{node}", (bus, phase, "wye"), power, (2.0, 2.0))


def _loads(record: Record) -> Iterator[Device]:
    table = record.case.table("loads")
    bends = numbers(table, "kw_exponent", 0.0), numbers(table, "kvar_exponent", 0.0)
    taken = record.feeder_part * (1.0 + 1j * record.loads.kvar_per_kw[:, None])
    for row, place in enumerate(places(table)):
        if place[0]:
            yield Device(f"d{row}", place, taken[row], (float(bends[0][row]), float(bends[1][row])))
