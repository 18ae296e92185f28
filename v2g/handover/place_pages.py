"""The pages of places, for whoever runs a shelter or a station, and of depots, for whoever sends vehicles out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from v2g.handover.amounts import told, told_down
from v2g.handover.loads import LoadAccount, Service
from v2g.handover.orders import Gap, Order, Orders, Stay, Trip
from v2g.handover.page import Item, Page
from v2g.handover.safe import shown
from v2g.handover.spans import where
from v2g.handover.telling import Telling
from v2g.handover.vehicle_pages import purpose_line, some_loads, stay_lines, trip_lines, use_line, where_words
from v2g.handover.vehicles import LEAST_KW
from v2g.replay.columns import texts
from v2g.replay.verdict import Mask

MOST_SPANS = 24
"""So many spans of time are told for one load; more are in a table."""
MOST_LEVELS = 6
"""So many powers are told for one load; of more the least and the most, the rest is in a table."""
ALL, SOME, NONE = "●", "◐", "○"


class Places:
    """Who and what is at each place: a site, or a bus where loads and chargers belong to no site."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.facts = orders.facts

    @cached_property
    def loads(self) -> dict[str, list[LoadAccount]]:
        """Loads by place, the most critical first."""
        found: dict[str, list[LoadAccount]] = {}
        for load in self.facts.loads:
            found.setdefault(load.site or load.bus, []).append(load)
        return found

    @cached_property
    def stays(self) -> dict[str, list[tuple[Order, Stay]]]:
        """Stays by place, in the order of time."""
        found: dict[str, list[tuple[Order, Stay]]] = {}
        for order in self.orders.all:
            for stay in order.stays:
                found.setdefault(stay.place, []).append((order, stay))
        return {place: sorted(pairs, key=lambda pair: pair[1].first) for place, pairs in found.items()}

    @cached_property
    def sites(self) -> dict[str, tuple[str, str, str]]:
        """Kind, people and contact of each site."""
        table = self.facts.case.table("sites")
        kinds, contacts = texts(table, "kind"), texts(table, "contact")
        people = [told(float(n)) if n == n else "" for n in table["people"]] if len(table) else []
        return dict(zip(texts(table, "site"), zip(kinds, people, contacts, strict=True), strict=True))

    @property
    def names(self) -> list[str]:
        """All sites, then buses with a critical load or a vehicle, in the order of the case."""
        critical = [place for place, loads in self.loads.items() if any(load.kept is not None for load in loads)]
        return list(dict.fromkeys([*self.sites, *critical, *self.stays]))

    @property
    def depots(self) -> dict[str, list[Order]]:
        """Vehicles by depot; those of none are left out."""
        found: dict[str, list[Order]] = {}
        for order in self.orders.all:
            if order.account.depot:
                found.setdefault(order.account.depot, []).append(order)
        return found


def site_page(telling: Telling, places: Places, name: str) -> Page:
    """A place: what may run there when, and which vehicles come."""
    say = telling.say
    kind, people, contact = places.sites.get(name, ("", "", ""))
    about = [
        *([say("site_kind", kind=shown(kind))] if kind else []),
        *([say("people", people=people)] if people else []),
        *([say("contact", contact=shown(contact))] if contact else []),
        *_limits(telling, name),
    ]
    loads = places.loads.get(name, [])
    power = Item(say("loads"), () if loads else (say("no_loads"),), tuple(load_line(telling, load) for load in loads))
    stays = places.stays.get(name, [])
    moves = tuple(_cord_lines(telling, places, loads))
    cords = (Item(say("cords"), points=moves),) if moves else ()
    visits = [Item(say("visits"), () if stays else (say("no_visits"),))]
    visits += [_visit(telling, order, stay) for order, stay in stays]
    runs = any(load.served_kw.max(initial=0.0) > LEAST_KW for load in loads)
    notes = (*((say("signs", all=ALL, some=SOME, none=NONE),) if loads else ()), *((say("circuits"),) if runs else ()))
    return Page("sites", name, say("site", name=shown(name)), tuple(about), (power, *cords, *visits), notes)


def _cord_lines(telling: Telling, places: Places, loads: list[LoadAccount]) -> Iterator[str]:
    """When cords are laid and moved, where any is moved from one car to another."""
    cords, rows = places.orders.cords, places.facts.record.loads.names
    of_load = {load.name: cords.moves(rows.index(load.name)) for load in loads}
    moved = [move for moves in of_load.values() if any(move.before is not None for move in moves) for move in moves]
    for move in sorted(moved, key=lambda move: move.point):
        before, after = (shown(name) if name else telling.say("circuit") for name in (move.before, move.after))
        key = "cord_laid" if move.before is None else "cord_moves"
        yield telling.say(key, at=telling.at_point(move.point), load=shown(move.load), before=before, after=after)


def _limits(telling: Telling, name: str) -> Iterator[str]:
    """What the connection, the transfer switch and the sockets of a site carry, where that is known."""
    sites = telling.facts.record.sites
    if name in sites.names:
        row = sites.names.index(name)
        for key in ("import_kw", "transfer_kw", "sockets_kw"):
            most = float(getattr(sites, key)[row])
            if np.isfinite(most):
                yield telling.say(key, kw=told_down(most))


