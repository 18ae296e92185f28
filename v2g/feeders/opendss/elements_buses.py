"""Letters of nodes, nominal voltages, and the buses made of both.

A node's number says its phase (1, 2, 3 = a, b, c) wherever three phases come together. Below a transformer of one
phase it says nothing: there the letter is traced from the transformer, as are the hot legs of a split-phase winding.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from math import isclose

from v2g.feeders.network import LEGS, PRIMARY, Bus, Weight
from v2g.feeders.opendss.elements import GROUND, NEUTRAL, Node, Reading, Record, in_order
from v2g.feeders.opendss.script import Coordinate

ROOT3 = 3.0**0.5
BASE_NEAR = 0.02
"""Nominal voltages that differ by less are one: 4.16 and 4.157 kV."""
SERIES = ("line", "reactor", "capacitor")


def trace(reading: Reading) -> None:
    """Fill ``reading.letters`` and ``reading.kv``."""
    groups = _Groups(reading)
    _trace_letters(reading, groups)
    _find_voltages(reading, groups)


def _trace_letters(reading: Reading, groups: _Groups) -> None:
    known: set[Node] = {groups.of(node) for node in _numbered(reading)}
    waiting = deque(record for record in reading.enabled("transformer") if record["phases"] == 1)
    idle = 0
    while waiting and idle < len(waiting):
        record = waiting.popleft()
        given = _given(reading, groups, known, record)
        if given is None:
            waiting.append(record)
            idle += 1
            continue
        idle = 0
        for node, letter in given.items():
            _assign(reading, groups, known, node, letter)
    _undo_clashes(reading)


class _Groups:
    """Nodes that conductors join."""

    def __init__(self, reading: Reading) -> None:
        self._above: dict[Node, Node] = {}
        self._members: dict[Node, list[Node]] = {}
        for one, other in _joined(reading):
            self._above[self.of(one)] = self.of(other)
        for node in list(self._above):
            self._members.setdefault(self.of(node), []).append(node)

    def of(self, node: Node) -> Node:
        """The node that stands for a group."""
        self._above.setdefault(node, node)
        path = []
        while self._above[node] != node:
            path.append(node)
            node = self._above[node]
        for passed in path:
            self._above[passed] = node
        return node

    def members(self, node: Node) -> list[Node]:
        """All nodes of its group."""
        return self._members.get(self.of(node), [node])


def _joined(reading: Reading) -> Iterator[tuple[Node, Node]]:
    for kind in SERIES:
        for record in reading.enabled(kind):
            if len(record["terminals"]) != 2:
                continue
            one, other = record["terminals"]
            for n, pair in enumerate(zip(one["nodes"], other["nodes"], strict=True)):
                is_open = any(end["open"] and n < len(end["open"]) and end["open"][n] for end in (one, other))
                if all(pair) and not is_open:
                    yield (one["bus"], pair[0]), (other["bus"], pair[1])


def _numbered(reading: Reading) -> Iterator[Node]:
    """Nodes whose number is their phase: those of sources, and of transformers of more than one phase."""
    for kind in ("vsource", "transformer"):
        for record in reading.enabled(kind):
            if kind == "vsource" or record["phases"] > 1:
                for terminal in record["terminals"]:
                    yield from ((terminal["bus"], node) for node in terminal["nodes"][: record["phases"]] if node)


def _given(reading: Reading, groups: _Groups, known: set[Node], record: Record) -> dict[Node, str] | None:
    """Letters that a transformer of one phase gives to its other windings; None while its own supply is not known."""
    windings = [(terminal["bus"], *terminal["nodes"][:2]) for terminal in record["terminals"]]
    fed = next((n for n, winding in enumerate(windings) if _is_known(groups, known, winding)), None)
    if fed is None:
        return None
    bus, *nodes = windings.pop(fed)
    supply = [letter for letter in (reading.letter(bus, node) for node in nodes) if letter not in (GROUND, NEUTRAL)]
    split = center_tap(windings)
    if split is not None:
        return split
    given: dict[Node, str] = {}
    for winding in windings:
        given |= _followed(reading, winding, supply)
    return given


def _is_known(groups: _Groups, known: set[Node], winding: tuple[str, int, int]) -> bool:
    bus, *nodes = winding
    return all(groups.of((bus, node)) in known for node in nodes if node) and any(nodes)


def center_tap(windings: list[tuple[str, int, int]]) -> dict[Node, str] | None:
    """Letters at a secondary whose two windings follow each other: legs outside, the neutral between them.

    >>> center_tap([("house", 1, 0), ("house", 0, 2)])
    {('house', 1): '1', ('house', 2): '2'}
    """
    if len(windings) != 2:
        return None
    (bus, first, middle), (other, again, last) = windings
    if bus != other or middle != again or first == last:
        return None
    letters = {(bus, first): "1", (bus, last): "2"}
    return letters | ({(bus, middle): NEUTRAL} if middle else {})


def _followed(reading: Reading, winding: tuple[str, int, int], supply: list[str]) -> dict[Node, str]:
    bus, *nodes = winding
    live = [node for node in nodes if node and node in (1, 2, 3)]
    if not supply or set(supply) <= set(LEGS):
        return {}
    if len(live) == 2 and len(supply) == 1:
        return {(bus, node): leg for node, leg in zip(live, LEGS, strict=True)}
    if len(live) == 1 and len(supply) == 2 and reading.letter(bus, live[0]) in supply:
        return {(bus, live[0]): reading.letter(bus, live[0])}
    return {(bus, node): letter for node, letter in zip(live, supply, strict=False)}


def _assign(reading: Reading, groups: _Groups, known: set[Node], node: Node, letter: str) -> None:
    if groups.of(node) in known:
        return
    known.add(groups.of(node))
    for bus, number in groups.members(node):
        if reading.letter(bus, number) != letter:
            reading.letters[bus, number] = letter


def _undo_clashes(reading: Reading) -> None:
    """A bus at which two nodes would have one letter keeps the letters of their numbers."""
    for bus in reading.raw["buses"]:
        letters = [letter for node in bus["nodes"] if (letter := reading.letter(bus["name"], node)) != NEUTRAL]
        if len(set(letters)) < len(letters):
            for node in bus["nodes"]:
                reading.letters.pop((bus["name"], node), None)
            text = f"bus {bus['name']}: two nodes are fed from one phase; they keep the phases of their numbers"
            reading.note(Weight.CHANGED, text, "bus", bus["name"])


def _find_voltages(reading: Reading, groups: _Groups) -> None:
    """The file's voltage bases; where it sets none, from windings, sources and, last, loads."""
    kv, names = reading.kv, [bus["name"] for bus in reading.raw["buses"]]
    kv |= {bus["name"]: bus["kv"] for bus in reading.raw["buses"] if bus["kv"] > 0}
    _of_one_phase(reading)
    kv |= _legs(reading, groups)
    for seeds in (_windings, _sources, _devices):
        if all(name in kv for name in names):
            return
        kv |= {bus: volts for bus, volts in seeds(reading) if bus not in kv}
        _spread(reading)
    for name in names:
        if name not in kv:
            kv[name] = 0.0
            reading.note(Weight.LOST, f"bus {name}: no nominal voltage is given, and none follows", "bus", name)


