"""The page of a vehicle, and its short messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from v2g.handover.amounts import percent_beside, percent_up, told, told_beside, told_down, told_up
from v2g.handover.cords import Use
from v2g.handover.orders import LEAST_KWH, Gap, Order, Orders, Stay, Step, Trip, Work
from v2g.handover.page import Item, Page
from v2g.handover.safe import shown
from v2g.handover.sms import messages
from v2g.handover.spans import Span
from v2g.handover.telling import Telling
from v2g.handover.vehicles import LEAST_KW, Doing

NAMED = 3
"""So many loads are named where a vehicle feeds more."""
LEAST_HOURS = 0.01
"""Less of an hour is not told."""
MOST_SPANS = 4
"""So many spans of time a driver is told for one load; more are on the sheet of the place."""
SHORT_SPANS = 2
"""The same in a short message."""


def vehicle_page(telling: Telling, order: Order) -> Page:
    """All steps of a vehicle, in the order of time."""
    one, say = order.account, telling.say
    about = [
        *([say("model", model=shown(one.model))] if one.model else []),
        say("battery", kwh=told(one.capacity_kwh)),
        *([say("depot", depot=shown(one.depot))] if one.depot else []),
        *([say("contact", contact=shown(one.contact))] if one.contact else []),
    ]
    if not order.stays and not order.trips:
        about.append(say("nowhere"))
    elif order.idle:
        about.append(say("nothing_to_do"))
    if one.short_kwh > LEAST_KWH:
        about.append(say("lacks", kwh=told_up(one.short_kwh)))
    notes = (say("charger_sets"),) if any(stay.charger and not stay.idle for stay in order.stays) else ()
    items = tuple(_item(telling, order, step) for step in order.steps)
    return Page("vehicles", one.name, say("vehicle", name=shown(one.name)), tuple(about), items, notes)


def _item(telling: Telling, order: Order, step: Step) -> Item:
    if isinstance(step, Trip):
        heading = telling.say("heading", time=telling.both_span(step.depart, step.back), what=telling.say("trip"))
        return Item(heading, tuple(trip_lines(telling, order, step)))
    if isinstance(step, Gap):
        time = telling.both_span(telling.point(step.first), telling.point(step.last))
        return Item(telling.say("heading", time=time, what=telling.say("away")))
    time = telling.both_span(step.begin, step.until)
    points = tuple(use_line(telling, step, use) for use in step.uses)
    heading = telling.say("heading", time=time, what=where_words(telling, step))
    return Item(heading, tuple(stay_lines(telling, order, step)), points)


def where_words(telling: Telling, stay: Stay) -> str:
    """Place and plug."""
    key = "at_plug" if stay.charger else "at_site"
    return telling.say(key, place=shown(stay.place), charger=shown(stay.charger))


def stay_lines(telling: Telling, order: Order, stay: Stay) -> Iterator[str]:
    """What is to be done in a stay: why, how much, what is left, what must be kept."""
    one, say = order.account, telling.say
    for first, last in stay.holds:
        yield say("holds", since=telling.at_point(first), until=telling.at_point(last))
    if stay.idle:
        yield _idle_line(telling, stay)
    purpose = purpose_line(telling, stay)
    if purpose:
        yield purpose
    for work in stay.works:
        if work.doing != Doing.SOCKETS:
            yield _work_line(telling, stay, work)
    begin, need = stay.keeps[0][1], stay.keeps[-1][1]
    yield say(
        "energy", arrive=told_beside(stay.arrive_kwh, begin),
        arrive_percent=percent_beside(stay.arrive_kwh, begin, one.capacity_kwh),
        leave=told_beside(stay.leave_kwh, need), leave_percent=percent_beside(stay.leave_kwh, need, one.capacity_kwh),
    )  # fmt: skip
    yield from keep_lines(telling, order, stay)
    if stay.uses:
        yield say("sockets")


def _idle_line(telling: Telling, stay: Stay) -> str:
    if not stay.charger:
        return telling.say("parked_idle")
    if stay.live:
        return telling.say("plugged_idle")
    takes = stay.standby_kw > LEAST_KW
    return telling.say("plugged_standby", kw=told(stay.standby_kw)) if takes else telling.say("plugged_dead")


def purpose_line(telling: Telling, stay: Stay) -> str:
    """For whom it is plugged in; nothing where it gives nothing through the charger."""
    ways = {work.doing for work in stay.works} & {Doing.FEEDER, Doing.BUILDING}
    if not ways or not stay.charger:
        return ""
    until = telling.at(stay.until)
    if stay.fed:
        return telling.say("feeds", loads=_fed(telling, stay, ways), until=until)
    return telling.say("feeds_network" if Doing.FEEDER in ways else "feeds_building", until=until)


def _fed(telling: Telling, stay: Stay, ways: set[Doing]) -> str:
    """All loads of a building; some of a feeder, which has too many."""
    return some_loads(telling, stay.fed) if Doing.FEEDER in ways else telling.language.listed(map(shown, stay.fed))


def some_loads(telling: Telling, names: tuple[str, ...]) -> str:
    """The first loads by name, and how many more."""
    if len(names) <= NAMED + 1:
        return telling.language.listed(map(shown, names))
    first = telling.language.listed(map(shown, names[:NAMED]))
    return telling.say("more_loads", first=first, count=len(names) - NAMED)


def _work_line(telling: Telling, stay: Stay, work: Work) -> str:
    gives = "gives_at_times" if work.hours < work.window_h - LEAST_HOURS else "gives"
    key = "charges" if work.doing == Doing.CHARGE else gives
    return telling.say(
        key, kwh=told(work.kwh), mean=told(work.mean_kw), peak=told_down(work.peak_kw), hours=told(work.hours),
        span=_during(telling, stay, [(work.first, work.last)]), until=telling.at(stay.until),
    )  # fmt: skip


def use_line(telling: Telling, stay: Stay, use: Use, most: int = MOST_SPANS) -> str:
    """One load at the sockets: when, at most how much; of more than ``most`` spans only the first and last time."""
    known = {"load": shown(use.load), "peak": told_down(use.peak_kw), "kwh": told_down(use.kwh)}
    if len(use.spans) > most:
        span = _during(telling, stay, [(use.spans[0][0], use.spans[-1][1])])
        return telling.say("use_often", span=span, place=shown(stay.place), **known)
    return telling.say("use", spans=_during(telling, stay, use.spans), **known)


def _during(telling: Telling, stay: Stay, spans: Sequence[Span]) -> str:
    """Spans of points, as far as the vehicle is there."""
    times = ((max(stay.begin, telling.point(first)), min(stay.until, telling.point(last))) for first, last in spans)
    return telling.language.spans((telling.local(first), telling.local(last)) for first, last in times)


def keep_lines(telling: Telling, order: Order, stay: Stay) -> Iterator[str]:
    """What the driver keeps, from when on."""
    for position, (point, kwh) in enumerate(stay.keeps):
        if kwh > LEAST_KWH:
            percent = percent_up(kwh, order.account.capacity_kwh, stay.lowest[position])
            amount = {"kwh": told_up(kwh), "percent": percent}
            key = "keep_short" if stay.short[position] else "keep_from" if position else "keep"
            yield telling.say(key, since=telling.at_point(point), **amount)


def trip_lines(telling: Telling, order: Order, trip: Trip) -> Iterator[str]:
    """When to leave with how much, and when to be back with how much."""
    capacity, start, end = order.account.capacity_kwh, telling.point(0), telling.point(-1)
    if trip.depart >= start:
        key = "leave" if trip.leave_kwh >= trip.need_kwh - LEAST_KWH else "leave_short"
        yield telling.say(key, at=telling.at(trip.depart), **_levels(trip.leave_kwh, trip.need_kwh, capacity))
    yield telling.say("trip_kwh", kwh=told(trip.kwh))
    if trip.back > end:
        yield telling.say("back_later", at=telling.at(trip.back))
    else:
        key = "back_need" if trip.return_need_kwh > LEAST_KWH else "back"
        levels = _levels(trip.return_kwh, trip.return_need_kwh, capacity)
        yield telling.say(key, at=telling.at(trip.back), **levels)


def _levels(have: float, need: float, capacity: float) -> dict[str, object]:
    return {
        "need": told_up(need), "need_percent": percent_up(need, capacity, have),
        "have": told_beside(have, need), "have_percent": percent_beside(have, need, capacity),
    }  # fmt: skip


def short_messages(telling: Telling, orders: Orders, order: Order) -> list[str]:
    """What a driver must know in messages of a phone: the steps that are not over, where and when first."""
    say, one = telling.say, order.account
    coming = [step for step in order.steps if orders.end(step) > telling.as_of] or list(order.steps)
    sentences = [say("sms_stale")] if telling.stale else []
    stays = [step for step in coming if isinstance(step, Stay)]
    if not stays and not any(isinstance(step, Trip) for step in coming):
        sentences.append(say("sms_nothing", vehicle=shown(one.name)))
    for step in coming:
        sentences += _short(telling, order, step, first=bool(stays) and step is stays[0])
    zone = "UTC" if telling.in_utc else telling.zone.split(",")[0]
    sentences.append(say("sms_end", zone=zone, at=telling.at(telling.as_of)))
    return messages(sentences, telling.language.blank, telling.facts.run_id)


def _short(telling: Telling, order: Order, step: Step, first: bool) -> Iterator[str]:
    say, capacity = telling.say, order.account.capacity_kwh
    if isinstance(step, Trip):
        back = telling.language.after(telling.local(step.depart), telling.local(step.back))
        key = "sms_leave" if step.leave_kwh >= step.need_kwh - LEAST_KWH else "sms_leave_short"
        yield say(key, at=telling.at(step.depart), back=back,
                  **_levels(step.leave_kwh, step.need_kwh, capacity))  # fmt: skip
        return
    if isinstance(step, Gap):
        yield say("sms_away", span=telling.points(step.first, step.last))
        return
    key = ("sms_" if first else "sms_next_") + ("plug" if step.charger else "park")
    yield say(key, vehicle=shown(order.account.name), place=shown(step.place), charger=shown(step.charger))
    yield say("sms_time", span=telling.span(step.begin, step.until))
    for position, (point, kwh) in enumerate(step.keeps):
        if kwh > LEAST_KWH:
            key = "sms_keep_short" if step.short[position] else "sms_keep_from" if position else "sms_keep"
            percent = percent_up(kwh, capacity, step.lowest[position])
            yield say(key, since=telling.at_point(point), kwh=told_up(kwh), percent=percent)
    yield from _short_purpose(telling, step)


def _short_purpose(telling: Telling, stay: Stay) -> Iterator[str]:
    ways = {work.doing for work in stay.works}
    if stay.holds:
        yield telling.say("sms_feeds_network")
    elif ways & {Doing.FEEDER, Doing.BUILDING} and stay.fed:
        yield telling.say("sms_feeds", loads=_fed(telling, stay, ways))
    elif ways & {Doing.FEEDER, Doing.BUILDING}:
        yield telling.say("sms_feeds_network" if Doing.FEEDER in ways else "sms_feeds_building")
    if stay.uses:
        loads = telling.language.listed(_short_use(telling, stay, use) for use in stay.uses)
        yield telling.say("sms_sockets", loads=loads)
    if stay.idle:
        yield telling.say("sms_idle")


def _short_use(telling: Telling, stay: Stay, use: Use) -> str:
    """A load at the sockets, with its times where it is not there throughout; of many the sheet tells."""
    load = shown(use.load)
    if len(use.spans) > SHORT_SPANS:
        return telling.say("sms_use_often", load=load)
    whole = [(max(stay.begin, telling.point(a)), min(stay.until, telling.point(b))) for a, b in use.spans]
    if whole == [(stay.begin, stay.until)]:
        return load
    return telling.say("sms_use", load=load, spans=_during(telling, stay, use.spans))
