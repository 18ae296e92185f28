"""More energy at the start, in a vehicle or a battery."""

from __future__ import annotations

from collections.abc import Iterable

from v2g.remedies.fleet import gives
from v2g.remedies.kind import Candidate, Kind, Plight, number, records, steps_to, text


class StartEnergy(Kind):
    """A vehicle or battery was charged beforehand, up to what it can hold."""

    name, noun, compares = "start energy", "more energy at the start in a vehicle or battery", True

    def candidates(self, plight: Plight) -> Iterable[Candidate]:
        """Batteries first, then vehicles that can give, those with the most room first."""
        stores = [
            ("batteries", "battery", row)
            for row in sorted(records(plight.case, "batteries"), key=lambda row: plight.far(text(row, "bus")))
        ]
        vehicles = sorted(filter(gives, records(plight.case, "vehicles")), key=lambda row: -_room(row))
        stores += [("vehicles", "vehicle", row) for row in vehicles]
        for table, key, row in stores:
            if steps_to(_room(row)):
                yield self._more(table, key, row)

    @staticmethod
    def _more(table: str, key: str, row: dict[str, object]) -> Candidate:
        name, start = text(row, key), number(row, "start_kwh")
        return Candidate(
            where=name,
            words=lambda kwh: (
                f"{kwh:g} kWh more at the start in {name} ({start + kwh:.4g} in place of {start:.4g} kWh)"
            ),
            change=lambda tables, kwh: tables.with_cells(table, key, name, start_kwh=start + kwh),
            sizes=steps_to(_room(row)),
            unit="kWh",
        )


def _room(row: dict[str, object]) -> float:
    return number(row, "capacity_kwh") - number(row, "start_kwh")
