"""Declarations of the tables that parts of the model own, as far as checking needs them, and a small valid case."""

from __future__ import annotations

from collections.abc import Mapping

from v2g.case import Case
from v2g.check import check
from v2g.errors import Finding
from v2g.formats.draft import Draft
from v2g.formats.folder import parse_table
from v2g.schema import Column, TableSpec, merge, place_columns
from v2g.tables import SUPPORT

POWER = {"required": True, "unit": "kW", "at_least": 0.0}
ENERGY = {"required": True, "unit": "kWh"}
PROFILE = Column("profile", "ref", refers_to="profiles")
WINDOW = (Column("from_utc", "time"), Column("until_utc", "time"))
EFFICIENCIES = tuple(Column(n, required=True, above=0.0, at_most=1.0) for n in ("charge_eff", "discharge_eff"))
VOLTAGE = Column("voltage_pu", default=1.0, unit="p.u.", above=0.0)
KVA = Column("rating_kva", unit="kVA", above=0.0)
FORMING = Column("forming", "flag", default=False)
STORE = (
    Column("capacity_kwh", above=0.0, **ENERGY),
    Column("start_kwh", at_least=0.0, at_most_column="capacity_kwh", **ENERGY),
    Column("reserve_kwh", default=0.0, unit="kWh", at_least=0.0, at_most_column="capacity_kwh"),
)

LOADS = TableSpec(
    "loads",
    (
        Column("load", "id", required=True),
        *place_columns(delta=True, site=True),
        Column("tier", required=True, at_least=0.0),
        Column("service", "choice", choices=("continuous", "hours", "energy", "flexible")),
        Column("kw", **POWER),
        Column("kvar", default=0.0, unit="kvar"),
        PROFILE,
        *WINDOW,
        Column("people", above=0.0),
        Column("kind", "text", default=""),
        Column("by_v2h", "flag", default=True),
        Column("by_v2l", "flag", default=False),
        Column("appliance_kw", unit="kW", above=0.0),
        Column("hours_per_day", unit="h", at_least=0.0),
        Column("min_run_h", default=0.0, unit="h", at_least=0.0),
        Column("kwh_per_day", unit="kWh", at_least=0.0),
        Column("hold", "choice", default="", choices=("", "priced", "hard")),
        Column("pickup_factor", default=1.0, at_least=1.0),
        Column("pickup_h", default=1.0, unit="h", at_least=0.0),
    ),
    key="load",
)
VEHICLES = TableSpec(
    "vehicles",
    (
        Column("vehicle", "id", required=True),
        Column("model", "text", default=""),
        STORE[0],
        Column("start_kwh", unit="kWh", at_least=0.0, at_most_column="capacity_kwh"),
        STORE[2],
        Column("charge_kw", **POWER),
        Column("discharge_kw", default=0.0, unit="kW", at_least=0.0),
        Column("start_soc", at_least=0.0, at_most=1.0),
        Column("v2h_kw", default=0.0, unit="kW", at_least=0.0),
        Column("sockets", default=1.0, at_least=0.0),
        Column("socket_kw", default=0.0, unit="kW", at_least=0.0),
        Column("v2l_kw", unit="kW", at_least=0.0),
        Column("v2l_eff", default=0.9, above=0.0, at_most=1.0),
        Column("give_kw", unit="kW", at_least=0.0),
        Column("reserve_km", default=0.0, unit="km", at_least=0.0),
        Column("kwh_per_km", above=0.0),
        Column("connectors", "text", default=""),
        Column("site", "ref", default="", refers_to="sites"),
        Column("charger", "ref", default="", refers_to="chargers"),
    ),
    key="vehicle",
)
BATTERIES = TableSpec(
    "batteries",
    (
        Column("battery", "id", required=True),
        *place_columns(),
        *STORE,
        Column("charge_kw", **POWER),
        Column("discharge_kw", **POWER),
        KVA,
        *EFFICIENCIES,
        FORMING,
        VOLTAGE,
    ),
    key="battery",
)
SOLAR = TableSpec(
    "solar",
    (
        Column("solar", "id", required=True),
        *place_columns(),
        Column("rating_kw", **POWER),
        Column("profile", "ref", required=True, refers_to="profiles"),
    ),
    key="solar",
)
GENERATORS = TableSpec(
    "generators",
    (
        Column("generator", "id", required=True),
        *place_columns(),
        Column("rating_kw", **POWER),
        KVA,
        Column("fuel_l", default=0.0, unit="L", at_least=0.0),
        Column("tank", "ref", default="", refers_to="tanks"),
        Column("fuel_l_per_kwh", required=True, unit="L/kWh", at_least=0.0),
        FORMING,
        VOLTAGE,
        *WINDOW,
    ),
    key="generator",
)
CONNECTIONS = TableSpec(
    "sites",
    (
        Column("import_kw", unit="kW", at_least=0.0, help="most a site takes"),
        Column("export_kw", unit="kW", at_least=0.0, help="most a site gives"),
    ),
)

