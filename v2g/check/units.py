"""Numbers of a size that only another unit explains: W for kW, V for kV, MW for kW."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

import numpy as np

from v2g.case import Case
from v2g.check.rows import at, filled, numbers
from v2g.errors import Finding


class Suspect(NamedTuple):
    """A column, and the size from which on (or, for a warning below it, up to which) it is in doubt."""

    column: str
    limit: float
    unit: str
    meant: str
    tables: tuple[str, ...] = ()


TOO_LARGE = (
    Suspect("charge_kw", 500.0, "kW", "W", ("vehicles", "chargers")),
    Suspect("discharge_kw", 500.0, "kW", "W", ("vehicles", "chargers")),
    Suspect("v2h_kw", 500.0, "kW", "W", ("vehicles",)),
    Suspect("socket_kw", 100.0, "kW", "W", ("vehicles",)),
    Suspect("v2l_kw", 500.0, "kW", "W", ("vehicles",)),
    Suspect("standby_kw", 5.0, "kW", "W", ("chargers",)),
    Suspect("appliance_kw", 1000.0, "kW", "W", ("loads",)),
    Suspect("capacity_kwh", 2000.0, "kWh", "Wh", ("vehicles",)),
    Suspect("energy_kwh", 2000.0, "kWh", "Wh", ("trips",)),
    Suspect("kw", 100_000.0, "kW", "W"),
    Suspect("kvar", 100_000.0, "kvar", "var"),
    Suspect("rating_kw", 100_000.0, "kW", "W"),
    Suspect("charge_kw", 100_000.0, "kW", "W"),
    Suspect("discharge_kw", 100_000.0, "kW", "W"),
    Suspect("capacity_kwh", 1_000_000.0, "kWh", "Wh"),
    Suspect("kv_ln_kv", 500.0, "kV", "V", ("buses",)),
)
"""The first that fits a column speaks; no tables named: all."""

TOO_SMALL = (
    Suspect("charge_kw", 0.2, "kW", "MW", ("vehicles", "chargers")),
    Suspect("capacity_kwh", 0.5, "kWh", "MWh", ("vehicles",)),
)
"""Above 0 and below the limit: odd enough to be said, not to be refused."""

MOST_KWH_PER_KM = 5.0
"""More than the heaviest vehicles use."""

HIGH_VOLTAGE = Suspect("kv_ln_kv", 100.0, "kV", "V", ("buses",))


def large_numbers(case: Case) -> Iterable[Finding]:
    """Numbers a thousand times too large."""
    seen: set[tuple[str, str]] = set()
    tables = filled(case)
    for suspect in TOO_LARGE:
        for table in suspect.tables or tables:
            if (table, suspect.column) not in seen:
                seen.add((table, suspect.column))
                odd = np.abs(numbers(case, table, suspect.column)) > suspect.limit
                yield from _doubts(case, table, suspect, odd, "divide by 1000", "error")


def small_numbers(case: Case) -> Iterable[Finding]:
    """Numbers a thousand times too small, and voltages that are likelier V than kV."""
    for suspect in TOO_SMALL:
        for table in suspect.tables:
            values = numbers(case, table, suspect.column)
            odd = (values > 0.0) & (values < suspect.limit)
            yield from _doubts(case, table, suspect, odd, "multiply by 1000", "warning")
    volts = numbers(case, "buses", HIGH_VOLTAGE.column)
    odd = (volts > HIGH_VOLTAGE.limit) & (volts <= 500.0)
    yield from _doubts(case, "buses", HIGH_VOLTAGE, odd, "if so, divide by 1000", "warning")


def consumption(case: Case) -> Iterable[Finding]:
    """Consumption for 100 km in the column for one."""
    values = numbers(case, "vehicles", "kwh_per_km")
    for row in np.flatnonzero(values > MOST_KWH_PER_KM).tolist():
        found = f"{values[row]:g}"
        message = f"{found} kWh per km looks like kWh per 100 km; divide by 100."
        yield at(case, ("vehicles", row, "kwh_per_km"), "looks-like-per-100-km", message, found=found)


def _doubts(
    case: Case, table: str, suspect: Suspect, odd: np.ndarray, remedy: str, severity: Literal["error", "warning"]
) -> Iterable[Finding]:
    code = f"looks-like-{suspect.meant.lower()}"
    for row in np.flatnonzero(odd).tolist():
        value = f"{numbers(case, table, suspect.column)[row]:g}"
        message = f"{value} {suspect.unit} looks like {suspect.meant}, not {suspect.unit}; {remedy}."
        yield at(case, (table, row, suspect.column), code, message, found=value, severity=severity)
