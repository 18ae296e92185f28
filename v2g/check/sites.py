"""What must hold where people are: places of vehicles, what chargers feed, what can be plugged into a car."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from v2g.case import Case
from v2g.check.islands import helpless_sites
from v2g.check.reach import Reach, reach, stands
from v2g.check.rows import at, rows
from v2g.check.words import listed
from v2g.errors import Finding


def stays_name_one_place(case: Case) -> Iterable[Finding]:
    """A stay is at a charger or at a site."""
    stays = rows(case, "stays", "charger", "site")
    plugged, parked = (stays["charger"] != "").to_numpy(bool), (stays["site"] != "").to_numpy(bool)
    for row in np.flatnonzero(~plugged & ~parked).tolist():
        message, remedy = "The stay names no place.", "Name a charger if it is plugged in, a site if it is parked."
        yield at(case, ("stays", row, "charger"), "no-place", message, remedy)
    for row in np.flatnonzero(plugged & parked).tolist():
        message = "The stay names a charger and a site."
        remedy = "Keep the charger if it is plugged in, the site if it is parked: the site of a charger is known."
        found = f"{stays['charger'].iloc[row]}, {stays['site'].iloc[row]}"
        yield at(case, ("stays", row, "site"), "charger-and-site", message, remedy, found=found)


def connectors_fit(case: Case) -> Iterable[Finding]:
    """A vehicle is plugged in only where one of its connectors fits."""
    vehicles, chargers = rows(case, "vehicles", "vehicle", "connectors"), rows(case, "chargers", "charger", "connector")
    own = dict(zip(vehicles["vehicle"], vehicles["connectors"], strict=True))
    given = dict(zip(chargers["charger"], chargers["connector"], strict=True))
    for row, vehicle, charger, _ in stands(case):
        has, fits = own.get(vehicle, ""), given.get(charger, "")
        if has and fits and not _words(has) & _words(fits):
            message = f"No connector of {vehicle} fits {charger}."
            remedy = "Plug it in elsewhere, or correct connectors of the vehicle or connector of the charger."
            place = ("stays", row, "charger")
            yield at(case, place, "connector-does-not-fit", message, remedy, found=has, allowed=fits)


def _words(text: str) -> set[str]:
    return {word.strip().casefold() for word in text.split("|")} - {""}


def premises_of_a_site(case: Case) -> Iterable[Finding]:
    """V2H feeds the circuits of a site, so it needs one, with loads behind its transfer switch."""
    chargers = rows(case, "chargers", "charger", "feeds", "site", "discharge_kw")
    loads = rows(case, "loads", "site", "by_v2h")
    behind = set(loads["site"][loads["by_v2h"].astype(bool)])
    columns = (chargers[name] for name in ("charger", "feeds", "site", "discharge_kw"))
    for row, (name, feeds, site, power) in enumerate(zip(*columns, strict=True)):
        if feeds != "premises":
            continue
        if not site:
            message = f"{name} feeds premises and belongs to no site."
            remedy = "Name its site, or write feeds = feeder."
            yield at(case, ("chargers", row, "site"), "premises-without-site", message, remedy)
        elif power > 0.0 and site not in behind:
            message = f"{name} feeds the premises of {site}, and no load there is behind its transfer switch."
            remedy = "Set by_v2h = 1 and the site for loads that it can feed."
            place = ("chargers", row, "feeds")
            yield at(case, place, "premises-without-loads", message, remedy, found=feeds, severity="warning")


def forming_chargers(case: Case) -> Iterable[Finding]:
    """Only a charger that gives power to the feeder can hold its voltage."""
    chargers = rows(case, "chargers", "charger", "feeds", "forming", "discharge_kw")
    columns = (chargers[name] for name in ("charger", "feeds", "forming", "discharge_kw"))
    for row, (name, feeds, forming, power) in enumerate(zip(*columns, strict=True)):
        if forming and (feeds != "feeder" or not power > 0.0):
            why = "feeds premises" if feeds != "feeder" else "gives no power"
            message = f"{name} is to form an island of the feeder and {why}."
            remedy = "Write forming = 0, or feeds = feeder and a discharge_kw above 0."
            yield at(case, ("chargers", row, "forming"), "forming-charger", message, remedy, found="1", allowed="0")


def places_of_a_site(case: Case) -> Iterable[Finding]:
    """What belongs to a site stands at its bus, unless somebody says otherwise on purpose."""
    sites = rows(case, "sites", "site", "bus")
    bus_of = dict(zip(sites["site"], sites["bus"], strict=True))
    for table in ("loads", "chargers"):
        frame = rows(case, table, "bus", "site")
        for row, (bus, site) in enumerate(zip(frame["bus"], frame["site"], strict=True)):
            if site and bus and bus_of.get(site, bus) != bus:
                message = f"It stands at another bus than its site {site}."
                remedy = "Leave the bus blank, unless it is on another feed on purpose."
                place, allowed = (table, row, "bus"), bus_of[site]
                yield at(
                    case, place, "bus-not-of-site", message, remedy, found=bus, allowed=allowed, severity="warning"
                )


def appliances(case: Case) -> Iterable[Finding]:
    """Loads that are plugged into cars: there must be a site, a car, and a socket that is large enough."""
    loads = rows(case, "loads", "load", "site", "by_v2l", "appliance_kw", "kw")
    ways = reach(case)
    yield from _no_sockets(case, loads, ways)
    columns = (loads[name] for name in ("load", "site", "by_v2l", "appliance_kw", "kw"))
    for row, (load, site, by_v2l, largest, power) in enumerate(zip(*columns, strict=True)):
        if by_v2l and not site:
            message = f"{load} can be plugged into a car and belongs to no site, where a car could stand."
            yield at(case, ("loads", row, "site"), "v2l-without-site", message, "Name its site, or write by_v2l = 0.")
        elif by_v2l and ways.socket.get(site, 0.0) > 0.0 and not ways.sockets(site, largest):
            yield _too_large(case, row, load, site, ways.socket[site], largest)
        if not by_v2l and largest == largest:
            message = "The largest appliance counts only where a load is plugged into cars (by_v2l = 1)."
            place, found = ("loads", row, "appliance_kw"), f"{largest:g}"
            remedy = "Write by_v2l = 1, or leave the cell blank."
            yield at(case, place, "column-not-used", message, remedy, found=found, severity="warning")
        elif by_v2l and largest > power:
            message = f"One appliance of {load} takes more than {load} as a whole."
            place, most = ("loads", row, "appliance_kw"), f"at most {power:g} kW"
            remedy = "Lower appliance_kw or raise kw."
            found = f"{largest:g}"
            yield at(
                case, place, "appliance-above-load", message, remedy, found=found, allowed=most, severity="warning"
            )


def _no_sockets(case: Case, loads: pd.DataFrame, ways: Reach) -> Iterable[Finding]:
    """Sites where loads can be plugged into cars and no car has a socket; once for each, unless it is told already."""
    idle: dict[str, list[int]] = {}
    for row, (site, by_v2l) in enumerate(zip(loads["site"], loads["by_v2l"], strict=True)):
        if by_v2l and site and ways.socket.get(site, 0.0) <= 0.0:
            idle.setdefault(site, []).append(row)
    told = helpless_sites(case) if idle else ()
    for site, members in idle.items():
        if site not in told:
            names = listed(loads["load"].iloc[row] for row in members)
            message = f"{names} can be plugged into a car, and no car with a socket ever stands at {site}."
            remedy = "Let a car with socket_kw above 0 stand there, or write by_v2l = 0."
            place = ("loads", members[0], "by_v2l")
            yield at(case, place, "no-car-with-socket", message, remedy, found="1", severity="warning")


def _too_large(case: Case, row: int, load: str, site: str, socket: float, largest: float) -> Finding:
    message = f"Nobody can feed {load}: its largest appliance needs more than any socket of a car at {site}."
    place, most = ("loads", row, "appliance_kw"), f"at most {socket:g} kW"
    return at(
        case, place, "appliance-too-large", message, "Let a car with a larger socket stand there.",
        found=f"{largest:g}", allowed=most, severity="warning",
    )  # fmt: skip
