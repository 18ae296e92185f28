"""Lines side by side: a case has one line for each phase between two buses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from v2g.feeders.network import Line, Network, Note, Weight

Key = tuple[frozenset[str], bool]


def without_parallels(network: Network) -> Network:
    """Lines that share buses and phases as one line; its rating is the sum of theirs where all are known."""
    groups: dict[Key, list[Line]] = {}
    for line in network.lines:
        groups.setdefault((frozenset((line.from_bus, line.to_bus)), line.closed), []).append(line)
    lines: list[Line] = []
    notes: list[Note] = []
    for group in groups.values():
        while group:
            first, *others = group
            beside = [line for line in others if set(line.phases) & set(first.phases)]
            group = [line for line in others if line not in beside]
            lines.append(_one(first, beside, notes) if beside else first)
    return replace(network, lines=tuple(lines), notes=(*network.notes, *notes)) if notes else network


def _one(first: Line, beside: Sequence[Line], notes: list[Note]) -> Line:
    names = ", ".join(line.name for line in beside)
    if any(set(line.phases) != set(first.phases) or line.switch != first.switch for line in beside):
        text = f"lines {first.name}, {names} run side by side with phases or switches that differ; {names} left out"
        notes.append(Note(Weight.LOST, text, beside[0].origin))
        return first
    z, b = first.r_ohm + 1j * first.x_ohm, first.b_us
    ratings = [first.rating_a]
    for line in beside:
        pick = np.ix_(*[[line.phases.index(phase) for phase in first.phases]] * 2)
        z = side_by_side(z, (line.r_ohm + 1j * line.x_ohm)[pick])
        b = b + line.b_us[pick]
        ratings.append(line.rating_a)
    notes.append(
        Note(Weight.CHANGED, f"lines {first.name}, {names} run side by side: one line {first.name}", first.origin)
    )
    known = [rating for rating in ratings if rating is not None]
    rating = sum(known) if len(known) == len(ratings) else None
    return replace(first, r_ohm=np.real(z), x_ohm=np.imag(z), b_us=b, rating_a=rating)


def side_by_side(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Impedance of two side by side: ``z1 (z1 + z2)^-1 z2``; nothing beside nothing is nothing.

    >>> float(side_by_side(np.array([[2.0]]), np.array([[2.0]]))[0, 0])
    1.0
    """
    total = one + two
    if not one.any() or not two.any():
        return np.zeros_like(total)
    return np.asarray(one @ np.linalg.solve(total, two))
