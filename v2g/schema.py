"""What a column and a table of a case may hold: declarations that reading, checking and documenting share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "ref", "text", "number", "flag", "time", "choice", "phases"]

UNIT_SUFFIX = {
    "1": "", "kW": "_kw", "kvar": "_kvar", "kVA": "_kva", "kWh": "_kwh", "h": "_h", "L": "_l",
    "L/kWh": "_l_per_kwh", "L/h": "_l_per_h", "ohm": "_ohm", "kV": "_kv", "p.u.": "_pu", "km": "_km",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column of a table.

    ``default`` fills blank cells and missing columns; a column with ``required`` has none. A number
    without a default and not required stays NaN: *unknown*, which never binds. ``at_most_column``
    names a column of the same row that this one may not exceed; ``refers_to`` the table (or tables,
    joined by ``|``) in which a reference must be found.
    """

    name: str
    kind: Kind = "number"
    required: bool = False
    default: object = None
    unit: str = "1"
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    at_most_column: str | None = None
    choices: tuple[str, ...] = ()
    refers_to: str | None = None
    help: str = ""


@dataclass(frozen=True)
class TableSpec:
    """One table of a case: ``<name>.csv`` in the case folder. ``key`` is its column of unique names."""

    name: str
    columns: tuple[Column, ...]
    key: str | None = None
    required: bool = False
    help: str = ""

    def column(self, name: str) -> Column | None:
        """The declaration of a column, or None."""
        return next((c for c in self.columns if c.name == name), None)


def column_name(name: str, unit: str) -> str:
    """Name of a column with its unit: ``capacity`` in kWh is ``capacity_kwh``.

    >>> column_name("capacity", "kWh"), column_name("charge_eff", "1")
    ('capacity_kwh', 'charge_eff')
    """
    return name + UNIT_SUFFIX[unit]


def place_columns(*, delta: bool = False, site: bool = False) -> tuple[Column, ...]:
    """Where a device stands: its bus, its phases, and (``delta``) how it is connected to them.

    With ``site`` it may name a site in place of its bus.
    """
    connection = Column(
        "connection", "choice", default="wye", choices=("wye", "delta"), help="wye (to neutral) or delta"
    )
    return (*_place(site), *((connection,) if delta else ()))


def _place(site: bool) -> tuple[Column, ...]:
    phases = Column("phases", "phases", default="abc", help="phases it is connected to, such as abc, ac or b")
    bus = "bus at which it is connected"
    if not site:
        return Column("bus", "ref", required=True, refers_to="buses", help=bus), phases
    return (
        Column("bus", "ref", default="", refers_to="buses", help=f"{bus}; blank = that of its site"),
        phases,
        Column("site", "ref", default="", refers_to="sites", help="site it belongs to"),
    )


def merge(specs: Iterable[TableSpec]) -> dict[str, TableSpec]:
    """Tables by name; a table declared twice gets the union of its columns, the first declaration first."""
    tables: dict[str, TableSpec] = {}
    for spec in specs:
        known = tables.get(spec.name)
        if known is None:
            tables[spec.name] = spec
            continue
        names = {c.name for c in known.columns}
        more = tuple(c for c in spec.columns if c.name not in names)
        tables[spec.name] = TableSpec(
            spec.name,
            known.columns + more,
            known.key or spec.key,
            known.required or spec.required,
            known.help or spec.help,
        )
    return tables