def _of_one_phase(reading: Reading) -> None:
    """Bases that the engine took as between phases, though the file gives them to neutral: its source has one phase."""
    for record in reading.enabled("vsource"):
        base, given = reading.kv.get(record["terminals"][0]["bus"], 0.0), float(record["basekv"])
        if record["phases"] == 1 and isclose(given, ROOT3 * base, rel_tol=BASE_NEAR):
            found = [bus for bus, kv in reading.kv.items() if isclose(kv, base, rel_tol=BASE_NEAR)]
            reading.kv |= dict.fromkeys(found, given)
            text = f"source {record['name']} has one phase: {given:g} kV is to neutral, at {len(found)} buses"
            reading.note(Weight.CHANGED, text, "vsource", record["name"])


def _spread(reading: Reading) -> None:
    """Along lines, from buses that have a voltage to those that do not."""
    beside: dict[str, list[str]] = {}
    for kind in SERIES:
        for record in reading.enabled(kind):
            if len(record["terminals"]) == 2 and any(record["terminals"][1]["nodes"]):
                one, other = (terminal["bus"] for terminal in record["terminals"])
                beside.setdefault(one, []).append(other)
                beside.setdefault(other, []).append(one)
    waiting = deque(bus for bus in reading.kv if bus in beside)
    while waiting:
        bus = waiting.popleft()
        for other in beside[bus]:
            if other not in reading.kv:
                reading.kv[other] = reading.kv[bus]
                waiting.append(other)


