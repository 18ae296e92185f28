"""Capacitor banks that an island cannot bear: where that can be proven by sums, before anything is solved.

A closed bank injects at least its kvar times the square of the lowest voltage of its bus, wherever it is live. What
it injects has to go into sources, within their apparent power, and into loads, at most as much as they ask for (and
draw right after pick-up). The sums are those of `v2g.check.sums`: where all that they can be lies on one side of zero,
in one direction of the plane, no plan exists. That is proof whichever the direction, so the few that are tried
never lead to an error that is none.

It is no more than a warning where engines that burn fuel when idling alone form the island, as they may stay off;
where a table is there whose injections are not described; and where loads could take what sources cannot, as
long as they are served. Where only V2G stations form an island nothing is said: who is plugged in is not looked at.
Parts from outside in place of one that comes along are taken to keep within its limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from v2g.case import Case
from v2g.check.islands import forming_sources
from v2g.check.legs import Leg
from v2g.check.rows import at, clock, filled, rows
from v2g.check.sums import SOURCES, Devices, Sums, Zone, zones
from v2g.check.timeline import periods
from v2g.check.words import listed
from v2g.errors import Finding

UP = 1.0j
DIRECTIONS = tuple(complex(np.exp(2j * np.pi * k / 24)) for k in range(24))
NEARLY = 1e-6
WHOLE = 1.0 - 1e-9
"""Share of an interval from which a source counts as there."""

NETWORK = "lindistflow"
"""The network with reactive power; others have none, so banks do nothing there."""

DESCRIBED = frozenset({
    "buses", "lines", "transformers", "capacitors", "sites", "chargers", "stays", "trips", "needs", "fleet_minimum",
    "events", "tanks", "durations", "profiles", "loads", "vehicles", "batteries", "solar", "generators", "grid",
})  # fmt: skip
"""Tables whose injections are in the sums, or that inject nothing."""


def banks_are_borne(case: Case) -> Iterable[Finding]:
    """Every live island can take in what its capacitor banks give."""
    banks = rows(case, "capacitors", "capacitor", "kvar", "closed")
    if case.header["network"] != NETWORK or not (banks["closed"].astype(bool) & (banks["kvar"] != 0.0)).any():
        return
    told: set[int] = set()
    devices = Devices(case)
    closed = [bank for bank in devices.rows("capacitors") if bank["closed"]]
    for inside, elements in _periods(case):
        for zone in zones(case, elements):
            if not any(zone.inside(bank) > 0.0 for bank in closed):
                continue
            steady, engines = _formed(devices, zone)
            sums = Sums(devices, zone) if ((steady | engines) & inside).any() else None
            if sums is not None and sums.banks:
                row = max(sums.banks, key=lambda bank: bank[1].imag if not zone.behind else abs(bank[1]))[0]
                for finding in _judged(case, row, sums, steady & inside, engines & inside) if row not in told else ():
                    told.add(row)
                    yield finding


def _periods(case: Case) -> Iterator[tuple[np.ndarray, list[Leg]]]:
    """Intervals (T,) of each period in which nothing is switched, and the elements that are closed then."""
    found = list(periods(case))
    ends = [*(first for first, _ in found[1:]), case.steps]
    for (first, elements), end in zip(found, ends, strict=True):
        number = np.arange(case.steps)
        yield (first <= number) & (number < end), elements


def _formed(devices: Devices, zone: Zone) -> tuple[np.ndarray, np.ndarray]:
    """When the island is alive whatever is planned, and when if an idling engine is run, both (T,)."""
    case = devices.case
    steady, engines = np.zeros(case.steps, bool), np.zeros(case.steps, bool)
    for table, row, bus, phases in forming_sources(case):
        if table in SOURCES and any((bus, p) in zone.island for p in phases):
            there = devices.share(table, row) >= WHOLE
            frame = case.table(table)
            if "idle_l_per_h" in frame and frame["idle_l_per_h"].iloc[row] > 0.0:
                engines |= there
            else:
                steady |= there
    return steady, engines & ~steady


def _judged(case: Case, row: int, sums: Sums, steady: np.ndarray, engines: np.ndarray) -> Iterator[Finding]:
    """At most one finding: the worst that can be said of a zone."""
    beyond = NEARLY * max(1.0, sum(abs(number) for _, number, _, _ in sums.banks))
    tried = DIRECTIONS if sums.zone.behind else (UP,)
    excess, bare = (np.max([sums.least(along, loads) for along in tried], axis=0) for loads in (1.0, 0.0))
    for when, level, certain in ((steady, excess, True), (engines, excess, False), (steady, bare, False)):
        bad = np.flatnonzero(when & (level > beyond))
        if bad.size:
            known = set(filled(case)) <= DESCRIBED
            words = "never" if level is excess and certain else "engines" if level is excess else "loads"
            yield _finding(case, row, sums, int(bad[0]), words, error=certain and known)
            return


def _finding(case: Case, row: int, sums: Sums, interval: int, why: str, *, error: bool) -> Finding:
    banks = case.table("capacitors")
    mine = list(dict.fromkeys(banks["capacitor"].iloc[bank[0]] for bank in sums.banks))
    give, since = "gives" if len(mine) == 1 else "give", clock(case.boundaries[interval])
    allowed, remedy = None, "Switch the bank off (closed = 0), or spread it evenly over three phases."
    if sums.zone.behind:
        even = "only loads there can" if why == "loads" else "no load or source there can"
        message = f"What {listed(mine)} {give} differs by phase, and {even} even it out: "
        message += f"only the from_bus side of {listed(sums.zone.behind)} leads there"
    else:
        takers, most = ("sources", 0.0) if why == "loads" else ("sources and loads", 1.0)
        given = sum(number.imag * (low if number.imag > 0.0 else high) for _, number, low, high in sums.banks)
        taken = float(given - sums.least(UP, most)[interval])
        phases = ", ".join(sorted({phase for _, phase in sums.zone.island}))
        message = f"{listed(mine)} {give} {given:.6g} kvar even at the lowest voltage, and all {takers} in that "
        message += f"island, phase {phases}, can take {taken:.6g} kvar at most"
        allowed = f"at most {float(banks['kvar'].iloc[row]) * taken / given:.6g} kvar" if len(mine) == 1 else None
        remedy = "Switch the bank off (closed = 0), or raise rating_kva of a source there."
    return at(
        case, ("capacitors", row, "kvar"), "bank-too-large", f"{message}. {EFFECT[why]} (from {since} on).", remedy,
        found=f"{float(banks['kvar'].iloc[row]):g}", allowed=allowed, severity="error" if error else "warning",
    )  # fmt: skip


EFFECT = {
    "never": "So there is no plan",
    "engines": "So the engine that forms it can hardly run",
    "loads": "So there is a plan only while loads are served there all the time",
}
"""What follows, by what would be needed."""
