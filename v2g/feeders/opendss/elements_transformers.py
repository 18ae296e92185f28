"""Transformers and regulators, with the taps that the engine's controls found."""

from __future__ import annotations

from collections.abc import Iterator
from math import isclose

from v2g.feeders.network import TapRange, Transformer, Weight, Winding
from v2g.feeders.opendss.elements import GROUND, NEUTRAL, Reading, Record, is_plain
from v2g.feeders.opendss.elements_trips import with_cause

NAMEPLATE = 1.1
"""The engine's normal rating where none is given, as a multiple of the nameplate: nothing was said then."""
REACTANCES = {2: ("xhl",), 3: ("xhl", "xht", "xlt")}
"""Between windings 1-2, 1-3, 2-3."""


def transformers(reading: Reading) -> Iterator[Transformer]:
    """Those of two and three windings; others are lost."""
    regulated = {record["transformer"].lower(): _moved(record) for record in reading.enabled("regcontrol")}
    for record in reading.enabled("transformer"):
        found = _transformer(reading, record, regulated.get(record["name"]))
        if found is not None:
            yield found


def _transformer(reading: Reading, record: Record, moved: int | None) -> Transformer | None:
    name = record["name"]
    windings = tuple(_winding(reading, record, n, n == moved) for n in range(len(record["terminals"])))
    fault = _fault(windings)
    if fault:
        reading.note(Weight.LOST, f"transformer {name}: {fault}", "transformer", name)
        return None
    _notes(reading, record)
    unit = Transformer(
        name,
        windings,
        tuple(record[key] for key in REACTANCES[len(windings)]),
        rating_kva=_rating(record),
        regulator=moved is not None,
        closed=not any(terminal["open"] for terminal in record["terminals"]),
        lead=record["leadlag"].lower() in ("lead", "euro"),
        noload_kw=record["%noloadloss"] / 100.0 * record["kvas"][0],
        magnetising_kvar=record["%imag"] / 100.0 * record["kvas"][0],
        origin=reading.origin("transformer", name),
    )
    return with_cause(reading, "transformer", unit)


def _fault(windings: tuple[Winding, ...]) -> str:
    if len(windings) not in REACTANCES:
        return f"it has {len(windings)} windings, and 2 or 3 can be taken over"
    if not all(is_plain(list(winding.phases)) for winding in windings):
        return "a winding of it ends on the ground only, or twice on one phase"
    return ""


def _moved(control: Record) -> int:
    """The winding, from 0, whose tap a control moves."""
    return int(control["tapwinding"] or control["winding"]) - 1


def _winding(reading: Reading, record: Record, n: int, moves: bool) -> Winding:
    terminal = record["terminals"][n]
    letters = [reading.letter(terminal["bus"], node) for node in terminal["nodes"]]
    phases, connection = "".join(letters[: record["phases"]]), str(record["conns"][n]).lower()
    if record["phases"] == 1:
        ends = [letter for letter in letters[:2] if letter not in (GROUND, NEUTRAL)]
        phases, connection = "".join(ends), "delta" if len(ends) == 2 else "wye"
    return Winding(
        terminal["bus"],
        phases,
        "delta" if connection in ("delta", "ll") else "wye",
        kv=record["kvs"][n],
        kva=record["kvas"][n],
        tap=record["taps"][n],
        r_pct=record["%rs"][n],
        tap_range=TapRange(record["mintap"][n], record["maxtap"][n], int(record["numtaps"][n])) if moves else None,
    )


def _rating(record: Record) -> float | None:
    """The engine's normal rating, or the nameplate where none is given; one of nothing means that none is known."""
    nameplate, normal = float(record["kvas"][0]), float(record["normhkva"])
    if normal <= 0.0:
        return None
    return nameplate if isclose(normal, NAMEPLATE * nameplate, rel_tol=1e-6) else normal


def _notes(reading: Reading, record: Record) -> None:
    name = record["name"]
    if any(ohm > 0 for ohm in (*record["rneut"], *record["xneut"])):
        reading.gather(Weight.CHANGED, "transformers whose neutral impedance is left out", "transformer", name)
    states = [state for terminal in record["terminals"] for state in terminal["open"]]
    if any(states) and not any(terminal["open"] and all(terminal["open"]) for terminal in record["terminals"]):
        text = f"transformer {name}: it is open on some phases, and taken as open on all"
        reading.note(Weight.CHANGED, text, "transformer", name)
