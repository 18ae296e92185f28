"""Cases and plans in the formats of other tools."""

from __future__ import annotations

from v2g.exports.csv import Tables
from v2g.exports.exporter import Exporter
from v2g.exports.geojson import GeoJson
from v2g.exports.ocpp import Ocpp
from v2g.exports.openadr import OpenAdr
from v2g.exports.opendss import OpenDss
from v2g.exports.orders import OrdersForPeople
from v2g.exports.pandapower import Pandapower
from v2g.exports.parquet import Parquet
from v2g.exports.pypsa import Pypsa
from v2g.exports.sitrep import SituationReport
from v2g.exports.xlsx import Xlsx

ALL: tuple[Exporter, ...] = (
    OpenDss(),
    GeoJson(),
    Tables(),
    Pandapower(),
    Pypsa(),
    Xlsx(),
    Parquet(),
    Ocpp(),
    OpenAdr(),
    OrdersForPeople(),
    SituationReport(),
)
EXPORTS: dict[str, Exporter] = {exporter.name: exporter for exporter in ALL}
"""Exporters by the name of their format."""
