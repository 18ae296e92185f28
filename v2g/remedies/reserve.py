"""Mobility reserves, lowered by so many per cent."""

from __future__ import annotations

from collections.abc import Iterable

from v2g.remedies.fleet import class_of, gives, reserve_kwh
from v2g.remedies.kind import Candidate, Kind, Plight, number, records, text
from v2g.remedies.tables import Tables

PER_CENT = tuple(float(p) for p in range(5, 101, 5))
COLUMNS = ("reserve_kwh", "reserve_km")


class OneReserve(Kind):
    """One driver lowers the reserve of one vehicle."""

    name, noun, compares = "reserve", "the reserve of one vehicle lowered", True

    def candidates(self, plight: Plight) -> Iterable[Candidate]:
        """Vehicles that can give, those that stand near first; of vehicles alike in all respects one."""
        near: dict[str, int] = {}
        places: dict[str, list[object]] = {}
        bus = {text(row, "charger"): (text(row, "bus"), text(row, "site")) for row in records(plight.case, "chargers")}
        for stay in records(plight.case, "stays"):
            who, at = text(stay, "vehicle"), bus.get(text(stay, "charger"), ("", text(stay, "site")))
            near[who] = min(near.get(who, 4), plight.far(*at))
            places.setdefault(who, []).append((at, stay["from_utc"], stay["until_utc"]))
        seen: set[str] = set()
        rows = [row for row in records(plight.case, "vehicles") if gives(row) and reserve_kwh(row) > 0]
        rows.sort(key=lambda row: (near.get(text(row, "vehicle"), 4), -reserve_kwh(row)))
        for row in rows:
            name = text(row, "vehicle")
            alike = repr((class_of(row), row["start_kwh"], reserve_kwh(row), places.get(name)))
            if alike not in seen and name in near:
                seen.add(alike)
                yield self._lowered(name, reserve_kwh(row))

    @staticmethod
    def _lowered(name: str, reserve: float) -> Candidate:
        def change(tables: Tables, per_cent: float) -> Tables:
            mine = (tables.frame("vehicles")["vehicle"] == name).to_list()
            return tables.scaled("vehicles", 1.0 - per_cent / 100.0, *COLUMNS, rows=mine)

        return Candidate(
            where=name,
            words=lambda p: (
                f"Lowering the reserve of {name} by {p:g} %, from {reserve:.3g} to {reserve * (1 - p / 100):.3g} kWh,"
            ),
            change=change,
            sizes=PER_CENT,
            unit="%",
        )


class AllReserves(Kind):
    """All drivers lower their reserves; what is asked of the fleet as a whole is lowered alike."""

    name, noun = "reserves", "all reserves lowered"

    def candidates(self, plight: Plight) -> Iterable[Candidate]:
        """One, where any vehicle has a reserve."""
        rows = records(plight.case, "vehicles")
        fleet = [number(row, "energy_kwh") for row in records(plight.case, "fleet_minimum")]
        if any(reserve_kwh(row) > 0 for row in rows) or any(fleet) or len(plight.case.table("needs")):
            yield Candidate(
                where="all vehicles",
                words=lambda p: f"Lowering the reserves of all vehicles by {p:g} %",
                change=self._lowered,
                sizes=PER_CENT,
                unit="%",
            )

    @staticmethod
    def _lowered(tables: Tables, per_cent: float) -> Tables:
        factor = 1.0 - per_cent / 100.0
        tables = tables.scaled("vehicles", factor, *COLUMNS).scaled("fleet_minimum", factor, "energy_kwh")
        shared = [not vehicle for vehicle in tables.frame("needs").get("vehicle", ())]
        return tables.scaled("needs", factor, "energy_kwh", "km", rows=shared) if shared else tables
