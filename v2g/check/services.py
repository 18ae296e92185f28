"""What critical loads ask for: services that are whole, that can be had, and columns that mean something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from v2g.case import Case
from v2g.check.rows import at, rows
from v2g.errors import Finding

DAY = pd.Timedelta("24h")
DAY_H = 24.0
NEARLY = 1e-6
AMOUNT = {"hours": "hours_per_day", "energy": "kwh_per_day"}
"""The column without which a service says nothing."""

USED_BY = {"hours_per_day": "hours", "min_run_h": "hours", "kwh_per_day": "energy"}
"""Columns and the service that they belong to."""


class Daily(NamedTuple):
    """A load that needs so much each day; ``start`` and ``end`` are those of its window inside the case."""

    row: int
    load: str
    service: str
    amount: float
    start: pd.Timestamp
    end: pd.Timestamp

    def days(self) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
        """Pieces of 24 h of the window; the last may be shorter."""
        count = int(np.ceil((self.end - self.start) / DAY))
        return [(self.start + k * DAY, min(self.end, self.start + (k + 1) * DAY)) for k in range(count)]


def _daily(case: Case) -> Iterator[Daily]:
    """Loads with service hours or energy, whose amount is given and whose window meets the case."""
    loads = rows(case, "loads", "load", "service", "from_utc", "until_utc", *AMOUNT.values())
    first, last = case.boundaries[0], case.boundaries[-1]
    columns = (loads[name] for name in ("load", "service", "from_utc", "until_utc"))
    for row, (load, service, start, end) in enumerate(zip(*columns, strict=True)):
        amount = float(loads[AMOUNT[service]].iloc[row]) if service in AMOUNT else np.nan
        begins = first if start is pd.NaT else max(first, start)
        ends = last if end is pd.NaT else min(last, end)
        if amount > 0.0 and begins < ends:
            yield Daily(row, load, service, amount, begins, ends)


def services_are_whole(case: Case) -> Iterable[Finding]:
    """A service of hours says how many, one of energy how much, and no day has more than 24 hours."""
    loads = rows(case, "loads", "load", "service", *AMOUNT.values())
    for row, (load, service) in enumerate(zip(loads["load"], loads["service"], strict=True)):
        column = AMOUNT.get(service)
        if column and np.isnan(loads[column].iloc[row]):
            what = "how many hours a day it must run" if service == "hours" else "how much energy a day it must get"
            message = f"{load} has service {service} and does not say {what}."
            yield at(case, ("loads", row, column), "service-without-need", message, f"Write {column}.")
    for row in np.flatnonzero((loads["hours_per_day"] > DAY_H).to_numpy(bool)).tolist():
        message, found = "A day has 24 hours.", f"{loads['hours_per_day'].iloc[row]:g}"
        place = ("loads", row, "hours_per_day")
        yield at(case, place, "hours-beyond-day", message, "Ask for less.", found=found, allowed="at most 24 h")


def services_are_used(case: Case) -> Iterable[Finding]:
    """Columns of a service that the load does not have."""
    loads = rows(case, "loads", "load", "service", *USED_BY)
    for column, service in USED_BY.items():
        idle = (loads["service"] != service) & (loads[column] > 0.0)
        for row in np.flatnonzero(idle.to_numpy(bool)).tolist():
            message = f"{column} counts only with service {service}; {loads['load'].iloc[row]} has another one."
            remedy, found = (
                f"Write service = {service} and a tier, or leave the cell blank.",
                f"{loads[column].iloc[row]:g}",
            )
            yield at(case, ("loads", row, column), "column-not-used", message, remedy, found=found, severity="warning")


def runs_fit(case: Case) -> Iterable[Finding]:
    """A run fits the window; one longer than the need of a day makes the load run longer than it must."""
    runs = rows(case, "loads", "min_run_h")["min_run_h"].to_list()
    for daily in _daily(case):
        if daily.service != "hours":
            continue
        run, window = runs[daily.row], (daily.end - daily.start) / pd.Timedelta("1h")
        place, found = ("loads", daily.row, "min_run_h"), f"{run:g}"
        if run > window + NEARLY:
            message, most = f"{daily.load} could never run: its window is shorter than a run.", f"at most {window:g} h"
            yield at(case, place, "run-beyond-window", message, "Shorten the run.", found=found, allowed=most)
        elif run > daily.amount + NEARLY:
            message = f"A run of {daily.load} is longer than it must run in a day, {daily.amount:g} h."
            remedy = "It will run longer than it must; lower min_run_h if that is not meant."
            yield at(case, place, "run-beyond-need", message, remedy, found=found, severity="warning")


def needs_can_be_had(case: Case) -> Iterable[Finding]:
    """A load cannot get more in a day than it asks for then: hours in which it asks, or energy by its power.

    An interval belongs to the day in which it begins.
    """
    loads = rows(case, "loads", "kw", "profile")
    for daily in _daily(case):
        column, by_hours = AMOUNT[daily.service], daily.service == "hours"
        unit, verb = ("h", "run") if by_hours else ("kWh", "draw")
        demand = float(loads["kw"].iloc[daily.row]) * case.profile(loads["profile"].iloc[[daily.row]])[0]
        most = case.hours * ((demand > 0.0) if by_hours else demand)
        begins, length = case.boundaries[:-1], np.array([(end - start) / DAY for start, end in daily.days()])
        possible = np.array([most[(begins >= start) & (begins < end)].sum() for start, end in daily.days()])
        needed = daily.amount * length
        worst = int(np.argmax(needed - possible))
        if needed[worst] > possible[worst] + NEARLY and not (by_hours and daily.amount > DAY_H):
            message = (
                f"{daily.load} needs {needed[worst]:.4g} {unit} on day {worst + 1} of its window "
                f"and can {verb} {possible[worst]:.4g} {unit} at most."
            )
            place, found = ("loads", daily.row, column), f"{daily.amount:g}"
            remedy = f"Lower {column}, or move the window." if by_hours else f"Lower {column}, or raise kw."
            yield at(case, place, "need-beyond-demand", message, remedy, found=found)


def days_are_guaranteed(case: Case) -> Iterable[Finding]:
    """Only days that end within the guarantee count: a load with none of them counts as served whatever happens."""
    until = case.boundaries[0] + pd.Timedelta(hours=min(float(str(case.header.get("guarantee_h", np.inf))), 1e6))
    for daily in _daily(case):
        if daily.days()[0][1] > until:
            message = f"No day of {daily.load} ends within guarantee_h, so it counts as served whatever happens."
            remedy = "Raise guarantee_h in case.toml, or move the window."
            place = ("loads", daily.row, AMOUNT[daily.service])
            yield at(case, place, "no-guaranteed-day", message, remedy, severity="warning")


def habits_mean_something(case: Case) -> Iterable[Finding]:
    """Pick-up and hold where they have no effect, or act against the service."""
    loads = rows(case, "loads", "load", "kw", "service", "hold", "pickup_factor", "pickup_h")
    columns = (loads[name] for name in ("load", "kw", "service", "hold", "pickup_factor", "pickup_h"))
    for row, (load, power, service, hold, factor, hours) in enumerate(zip(*columns, strict=True)):
        if factor > 1.0 and (hours == 0.0 or power == 0.0):
            why = "pickup_h is 0" if power else "kw is 0"
            message = f"{load} takes more right after it is picked up, and {why}."
            remedy = "Write pickup_factor = 1, or how long it takes more."
            place, found = ("loads", row, "pickup_factor"), f"{factor:g}"
            yield at(case, place, "column-not-used", message, remedy, found=found, severity="warning")
        if factor == 1.0 and hours not in (0.0, 1.0):
            message = f"pickup_h counts only with a pickup_factor above 1; {load} has none."
            place, found = ("loads", row, "pickup_h"), f"{hours:g}"
            remedy = "Write pickup_factor, or leave the cell blank."
            yield at(case, place, "column-not-used", message, remedy, found=found, severity="warning")
        if hold and power == 0.0:
            message = f"{load} has no kw, so there is nothing to hold."
            place, remedy = ("loads", row, "hold"), "Write its kw, or leave the cell blank."
            yield at(case, place, "column-not-used", message, remedy, found=hold, severity="warning")
        elif hold == "hard" and service == "hours":
            message = f"{load} may never go off again once it is on, so it runs on after the hours that it needs."
            remedy = "Leave hold blank: min_run_h keeps it on for long enough."
            yield at(
                case, ("loads", row, "hold"), "hold-against-hours", message, remedy, found=hold, severity="warning"
            )
