"""A vehicle of the case that stands idle, brought to a plug or place that is free."""

from __future__ import annotations

from collections.abc import Iterable

from v2g.remedies.fleet import Window, gives, idle_windows
from v2g.remedies.kind import Candidate, Kind, Plight, clock, number, records, text
from v2g.remedies.tables import Tables
from v2g.remedies.vehicle import Place, places, useful


class IdleVehicle(Kind):
    """A vehicle that is neither plugged in, nor parked at a site, nor on a trip for some time."""

    name, noun = "idle vehicle", "a vehicle that stands idle, at a free plug"

    def candidates(self, plight: Plight) -> Iterable[Candidate]:
        """At the nearest places first; at a place, the vehicle with most energy first."""
        posts = {text(row, "charger"): row for row in records(plight.case, "chargers")}
        vehicles = sorted(filter(gives, records(plight.case, "vehicles")), key=lambda row: -number(row, "start_kwh"))
        idle = {text(row, "vehicle"): idle_windows(plight.case, text(row, "vehicle")) for row in vehicles}
        for place in places(plight):
            post = posts.get(place.name) if place.column == "charger" else None
            for row in vehicles:
                windows = _shared(idle[text(row, "vehicle")], place.windows)
                if windows and useful(plight, row, post):
                    yield self._brought(plight, text(row, "vehicle"), place, windows)

    @staticmethod
    def _brought(plight: Plight, vehicle: str, place: Place, windows: list[Window]) -> Candidate:
        def change(tables: Tables, _: float) -> Tables:
            for start, end in windows:
                cells: dict[str, object] = {place.column: place.name, "from_utc": start, "until_utc": end}
                tables = tables.with_row("stays", vehicle=vehicle, **cells)
            return tables

        times = f"from {clock(windows[0][0], plight)} until {clock(windows[-1][1], plight)}"
        return Candidate(
            where=f"{vehicle} at {place.name}",
            words=lambda _: f"Bringing {vehicle}, which stands idle, to {place.name} {times}",
            change=change,
        )


def _shared(some: Iterable[Window], others: Iterable[Window]) -> list[Window]:
    """Times that lie in a window of both."""
    both = [(max(a, c), min(b, d)) for a, b in some for c, d in others]
    return sorted((start, end) for start, end in both if start < end)