GRID = TableSpec(
    "grid",
    (
        Column("grid", "id", required=True),
        *place_columns(),
        *WINDOW,
        Column("rating_kw", unit="kW", at_least=0.0),
        KVA,
        VOLTAGE,
    ),
    key="grid",
)

TABLES = (*SUPPORT, LOADS, VEHICLES, BATTERIES, SOLAR, GENERATORS, CONNECTIONS, GRID)
SPECS = merge(TABLES)

HEADER = {"format": 1, "name": "two-bus", "start_utc": "2026-01-15T18:00:00+00:00", "step_min": 30, "steps": 4}
EVENING = {
    "buses": "bus,phases,kv_ln_kv\nb1,abc,2.4\nb2,abc,2.4\n",
    "lines": "line,from_bus,to_bus,phases\nl1,b1,b2,abc\n",
    "loads": "load,bus,tier,kw,kvar\nclinic,b2,1,10,3\nshops,b2,0,20,5\n",
    "vehicles": "vehicle,capacity_kwh,start_kwh,reserve_kwh,charge_kw,discharge_kw\nev1,40,30,5,7,7\nev2,40,20,5,7,0\n",
    "chargers": "charger,bus,charge_kw,discharge_kw,charge_eff,discharge_eff\n"
    "c1,b2,7,7,0.95,0.95\nc2,b2,7,0,0.95,0.95\n",
    "stays": "vehicle,charger,from_utc,until_utc\n"
    "ev1,c1,2026-01-15T18:00:00+00:00,2026-01-15T19:00:00+00:00\n"
    "ev2,c2,2026-01-15T18:00:00+00:00,2026-01-15T20:00:00+00:00\n",
    "trips": "vehicle,depart_utc,return_utc,energy_kwh\nev1,2026-01-15T19:00:00+00:00,2026-01-15T20:00:00+00:00,6\n",
    "batteries": "battery,bus,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,forming\n"
    "store,b1,100,50,25,25,0.95,0.95,1\n",
}
"""A valid case of two buses and four half hours, as text; tests break one thing of it at a time."""


def draft_of(header: Mapping[str, object] | None = None, **tables: str | None) -> Draft:
    """The evening with header keys (None = left out) and tables (None = left out) replaced."""
    keys = {key: value for key, value in {**HEADER, **(header or {})}.items() if value is not None}
    frames = {}
    for name, text in {**EVENING, **tables}.items():
        if text is not None:
            frame, faults = parse_table(f"{name}.csv", text.encode())
            assert frame is not None and not faults, faults
            frames[name] = frame
    return Draft.of(keys, frames)


def findings_of(header: Mapping[str, object] | None = None, **tables: str | None) -> tuple[Finding, ...]:
    """Everything that is wrong with the evening so changed."""
    case, findings = check(draft_of(header, **tables), SPECS)
    assert (case is None) == any(f.severity == "error" for f in findings)
    return findings


def case_of(header: Mapping[str, object] | None = None, **tables: str | None) -> Case:
    """The case of the evening so changed, which must be free of findings."""
    case, findings = check(draft_of(header, **tables), SPECS)
    assert case is not None and not findings, [str(f) for f in findings]
    return case


def only(findings: tuple[Finding, ...]) -> Finding:
    """The one finding there is."""
    assert len(findings) == 1, [str(f) for f in findings]
    return findings[0]


def place(finding: Finding) -> tuple[str, str, int | None, str | None, str]:
    """What a test compares: code, file, row, column and severity."""
    return finding.code, finding.file, finding.row, finding.column, finding.severity
