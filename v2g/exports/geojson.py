"""Maps: the feeder, and what a plan makes of it, as one GeoJSON file (RFC 7946)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from v2g.errors import UsageError
from v2g.exports.exporter import Asked, Exported
from v2g.exports.results import results
from v2g.replay.columns import numbers, texts

Point = tuple[float, float]
BRANCHES = {"lines": "line", "transformers": "transformer"}
DEVICES = {
    "capacitors": "capacitor", "loads": "load", "chargers": "charger", "sites": "site", "generators": "generator",
    "batteries": "battery", "solar": "solar", "grid": "grid",
}  # fmt: skip


class GeoJson:
    """One FeatureCollection: buses and devices as points, lines and transformers as lines."""

    name = "geojson"
    title = "GeoJSON map"

    def export(self, asked: Asked) -> Exported:
        """Coordinates are lon, lat where the case says so, else those of a drawing.

        The file says which in ``coordinate_system``: RFC 7946, 7.1, keeps ``coordinates`` for geometries.
        """
        lonlat = asked.case.header.get("coordinates") == "lonlat"
        where, placed = positions(asked)
        if lonlat:
            _check_degrees(where)
        features = list(_Map(asked, where, placed).features())
        shown = [feature for feature in features if feature["geometry"] is not None]
        missing = Counter(feature["properties"]["kind"] for feature in features if feature["geometry"] is None)
        collection = {
            "type": "FeatureCollection",
            "title": asked.case.title or asked.case.name,
            **asked.origin,
            "coordinate_system": "lonlat" if lonlat else "drawing",
            "left_out": dict(missing),
            "placed_by_neighbours": len(placed),
            "features": shown,
        }
        text = json.dumps(collection, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        return Exported(
            {"feeder.geojson": text.encode()},
            tuple(_warnings(asked.place, lonlat, missing.total(), len(placed))),
            "feeder.geojson",
        )


def _warnings(place: bool, lonlat: bool, missing: int, placed: int) -> Iterator[str]:
    if not lonlat:
        yield (
            "x and y of the case are those of a drawing, not degrees, and a map puts it anywhere (the file says "
            '"coordinate_system": "drawing"); if they are degrees, write coordinates = "lonlat" in case.toml'
        )
    if missing:
        how = "no neighbour of theirs has any" if place else "--place puts them at the mean of their neighbours"
        yield f"{missing} elements without coordinates are left out; {how}"
    if placed:
        yield f"{placed} buses without coordinates stand at the mean of their neighbours"


def positions(asked: Asked) -> tuple[dict[str, Point], frozenset[str]]:
    """Where each bus is, and those that are there only by the mean of their neighbours."""
    table = asked.case.table("buses")
    x, y = numbers(table, "x"), numbers(table, "y")
    where = {
        name: (float(x[row]), float(y[row]))
        for row, name in enumerate(texts(table, "bus"))
        if np.isfinite(x[row]) and np.isfinite(y[row])
    }
    known = frozenset(where)
    if asked.place:
        _place(asked, where)
    return where, frozenset(where) - known


def _place(asked: Asked, where: dict[str, Point]) -> None:
    """Rank by rank outwards from buses that have a place; those that nothing joins to one stay without."""
    beside: dict[str, list[str]] = {}
    for table in BRANCHES:
        frame = asked.case.table(table)
        for one, other in zip(texts(frame, "from_bus"), texts(frame, "to_bus"), strict=True):
            beside.setdefault(one, []).append(other)
            beside.setdefault(other, []).append(one)
    while True:
        found = {
            bus: (float(np.mean([p[0] for p in near])), float(np.mean([p[1] for p in near])))
            for bus in beside
            if bus not in where and (near := [where[other] for other in beside[bus] if other in where])
        }
        if not found:
            return
        where |= found


def _check_degrees(where: Mapping[str, Point]) -> None:
    for bus, (longitude, latitude) in where.items():
        if abs(longitude) > 180.0 or abs(latitude) > 90.0:
            raise UsageError(
                f"bus {bus} at x {longitude:g}, y {latitude:g} is not at degrees of longitude and latitude, which "
                'case.toml says (coordinates = "lonlat"): correct buses.csv, or take the key out.'
            )


class _Map:
    """Features of a case, in the order of its tables; the geometry is None where a place is not known."""

    def __init__(self, asked: Asked, where: Mapping[str, Point], placed: frozenset[str]) -> None:
        self.case, self.where, self.placed = asked.case, where, placed
        self.results = results(asked.record)

    def features(self) -> Iterator[dict[str, Any]]:
        yield from self._of("buses", "bus")
        for table, key in BRANCHES.items():
            yield from self._of(table, key)
        for table, key in DEVICES.items():
            yield from self._of(table, key)

    def _of(self, table: str, key: str) -> Iterator[dict[str, Any]]:
        frame = self.case.table(table)
        figures = self.results.get(table, {})
        for record in frame.to_dict("records"):
            row = {str(column): value for column, value in record.items()}
            if key != "bus" and not row.get("bus", row.get("from_bus")):
                continue
            name = str(row[key])
            properties = {"kind": key, "name": name, **_properties(row, key), **figures.get(name, {})}
            if key == "bus" and name in self.placed:
                properties["placed_by_neighbours"] = True
            yield {"type": "Feature", "id": f"{key}:{name}", "geometry": self._geometry(row), "properties": properties}

    def _geometry(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        if "from_bus" in row:
            ends = [self.where.get(str(row[end])) for end in ("from_bus", "to_bus")]
            return None if None in ends else {"type": "LineString", "coordinates": [list(end) for end in ends if end]}
        place = self.where.get(str(row["bus"]))
        return None if place is None else {"type": "Point", "coordinates": list(place)}


def _properties(row: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Filled cells of a row by the names of their columns; its name and place stand elsewhere."""
    hidden = {key, "x", "y"}
    plain = {column: _plain(value) for column, value in row.items() if column not in hidden}
    return {column: value for column, value in plain.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value or None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if value is None or pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    number = float(value)
    return (int(number) if number.is_integer() else number) if np.isfinite(number) else None
