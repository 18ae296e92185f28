"""What stands in the way of a load, in every golden case that leaves one dark. The README of each says why."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import v2g
from v2g.explain import Reason

CASES = Path(__file__).parent / "cases"


def reasons(folder: Path, subject: str = "load") -> dict[str, Reason]:
    """Reasons for loads or vehicles, by name, in a plan for a case."""
    case = v2g.read(folder)
    return {r.name: r for r in v2g.explain(case, v2g.solve(case)) if r.subject == subject}


def reason(name: str, load: str) -> Reason:
    """Why a load of a golden case is not served."""
    return reasons(CASES / name)[load]


@pytest.mark.parametrize(
    ("name", "load", "cause", "words"),
    [
        (
            "dead-island",
            "school",
            "dead",
            "Dead from 2026-01-15 18:00 to the end: no source that can form a grid reaches",
        ),
        ("section-energised", "clinic", "dead", "Dead from 2026-01-15 18:00 to 20:00: bus hill is not yet energised"),
        ("section-energised", "clinic", "dead", "at 2026-01-15 19:30, which counts from 20:00 (events.csv, row 2)"),
        (
            "section-energised",
            "school",
            "dead",
            "Dead from 2026-01-15 21:00 to the end: bus hill is dead (events.csv, row 3",
        ),
        (
            "line-repaired",
            "clinic",
            "energy",
            "On its own from 2026-01-15 20:00 to 21:00: line lane is out (events.csv, row 2",
        ),
        ("grid-returns", "clinic", "energy", "grid head is there only from 2026-01-15 20:00 (grid.csv, row 2)"),
        ("need-evacuation", "house", "orders", "grid head is there only until 2026-01-15 20:00 (grid.csv, row 2)"),
        (
            "station-needs-car",
            "clinic",
            "dead",
            "at station station, which could form a grid, no vehicle is plugged in",
        ),
        ("v2h-behind-switch", "lift", "path", "(V2H): its circuit is not behind the transfer switch"),
        ("v2h-needs-feeder", "house", "path", "(V2H): the charger does not work without the feeder"),
        (
            "v2g-dead-bus",
            "shelter-all",
            "path",
            "its bus is dead; transfer switch (V2H): no charger feeds the premises at shelter",
        ),
        ("v2l-tagged", "heating", "path", "it hangs on no line"),
        ("v2l-tagged", "heating", "path", "(V2L): it cannot be plugged into a car"),
        ("trip-return", "stoves", "path", "No way leads there from 2026-01-15 19:00 to 20:00"),
        ("trip-return", "stoves", "path", "it hangs on no line; no car stands at hall. Also: lack of energy (3.0 kWh)"),
        ("v2l-below-reserve", "lamp", "below", "(V2L): the cars there are below what their drivers need"),
        (
            "idle-burn",
            "clinic",
            "gated",
            "stand still for want of fuel, or part of the time, from 2026-01-15 21:00 to 22:00",
        ),
        ("idle-burn", "clinic", "gated", "empty is generator diesel"),
        ("v2h-transfer-switch", "house", "site", "At its limit all the time: transfer switch of home (3 kW)"),
        ("v2l-cords", "stoves", "site", "cords from cars of hall (4 kW)"),
        ("site-export", "clinic", "site", "connection of depot to the feeder (2 kW out)"),
        ("v2l-sockets", "stoves", "power", "Power is what lacks all the time"),
        ("station-rating", "left", "power", "at the limit of a phase is station station, phase a"),
        ("v2l-appliance", "kettle", "energy", "18.9 kWh in vehicles that stand there with sockets too small"),
        ("fuel-delivery", "clinic", "energy", "1 of 3 L of fuel"),
        ("shared-tank", "clinic", "energy", "All is used that may be taken from the tanks of the engines."),
        (
            "fleet-minimum-two",
            "stoves",
            "orders",
            "5.0 kWh by orders of drivers and the fleet minimum (fleet_minimum.csv, row 2)",
        ),
        ("stay-leave", "hall-all", "orders", "15.0 kWh by orders of drivers and the fleet minimum (stays.csv, row 2)"),
        ("reserve-km", "lamps", "energy", "Kept back: 6.0 kWh by the reserves of owners."),
    ],
)
def test_the_cause_is_named_with_place_and_hour(name: str, load: str, cause: str, words: str) -> None:
    found = reason(name, load)
    assert found.cause == cause
    assert words in found.text


@pytest.mark.parametrize(
    ("name", "load", "words"),
    [
        ("service-hours", "heater", "misses 1.00 of 3.00 h between"),
        ("service-energy", "water", "misses 4.00 of 8.00 kWh between"),
        ("v2h-transfer-switch", "house", "misses 0.40 of 1.00 h (2.0 kWh)"),
    ],
)
def test_what_is_missed_is_said_in_the_unit_of_the_service(name: str, load: str, words: str) -> None:
    assert words in reason(name, load).what


def test_no_socket_that_is_large_enough(tmp_path: Path) -> None:
    """The kettle asks for 2 kW at once. Without the big car, what stands there has smaller sockets."""
    folder = tmp_path / "case"
    shutil.copytree(CASES / "v2l-appliance", folder)
    rows = (folder / "vehicles.csv").read_text(encoding="utf-8").splitlines()
    (folder / "vehicles.csv").write_text("\n".join(r for r in rows if not r.startswith("big")) + "\n", encoding="utf-8")
    kettle = reasons(folder)["kettle"]
    assert kettle.cause == "socket" and "(V2L): its largest appliance asks for" in kettle.text
    assert "the largest socket there gives" in kettle.text


def test_a_vehicle_short_of_an_order_is_told_apart_from_its_own_reserve() -> None:
    ev = reasons(CASES / "v2l-below-reserve", "vehicle")["ev"]
    assert ev.cause == "reserve" and "ev lacks up to 3.0 kWh to its reserve of 8.0 kWh" in ev.text
