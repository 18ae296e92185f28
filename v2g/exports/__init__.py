"""Cases and plans in the formats of other tools."""

from __future__ import annotations

from v2g.exports.csv import Tables
from v2g.exports.exporter import Exporter
from v2g.exports.geojson import GeoJson
from v2g.exports.opendss import OpenDss

EXPORTS: dict[str, Exporter] = {exporter.name: exporter for exporter in (OpenDss(), GeoJson(), Tables())}
"""Exporters by the name of their format."""
