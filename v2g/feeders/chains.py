"""Lines in a row with nothing between them become one line: the voltages at its ends stay what they are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from v2g.derive.feeder import sequence_drops, susceptance
from v2g.feeders.graph import branches, devices, ends
from v2g.feeders.network import PRIMARY, Line, Matrix, Network

NEGLIGIBLE = 1e-8
"""Change of squared voltage, per unit, that a merge may cause by moving the charging of lines to other ends."""


@dataclass(frozen=True)
class Merged:
    """The network with its chains merged; ``buses`` and ``lines`` that are gone, by the line they went into."""

    network: Network
    buses: dict[str, str]
    lines: dict[str, str]


def merge_chains(network: Network) -> Merged:
    """Merge closed lines of equal phases that meet at a bus with nothing else on it.

    Series matrices add up, and the smallest known rating holds. Without charging that is exact where the network is
    lossless: the same flow goes through both lines. With charging, the halves at the middle bus move to the ends of the
    new line, and the squared voltage behind it changes by ``(M1 b2 - M2 b1) / 2`` (M: its drop by kvar), which is zero
    where both are of one kind; where it is more than ``NEGLIGIBLE``, the bus is kept.
    """
    at: dict[str, list[str]] = {}
    for branch in branches(network):
        for end in ends(branch):
            at.setdefault(end, []).append(branch.name if isinstance(branch, Line) else "")
    busy = {device.bus for _, device in devices(network)} | {source.bus for source in network.sources}
    busy |= {bus.name for bus in network.buses if bus.vmin_pu is not None or bus.vmax_pu is not None}
    lines = {line.name: line for line in network.lines}
    gone_buses: dict[str, str] = {}
    gone_lines: dict[str, str] = {}
    for bus in network.buses:
        found = at.get(bus.name, [])
        if bus.name in busy or len(found) != 2 or "" in found or found[0] == found[1]:
            continue
        one, two = lines[found[0]], lines[found[1]]
        if set(bus.phases) != set(one.phases) or not _alike(one, two) or _error(one, two) > NEGLIGIBLE:
            continue
        far = two.to_bus if two.from_bus == bus.name else two.from_bus
        if far in (one.from_bus, one.to_bus):
            continue
        lines[one.name] = _joined(one, two, bus.name, far)
        del lines[two.name]
        at[far] = [one.name if name == two.name else name for name in at[far]]
        gone_buses[bus.name], gone_lines[two.name] = one.name, one.name
    left = replace(
        network, lines=tuple(lines.values()), buses=tuple(b for b in network.buses if b.name not in gone_buses)
    )
    return Merged(left, _followed(gone_buses, gone_lines), _followed(gone_lines, gone_lines))


def _followed(gone: dict[str, str], lines: dict[str, str]) -> dict[str, str]:
    """The line that is left, where the one that was merged into has itself gone into another."""
    found = {}
    for name, line in gone.items():
        while line in lines:
            line = lines[line]
        found[name] = line
    return found


def _alike(one: Line, two: Line) -> bool:
    plain = all(line.closed and not line.switch and not line.to_phases for line in (one, two))
    return plain and set(one.phases) == set(two.phases)


def _joined(one: Line, two: Line, middle: str, far: str) -> Line:
    """One line from the far end of the first to that of the second."""
    order = [two.phases.index(phase) for phase in one.phases]
    pick = np.ix_(order, order)
    known = [line.rating_a for line in (one, two) if line.rating_a is not None]
    start, end = (far, one.to_bus) if one.from_bus == middle else (one.from_bus, far)
    return replace(
        one,
        from_bus=start,
        to_bus=end,
        r_ohm=one.r_ohm + two.r_ohm[pick],
        x_ohm=one.x_ohm + two.x_ohm[pick],
        b_us=one.b_us + two.b_us[pick],
        rating_a=min(known) if known else None,
    )


def _error(one: Line, two: Line) -> float:
    """Change of squared voltage, per unit, that comes from moving the charging; see `merge_chains`."""
    if not (one.b_us.any() or two.b_us.any()):
        return 0.0
    if not set(one.phases) <= set(PRIMARY):
        return float("inf")
    (first, b1), (second, b2) = _by_kvar(one), _by_kvar(two)
    return float(np.max(np.abs(first @ b2 - second @ b1))) / 2.0


def _by_kvar(line: Line) -> tuple[Matrix, Matrix]:
    """Drop of squared voltage by kvar, (3, 3) in ohm, and susceptance of each phase in siemens, (3,)."""
    full = {key: np.zeros((3, 3)) for key in ("r_ohm", "x_ohm", "b_us")}
    order = [PRIMARY.index(phase) for phase in line.phases]
    for key, matrix in full.items():
        matrix[np.ix_(order, order)] = getattr(line, key)
    b = [susceptance(full["b_us"], p, line.phases) * 1e-6 if p in line.phases else 0.0 for p in PRIMARY]
    return np.asarray(sequence_drops(full["r_ohm"], full["x_ohm"])[1]), np.array(b)