def _legs(reading: Reading, groups: _Groups) -> dict[str, float]:
    """Split-phase buses: half of what is between the legs, as the transformer's nameplate says."""
    found = {bus: volts for bus, volts in _windings(reading) if _is_split(reading, bus)}
    reached: dict[str, float] = {}
    for bus, volts in found.items():
        for node in (1, 2, 3):
            if (bus, node) in reading.letters:
                reached |= {member: volts for member, _ in groups.members((bus, node))}
    return reached | found


def _is_split(reading: Reading, bus: str) -> bool:
    return any(reading.letters.get((bus, node), NEUTRAL) in tuple(LEGS) for node in (1, 2, 3))


def _windings(reading: Reading) -> Iterator[tuple[str, float]]:
    """Buses of windings, and the voltage to neutral there."""
    for record in reading.enabled("transformer"):
        for terminal, kv in zip(record["terminals"], record["kvs"], strict=True):
            yield terminal["bus"], _to_neutral(reading, terminal, record["phases"], kv)


def _sources(reading: Reading) -> Iterator[tuple[str, float]]:
    for record in reading.enabled("vsource"):
        kv = record["basekv"] / (3.0**0.5 if record["phases"] > 1 else 1.0)
        yield record["terminals"][0]["bus"], kv


def _devices(reading: Reading) -> Iterator[tuple[str, float]]:
    for kind in ("load", "capacitor", "generator"):
        for record in reading.enabled(kind):
            terminal = record["terminals"][0]
            yield terminal["bus"], _to_neutral(reading, terminal, record["phases"], float(record["kv"]))


def _to_neutral(reading: Reading, terminal: Record, phases: int, kv: float) -> float:
    """Voltage to neutral from that of a nameplate, which is to neutral for one phase with one hot end."""
    hot = [reading.letter(terminal["bus"], node) for node in terminal["nodes"]]
    hot = [letter for letter in hot[:2] if letter not in (GROUND, NEUTRAL)]
    between_legs = len(hot) == 2 and set(hot) <= set(LEGS)
    if phases == 1 and between_legs:
        return kv / 2.0
    return kv / 3.0**0.5 if phases > 1 or len(hot) == 2 else kv


def buses(reading: Reading, coordinates: tuple[Coordinate, ...]) -> Iterator[Bus]:
    """All of them; ungrounded neutrals are not nodes of a network, which is noted."""
    places = {place.bus: place for place in coordinates}
    for record in reading.raw["buses"]:
        name = record["name"]
        letters = [reading.letter(name, node) for node in record["nodes"]]
        if any(letter == NEUTRAL for letter in letters):
            reading.gather(Weight.CHANGED, "buses whose neutral is taken as grounded", "bus", name)
        renamed = [n for n in record["nodes"] if reading.letters.get((name, n), NEUTRAL) in tuple(PRIMARY)]
        if renamed:
            text = "buses below a transformer of one phase, whose node has the letter of the phase that feeds it"
            reading.gather(Weight.CHANGED, text, "bus", name)
        place = places.get(name)
        phases = in_order("".join({letter for letter in letters if letter not in (GROUND, NEUTRAL)}))
        yield Bus(name, phases, reading.kv[name], *((place.x, place.y) if place else ()))
