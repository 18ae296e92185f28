"""One more vehicle, at a plug that is free or parked where it can be of use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from v2g.remedies.fleet import Row, VehicleClass, Window, catalogue, classes, fits, free_windows
from v2g.remedies.kind import Candidate, Kind, Plight, clock, number, records, text
from v2g.remedies.tables import Tables, unused


@dataclass(frozen=True)
class Place:
    """A charger or a site, and when a vehicle may stand there."""

    name: str
    column: str
    windows: tuple[Window, ...]
    far: int


class OneMoreVehicle(Kind):
    """One more vehicle of a class of the case."""

    name, noun = "vehicle", "one more vehicle like one of the case, at a free plug"

    def candidates(self, plight: Plight) -> Iterable[Candidate]:
        """At chargers and sites near the load first; of several that are alike one."""
        return _all(plight, classes(plight.case))


class CatalogueVehicle(Kind):
    """One vehicle of the catalogue, unlike those of the case."""

    name, noun = "catalogue vehicle", "one more vehicle of the catalogue, at a free plug"

    def candidates(self, plight: Plight) -> Iterable[Candidate]:
        """At chargers and sites near the load first."""
        known = {text(row, "model") for row in records(plight.case, "vehicles")}
        others = [one for one in catalogue() if text(one.row, "model") not in known]
        return _all(plight, others)


def _all(plight: Plight, kinds: list[VehicleClass]) -> Iterator[Candidate]:
    posts = {text(row, "charger"): row for row in records(plight.case, "chargers")}
    seen: set[object] = set()
    for place in places(plight):
        post = posts.get(place.name) if place.column == "charger" else None
        fit = [kind for kind in kinds if useful(plight, kind.row, post)]
        alike = (place.column, place.windows, post and tuple((k, str(v)) for k, v in post.items() if k != "charger"))
        if fit and alike not in seen:
            seen.add(alike)
            yield brought(plight, fit, place)


def places(plight: Plight) -> list[Place]:
    """Chargers with a free plug, and the load's own site, the nearest first."""
    found = []
    if plight.site and plight.row.get("by_v2l", False):
        whole = (plight.case.boundaries[0], plight.case.boundaries[-1])
        found.append(Place(plight.site, "site", (whole,), 0))
    for row in records(plight.case, "chargers"):
        windows = tuple(free_windows(plight.case, row))
        if windows:
            found.append(
                Place(text(row, "charger"), "charger", windows, plight.far(text(row, "bus"), text(row, "site")))
            )
    return sorted(found, key=lambda place: (place.far, place.windows[0][0], place.name))


def useful(plight: Plight, vehicle: Row, charger: Row | None) -> bool:
    """Whether such a vehicle could give anything there."""
    own_site = plight.row.get("by_v2l", False) and number(vehicle, "socket_kw") > 0
    own_site = own_site and number(plight.row, "appliance_kw") <= number(vehicle, "socket_kw")
    if charger is None:
        return bool(own_site)
    if not fits(vehicle, charger):
        return False
    premises = text(charger, "feeds") == "premises"
    way = number(vehicle, "v2h_kw" if premises else "discharge_kw")
    return way > 0 and number(charger, "discharge_kw") > 0 and (not premises or text(charger, "site") == plight.site)


def brought(plight: Plight, kinds: list[VehicleClass], place: Place, charger: Row | None = None) -> Candidate:
    """One more vehicle at a place; the sizes number the classes that fit, the one with the least energy first.

    With a ``charger``, a plug is put up there for it.
    """
    start, end = place.windows[0][0], place.windows[-1][1]
    whole = place.windows == ((plight.case.boundaries[0], plight.case.boundaries[-1]),)
    times = "" if whole else f" from {clock(start, plight)} until {clock(end, plight)}"
    more = " when a plug is free" if len(place.windows) > 1 else ""

    def words(size: float) -> str:
        kind = kinds[int(size)]
        plug = "" if charger is None else ", and one plug more there for it,"
        return f"One more {kind.name} ({kind.on_board}) at {place.name}{times}{more}{plug}"

    def change(tables: Tables, size: float) -> Tables:
        return with_vehicle(tables if charger is None else with_plug(tables, charger), kinds[int(size)], place)

    return Candidate(place.name, words, change, range(len(kinds)))


def with_plug(tables: Tables, charger: Row) -> Tables:
    """The tables with one plug more at a charger."""
    plugs = int(number(charger, "plugs", 1.0)) + 1
    return tables.with_cells("chargers", "charger", text(charger, "charger"), plugs=plugs)


def with_vehicle(tables: Tables, kind: VehicleClass, place: Place) -> Tables:
    """The tables with one more vehicle, and its stays."""
    taken = tables.frame("vehicles").get("vehicle", ())
    name = unused("one_more", list(taken))
    tables = tables.with_row("vehicles", vehicle=name, **{str(k): v for k, v in kind.row.items()})
    for start, end in place.windows:
        cells: dict[str, object] = {place.column: place.name, "from_utc": start, "until_utc": end}
        tables = tables.with_row("stays", vehicle=name, **cells)
    return tables