def _visit(telling: Telling, order: Order, stay: Stay) -> Item:
    key, time = "visit_plug" if stay.charger else "visit_park", telling.span(stay.begin, stay.until)
    heading = telling.say(key, span=time, vehicle=shown(order.account.name), charger=shown(stay.charger))
    lines = list(stay_lines(telling, order, stay))
    if order.account.contact:
        lines.insert(0, telling.say("contact", contact=shown(order.account.contact)))
    uses = (use_line(telling, stay, use, MOST_SPANS) for use in stay.uses)
    return Item(heading, tuple(lines), tuple(uses))


def load_line(telling: Telling, load: LoadAccount) -> str:
    """A load: symbol, name, tier, and when it may run."""
    served = load.served_kw > LEAST_KW
    symbol = NONE if not served.any() else ALL if _whole(load) else SOME
    critical = load.kept is not None
    key = ("load" if critical else "load_other") + ("_kind" if load.kind else "")
    status = telling.language.blank.join(_status(telling, load, served))
    return telling.say(key, symbol=symbol, load=shown(load.name), kind=shown(load.kind), tier=load.tier, status=status)


def _whole(load: LoadAccount) -> bool:
    return load.kept if load.kept is not None else bool(np.isin(load.state, (Service.FULL, Service.NONE_ASKED)).all())


def _status(telling: Telling, load: LoadAccount, served: Mask) -> Iterator[str]:
    say, part, dark = telling.say, load.state == Service.PART, load.state == Service.DARK
    steady = load.kept is not None and not load.daily
    if (load.state == Service.NONE_ASKED).all():
        yield say("not_asked")
    elif not served.any():
        yield say("none")
    elif not part.any() and not dark.any():
        yield say("on_always")
    else:
        yield from _running(telling, load, load.state == Service.FULL if steady else served)
        if not load.single:
            yield from _held(telling, load, part & served)
        if steady and load.single:
            yield telling.say("lost", spans=telling.all_points(load.off_spans))
        elif steady:
            yield from _spans(telling, "lost", dark)
        elif part.any() and not load.single:
            yield say("at_most", kwh=told_down(float(load.served_kw @ telling.facts.record.hours)))
    if load.daily and served.any() and load.kept:
        yield say("day_kept")
    elif load.daily and served.any():
        yield say("day_short", got=told(load.hours_got), need=told(load.hours_owed))


def _held(telling: Telling, load: LoadAccount, part: Mask) -> Iterator[str]:
    """How much power a load may take where that is less than what it asks for; of many powers the least."""
    powers = np.array([told_down(kw) for kw in load.served_kw.tolist()])
    levels = list(dict.fromkeys(powers[part].tolist()))
    if len(levels) > MOST_LEVELS:
        rows, kw = np.flatnonzero(part), load.served_kw[part]
        span = telling.points(int(rows[0]), int(rows[-1]) + 1)
        yield telling.say("part_often", span=span, least=told_down(float(kw.min())), most=told_down(float(kw.max())))
        return
    for level in levels:
        spans = telling.all_points(where(part & (powers == level)))
        yield telling.say("part", spans=spans, kw=level)


def _running(telling: Telling, load: LoadAccount, mask: Mask) -> Iterator[str]:
    """When it is to run: one appliance to the minute, others in intervals in which they get what the mask asks for."""
    found = load.on_spans if load.single else list(where(mask))
    if len(found) > MOST_SPANS:
        hours = telling.facts.record.hours[mask].sum()
        span = telling.points(found[0][0], found[-1][1])
        yield telling.say("on_often", span=span, hours=told(float(hours)))
    elif found:
        yield telling.say("on_spans", spans=telling.all_points(found))


def _spans(telling: Telling, key: str, mask: Mask) -> Iterator[str]:
    found = list(where(mask))
    if found:
        yield telling.say(key, spans=telling.all_points(found))


def depot_page(telling: Telling, name: str, orders: list[Order]) -> Page:
    """A depot: what each of its vehicles does and when it leaves."""
    leave = sum(float(order.account.energy_kwh[-1]) for order in orders)
    need = sum(float(order.account.reserve_kwh[-1]) for order in orders)
    about = (telling.say("depot_vehicles", count=len(orders), leave=told(leave), need=told(need)),)
    items = tuple(_of_depot(telling, order) for order in orders)
    return Page(
        "depots", name, telling.say("depot_page", name=shown(name)), about, items, (telling.say("charger_sets"),)
    )


def _of_depot(telling: Telling, order: Order) -> Item:
    one = order.account
    heading = f"{shown(one.name)} ({shown(one.model)})" if one.model else shown(one.name)
    lines = [telling.say("contact", contact=shown(one.contact))] if one.contact else []
    if order.idle:
        lines.append(telling.say("nothing_to_do" if order.stays else "nowhere"))
    return Item(heading, tuple(lines), tuple(_step_line(telling, order, step) for step in order.steps))


def _step_line(telling: Telling, order: Order, step: Stay | Trip | Gap) -> str:
    if isinstance(step, Trip):
        return telling.language.blank.join(trip_lines(telling, order, step))
    if isinstance(step, Gap):
        return telling.say("heading", time=telling.points(step.first, step.last), what=telling.say("away"))
    time = telling.span(step.begin, step.until)
    names = tuple(use.load for use in step.uses)
    parts = [purpose_line(telling, step), some_loads(telling, names) if names else ""]
    where_and_when = telling.say("heading", time=time, what=where_words(telling, step))
    return telling.language.blank.join([telling.say("sentence", text=where_and_when), *filter(None, parts)])
