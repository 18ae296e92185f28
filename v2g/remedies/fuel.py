"""More fuel in a tank or a generator."""

from __future__ import annotations

from collections.abc import Iterable

from v2g.remedies.kind import Candidate, Kind, Plight, number, records, steps_to, text


class Fuel(Kind):
    """Fuel is brought before the start, at most what would run all of a tank's generators throughout."""

    name, noun, compares = "fuel", "more fuel in a tank or generator", True

    def candidates(self, plight: Plight) -> Iterable[Candidate]:
        """Generators of the load's island first."""
        hours = float(plight.case.hours.sum())
        tanks = {text(row, "tank"): number(row, "fuel_l") for row in records(plight.case, "tanks")}
        seen: set[str] = set()
        for row in sorted(records(plight.case, "generators"), key=lambda row: plight.far(text(row, "bus"))):
            most = hours * (number(row, "rating_kw") * number(row, "fuel_l_per_kwh") + number(row, "idle_l_per_h"))
            tank, name = text(row, "tank"), text(row, "generator")
            if tank and tank not in seen:
                seen.add(tank)
                yield self._more("tanks", "tank", tank, tanks[tank], most)
            if not tank:
                yield self._more("generators", "generator", name, number(row, "fuel_l"), most)

    @staticmethod
    def _more(table: str, key: str, name: str, fuel: float, most: float) -> Candidate:
        return Candidate(
            where=name,
            words=lambda litres: f"{litres:g} L more fuel in {name} ({fuel + litres:g} in place of {fuel:g} L)",
            change=lambda tables, litres: tables.with_cells(table, key, name, fuel_l=fuel + litres),
            sizes=steps_to(most),
            unit="L",
        )
