"""What lines and transformers carry in the file's own state, against their ratings.

A plan curtails loads behind an element that carries more than its rating, even in the state the file is in. Where the
file states an emergency rating as well, that is what an emergency is about, and such an element gets it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from v2g.feeders.network import Transformer, Weight
from v2g.feeders.opendss.elements import Reading, Record

ROUNDED = 1.001
"""Of the rating: as much is no more than it."""
ROOT3 = 3.0**0.5


def line_amps(reading: Reading, record: Record) -> float | None:
    """Rating of a line in A."""
    carried = max(record["carried"], default=0.0) if reading.raw["solved"]["converged"] else 0.0
    return _rating(reading, "line", record, record["amps"], carried, "A")


def rated(reading: Reading, units: Iterator[Transformer]) -> Iterator[Transformer]:
    """Transformers with their ratings."""
    records = {record["name"]: record for record in reading.enabled("transformer")}
    for unit in units:
        record = records[unit.name]
        carried = _kva(record) if reading.raw["solved"]["converged"] else 0.0
        phases, emergency = record["phases"], record["emergency"]
        normal = None if unit.rating_kva is None else unit.rating_kva / phases
        by_phase = record | {"emergency": None if emergency is None else emergency / phases}
        rating = _rating(reading, "transformer", by_phase, normal, carried, "kVA")
        yield replace(unit, rating_kva=None if rating is None else rating * phases)


def _kva(record: Record) -> float:
    """kVA of the phase that carries most, at the first winding's own voltage."""
    to_neutral = record["kvs"][0] / (ROOT3 if record["phases"] > 1 else 1.0)
    return float(to_neutral * record["carried"][0])


def _rating(
    reading: Reading, kind: str, record: Record, normal: float | None, carried: float, unit: str
) -> float | None:
    """The normal rating; the emergency rating where more than the normal one is carried."""
    emergency = record["emergency"]
    if normal is None or carried <= normal * ROUNDED:
        if normal is not None and emergency is not None and emergency > normal * ROUNDED:
            text = f"{kind}s with an emergency rating: their normal one is taken"
            reading.gather(Weight.CHANGED, text, kind, record["name"])
        return normal
    text = (
        f"{kind} {record['name']} carries {carried:,.0f} {unit} on a phase in the file's own state, above its rating "
        f"of {normal:,.0f} {unit}"
    )
    if emergency is not None and emergency > normal * ROUNDED:
        still = ", and plans curtail what it feeds" if carried > emergency * ROUNDED else ""
        text += f": its emergency rating of {emergency:,.0f} {unit} is taken{still}"
        reading.note(Weight.CHANGED, text, kind, record["name"])
        return float(emergency)
    text += ": plans curtail what it feeds, unless its rating_kva is raised"
    reading.note(Weight.CHANGED, text, kind, record["name"])
    return normal
