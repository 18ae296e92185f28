"""The page as one document: styles, words, data and scripts in one file, and a policy that lets nothing else in."""

from __future__ import annotations

from datetime import datetime
from importlib import resources

from v2g.handover.facts import Facts
from v2g.reports.page.charts import fleet_chart, supply_chart
from v2g.reports.page.data import page_data
from v2g.reports.page.first import at_length, first_screen, moment
from v2g.reports.page.helping import helping
from v2g.reports.page.markup import Markup, fingerprint, joined, tag
from v2g.reports.page.packing import embedded
from v2g.reports.page.prices import prices_of
from v2g.reports.page.strips import strips
from v2g.reports.page.time import axis, both

SCRIPTS = ("base", "time", "map", "places", "heat", "tables", "start")
"""Files ``*.js``, in their order: each uses names of those before it."""
MARK = "v2g page"
"""What a file names as its generator that may be overwritten by another page."""
PATTERNS = {
    "part": ("#e69f00", "M0 8L8 0M-2 2L2 -2M6 10L10 6"), "feeder": ("#0072b2", "M0 4H8"),
    "building": ("#56b4e9", "M0 8L8 0"), "sockets": ("#cc79a7", "M0 0L8 8"), "battery": ("#009e73", "M4 0V8"),
    "generator": ("#e69f00", "M0 0L8 8M0 8L8 0"), "solar": ("#f0e442", "M2 2h1M6 6h1"),
    "grid": ("#bbbbbb", "M0 4H8M4 0V8"), "reserve": ("#ffffff", "M0 8L8 0"),
    "off": ("#ffffff", "M2 0V8M6 0V8"),
}  # fmt: skip
"""Colours that the colour-blind tell apart (Okabe and Ito), and lines for those who print without colours."""


def document(facts: Facts, now: datetime, pinned: bool = False, within: float | None = None) -> bytes:
    """The whole file: the same bytes for the same facts, time and ``pinned``, as long as no remedies are looked for."""
    prices = prices_of(facts)
    help_ = helping(facts, prices, within)
    script = f'(function () {{\n"use strict";\n{"".join(_asset(f"{name}.js") for name in SCRIPTS)}}})();\n'
    style, data = _asset("page.css"), embedded(page_data(facts, now, pinned, prices))
    body = tag(
        "body", _patterns(), tag("noscript", tag("p", "Without JavaScript: the first screen, loads and charts, for the "
                                                 "whole plan; no map, no slider, no search.", class_="note")),
        first_screen(facts, now, pinned, help_), *_sections(facts), at_length(help_), _foot(facts, now), _slider(facts),
        tag("script", data, id="data", type="application/json"), tag("script", Markup(script)),
    )  # fmt: skip
    title = facts.case.title or facts.case.name
    head = tag(
        "head", tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="generator", content=MARK), tag("meta", name="referrer", content="no-referrer"),
        tag("title", f"{title}: plan {facts.run_id}"), tag("style", Markup(style)),
    )  # fmt: skip
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n".encode("utf-8", "replace")


def _policy(style: str, script: str) -> Markup:
    rules = {
        "default-src": "'none'", "style-src": fingerprint(style), "script-src": fingerprint(script),
        "img-src": "data:", "base-uri": "'none'", "form-action": "'none'",
    }  # fmt: skip
    return Markup("; ".join(f"{rule} {what}" for rule, what in rules.items()))


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _patterns() -> Markup:
    found = [
        tag("pattern", tag("rect", width=8, height=8, fill=colour), tag("path", d=lines, class_="hatch"),
            id=f"p-{name}", width=8, height=8, patternUnits="userSpaceOnUse")
        for name, (colour, lines) in PATTERNS.items()
    ]  # fmt: skip
    return tag("svg", tag("defs", *found), class_="hidden", width=0, height=0, aria_hidden="true")


def _sections(facts: Facts) -> list[Markup]:
    """All below the first screen; those that need a script are there for it to fill."""
    return [
        _section("map", "The feeder", _tools(), tag("div", id="map-box"), tag("p", id="map-told", role="status")),
        _section("places", "Places", tag("div", id="places-box", class_="cards")),
        _section("service", "Service", _legend(), strips(facts)),
        _section("fleet", "Energy in the fleet", fleet_chart(facts)),
        _section("charge", "Charge of each vehicle", _heat(facts, "charge", "Charge of each vehicle over time")),
        _section("supply", "Where power comes from", supply_chart(facts)),
        _section(
            "worth", "What one more kWh would be worth, by bus and time",
            _heat(facts, "worth", "Worth of a kWh at each bus over time"),
        ),
        *(_section(name, title, tag("div", id=f"{name}-box")) for name, title in (
            ("loads", "All loads"), ("vehicles", "All vehicles"), ("buses", "All buses"),
            ("branches", "Lines and transformers"))),
    ]  # fmt: skip


def _section(name: str, title: str, *inside: Markup) -> Markup:
    scripted = name not in ("service", "fleet", "supply")
    shown = tag("small", class_="at") if name in ("map", "places", "service") else None
    return tag("section", tag("h2", title, shown), *inside, id=name, hidden=scripted)


def _legend() -> Markup:
    said = (
        ("full", "has its power"), ("part", "has a part of it"), ("dark", "dark"), ("off", "off, its day kept"),
        ("idle", "needs none then"),
    )  # fmt: skip
    keys = [tag("li", tag("svg", tag("rect", width="100%", height="100%", class_=name), class_="key"), f" {words}")
            for name, words in said]  # fmt: skip
    return tag("ul", *keys, class_="keys")


def _heat(facts: Facts, name: str, label: str) -> Markup:
    return joined(
        tag("p", id=f"{name}-told", class_="note", role="status"), axis(facts.clock),
        tag("svg", class_="strip track", height=10),
        tag("canvas", id=f"{name}-heat", height=240, role="img", tabindex=0, aria_label=label),
        tag("ul", id=f"{name}-keys", class_="keys"),
    )  # fmt: skip


def _tools() -> Markup:
    buttons = (("in", "+", "zoom in"), ("out", "−", "zoom out"), ("all", "whole", "whole feeder"))
    zoom = [tag("button", word, id=f"map-{name}", type="button", aria_label=label) for name, word, label in buttons]
    find = tag(
        "input", id="map-find", type="search", placeholder="find a bus, line or load", aria_label="find on the map"
    )
    shown = tag("select", tag("option", "voltage", value="voltage"), tag("option", "worth of a kWh", value="worth"),
                id="map-shows", aria_label="what colours of buses say")  # fmt: skip
    return joined(tag("div", *zoom, find, shown, class_="tools"), tag("ul", id="map-keys", class_="keys"))


def _slider(facts: Facts) -> Markup:
    play = tag("button", "▶", id="play", type="button", aria_label="play")
    bar = tag("input", id="time", type="range", min=0, max=facts.case.steps - 1, step=1, value=0, aria_label="time")
    words = tag("output", both(facts.clock, 0), id="time-words", for_="time")
    return tag("div", tag("div", play, bar, words, class_="slide"), tag("p", id="state", role="status"), id="slider",
               hidden=True)  # fmt: skip


def _foot(facts: Facts, now: datetime) -> Markup:
    origin = "; ".join(f"{key.replace('_', ' ')} {value}" for key, value in facts.origin.items() if value)
    return tag("footer", tag("p", f"Plan {facts.run_id}, as of {moment(now, facts.clock.zone)}. Made from: {origin}."))
