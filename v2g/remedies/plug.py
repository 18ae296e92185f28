"""One plug more at a charger, with the vehicle that would use it."""

from __future__ import annotations

from collections.abc import Iterable

from v2g.remedies.fleet import Row, classes, fits, gives, idle_windows
from v2g.remedies.kind import Candidate, Kind, Plight, number, records, text
from v2g.remedies.tables import Tables
from v2g.remedies.vehicle import Place, brought, useful, with_plug


def _chargers(plight: Plight) -> list[Row]:
    """Chargers that can give, the nearest first."""
    rows = [row for row in records(plight.case, "chargers") if number(row, "discharge_kw") > 0]
    return sorted(rows, key=lambda row: plight.far(text(row, "bus"), text(row, "site")))


class NewPlug(Kind):
    """For a vehicle of the case that stands idle, or at a charger that only charges."""

    name, noun = "plug", "one plug more for a vehicle that stands idle or only charges"

    def candidates(self, plight: Plight) -> Iterable[Candidate]:
        """The vehicles with most energy first."""
        vehicles = sorted(filter(gives, records(plight.case, "vehicles")), key=lambda row: -number(row, "start_kwh"))
        for charger in _chargers(plight):
            for row in vehicles:
                if useful(plight, row, charger) and fits(row, charger):
                    yield from self._for(plight, charger, text(row, "vehicle"))

    def _for(self, plight: Plight, charger: Row, vehicle: str) -> Iterable[Candidate]:
        name = text(charger, "charger")
        one_way = {text(r, "charger") for r in records(plight.case, "chargers") if not number(r, "discharge_kw")}
        idle = idle_windows(plight.case, vehicle)
        moves = any(s["vehicle"] == vehicle and text(s, "charger") in one_way for s in records(plight.case, "stays"))
        if not idle and not moves:
            return

        def change(tables: Tables, _: float) -> Tables:
            tables = with_plug(tables, charger)
            stays = tables.frame("stays").copy()
            if len(stays) and moves:
                mine = (stays["vehicle"] == vehicle) & stays["charger"].isin(one_way)
                stays.loc[mine, "charger"] = name
                tables = tables.with_frame("stays", stays)
            for start, end in idle:
                tables = tables.with_row("stays", vehicle=vehicle, charger=name, from_utc=start, until_utc=end)
            return tables

        why = "which only charges where it stands" if moves else "which stands idle"
        yield Candidate(
            where=f"{name} for {vehicle}",
            words=lambda _: f"One plug more at {name} for {vehicle} ({why})",
            change=change,
        )


class PlugAndVehicle(Kind):
    """For one more vehicle of a class of the case, from start to end."""

    name, noun = "plug and vehicle", "one plug more, and one more vehicle like one of the case"

    def candidates(self, plight: Plight) -> Iterable[Candidate]:
        """At the nearest chargers first; of several that are alike one."""
        whole = ((plight.case.boundaries[0], plight.case.boundaries[-1]),)
        seen: set[object] = set()
        for charger in _chargers(plight):
            fit = [kind for kind in classes(plight.case) if useful(plight, kind.row, charger)]
            alike = tuple((k, str(v)) for k, v in charger.items() if k != "charger")
            if fit and alike not in seen:
                seen.add(alike)
                yield brought(plight, fit, Place(text(charger, "charger"), "charger", whole, 0), charger)
