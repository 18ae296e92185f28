"""What cuts a part of the feeder off in an interval: lines that are out, supplies that are not there, open switches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import networkx
import numpy as np

from v2g.replay.clock import nanoseconds
from v2g.replay.columns import texts, times
from v2g.replay.timeline import closed_over_time, interval_with, next_interval
from v2g.replay.verdict import Index, Mask
from v2g.scarcity import Scarcity
from v2g.spans import listed, moment, runs

GAINS = ("back", "energised")


@dataclass(frozen=True)
class Happening:
    """A row of the events: what happens, its row counted from 0, and the interval from which it counts."""

    word: str
    row: int
    since: int


@dataclass(frozen=True)
class Element:
    """A line or transformer, and in which intervals it is closed, (T,)."""

    kind: str
    name: str
    ends: tuple[str, str]
    phases: str
    closed: Mask

    @property
    def words(self) -> str:
        """The element in words."""
        return f"{self.kind} {self.name}"


class Cut:
    """Who is cut off from what, and by which row of the case."""

    def __init__(self, short: Scarcity) -> None:
        self.short, self.record, self.case = short, short.record, short.record.case

    @cached_property
    def happenings(self) -> dict[str, list[Happening]]:
        """Events of each element that is switched or supplied, in the order of time."""
        table, found = self.case.table("events"), dict[str, list[Happening]]()
        words, elements = texts(table, "event"), texts(table, "element")
        at = nanoseconds(times(table, "at_utc"))
        gained, lost = next_interval(self.case, at), interval_with(self.case, at)
        for row in np.argsort(at, kind="stable").tolist():
            if words[row] != "fuel":
                since = int((gained if words[row] in GAINS else lost)[row])
                found.setdefault(elements[row], []).append(Happening(words[row], row, since))
        return found

    @cached_property
    def elements(self) -> list[Element]:
        """All lines and transformers."""
        found = []
        for kind in ("line", "transformer"):
            table, closed = self.case.table(f"{kind}s"), closed_over_time(self.case, kind)
            columns = [texts(table, column, "abc") for column in (kind, "from_bus", "to_bus", "phases")]
            for row, (name, one, two, phases) in enumerate(zip(*columns, strict=True)):
                found.append(Element(kind, name, (one, two), phases, closed[row]))
        return found

    @cached_property
    def _node(self) -> dict[str, int]:
        """The first node of each bus."""
        return {bus: k for k, (bus, _) in reversed(list(enumerate(self.record.feeder.nodes)))}

    def _islands(self, element: Element, at: int) -> tuple[int, int]:
        one, two = (int(self.short.island[self._node[end], at]) for end in element.ends)
        return one, two

    def doors(self, island: int, at: int) -> list[str]:
        """Lines and transformers between an island and a live part that are open as built, not by an event."""
        number, live, found = self.record.feeder.number, self.record.live, []
        for element in self.elements:
            sides = self._islands(element, at)
            if element.closed[at] or element.name in self.happenings or island not in sides:
                continue
            beyond = element.ends[1 if sides[0] == island else 0]
            nodes = [number[beyond, phase] for phase in element.phases if (beyond, phase) in number]
            if sides[0] != sides[1] and live[nodes, at].any():
                found.append(element.words)
        return found

    def why(self, island: int, at: int) -> list[str]:
        """Why an island has no supply from elsewhere in an interval: rows of the case, in words."""
        if (island, at) not in self._known:
            self._known[island, at] = self._why(island, at)
        return self._known[island, at]

    @cached_property
    def _known(self) -> dict[tuple[int, int], list[str]]:
        return {}

    def _why(self, island: int, at: int) -> list[str]:
        supplies = self._supplies(island, at)
        way, beyond = self._way(island, at)
        if way and not self._live(beyond, at):
            supplies += self._supplies(beyond, at)
        return [*supplies, *(self._switched(element, at) for element in way)]

    def told(self, on: Mask, first: int, last: int, why: Callable[[int], str]) -> list[tuple[str, str]]:
        """Times from an interval on that touch those up to ``last``, cut where the reason changes, with the reason."""
        found: list[tuple[int, int, str]] = []
        for begin, end in runs(on[first:]):
            for t in range(begin + first, end + first) if begin + first <= last else ():
                words = why(t)
                joins = bool(found) and found[-1][1:] == (t, words)
                found = [*found[:-1], (found[-1][0], t + 1, words)] if joins else [*found, (t, t + 1, words)]
        reasons = dict.fromkeys(words for _, _, words in found)
        return [(self._until([(a, b) for a, b, w in found if w == words]), words) for words in reasons]

    def _until(self, pairs: list[tuple[int, int]]) -> str:
        """Spans in words; where they reach the end, that is said in place of the hour."""
        if len(pairs) == 1 and pairs[0][1] == self.case.steps:
            return f"from {moment(self.case, pairs[0][0])} to the end"
        return listed(self.case, pairs)

    def _live(self, island: int, at: int) -> bool:
        return bool(self.record.live[self.short.island[:, at] == island, at].any())

    def _way(self, island: int, at: int) -> tuple[list[Element], int]:
        """Elements that events hold open on the shortest way to a live part, else to one that has a supply at times."""
        graph: networkx.Graph[int] = networkx.Graph()
        graph.add_node(island)
        shut: dict[frozenset[int], list[Element]] = {}
        for element in self.elements:
            if not element.closed[at] and element.name in self.happenings:
                pair = self._islands(element, at)
                graph.add_edge(*pair)
                shut.setdefault(frozenset(pair), []).append(element)
        paths = networkx.single_source_shortest_path(graph, island)
        nearest = sorted((part for part in paths if part != island), key=lambda part: (len(paths[part]), part))
        lit = [part for part in nearest if self._live(part, at)] or [p for p in nearest if self._formers(p, at)]
        if not lit:
            return [], island
        path = paths[lit[0]]
        return [e for a, b in pairwise(path) for e in shut[frozenset((a, b))]], lit[0]

    def _formers(self, island: int, at: int) -> list[int]:
        """Ranks of the sources that could form an island, live or not."""
        nodes = self.record.islands.former_nodes
        return [rank for rank, mine in enumerate(nodes) if island in self.short.island[list(mine), at]]

    def _supplies(self, island: int, at: int) -> list[str]:
        """Sources that could form the island, and are not there then."""
        there, rows, sources = self.record.islands.former_there, self._former_rows, self.record.sources
        dark = not self._live(island, at)
        mine = self._formers(island, at)
        absent = [r for r in mine if not there[r, at] and (dark or sources.kinds[rows[r]] == "grid")]
        groups: dict[str, list[int]] = {}
        for rank in absent:
            groups.setdefault(self._element(int(rows[rank])), []).append(rank)
        present = {self._element(int(rows[r])) for r in mine if there[r, at]}
        return [self._absent(name, ranks, at) for name, ranks in groups.items() if name not in present]

    @cached_property
    def _former_rows(self) -> Index:
        """Row among the sources of each source that can form an island."""
        return np.flatnonzero(self.record.sources.forming)

    def _element(self, row: int) -> str:
        """What the events call a source: several rows of the grid may be windows of one."""
        name = self.record.sources.names[row]
        if self.record.sources.kinds[row] != "grid":
            return self.record.sources.name(row)
        for known in (name, name.rsplit(" (", 1)[0], self.record.sources.buses[row]):
            if any(h.word in ("energised", "dead") for h in self.happenings.get(known, ())):
                return known
        return name

    def _absent(self, element: str, ranks: Sequence[int], at: int) -> str:
        row = int(self._former_rows[ranks[0]])
        sources = self.record.sources
        there: Mask = np.asarray(self.record.islands.former_there[list(ranks)].any(axis=0))
        if element in self.happenings and sources.kinds[row] == "grid":
            noun = f"grid {element}" if element == sources.names[row] else f"bus {element}"
            return self._told(noun, element, there, at, ("is not yet energised", "is dead", "is energised"))
        if sources.kinds[row] == "station":
            return f"at {sources.name(row)}, which could form a grid, no vehicle is plugged in that may give"
        back: Index = np.flatnonzero(there[at:]) + at
        table = {"grid": "grid", "generator": "generators", "battery": "batteries"}[sources.kinds[row]]
        place = f"({self.case.origin.get(table, f'{table}.csv')}, row {int(sources.row[row]) + 2})"
        if back.size:
            return f"{sources.name(row)} is there only from {moment(self.case, back[0])} {place}"
        gone: Index = np.flatnonzero(there[:at])
        if gone.size:
            return f"{sources.name(row)} is there only until {moment(self.case, gone[-1] + 1)} {place}"
        return f"{sources.name(row)} is not there {place}"

    def _switched(self, element: Element, at: int) -> str:
        return self._told(element.words, element.name, element.closed, at, ("is open", "is out", "is back"))

    def _told(self, noun: str, element: str, there: Mask, at: int, words: tuple[str, str, str]) -> str:
        """State of something in an interval by the events, and when that changes.

        ``words``: not yet there, lost, back.
        """
        known = self.happenings[element]
        now = last(h for h in known if h.since <= at)
        lost = now is not None and now.word not in GAINS
        said = f"{noun} {words[1] if lost else words[0]}" + (f" ({self._place(now)})" if lost and now else "")
        back: Index = np.flatnonzero(there[at:]) + at
        if not back.size:
            return f"{said} and stays so" if lost else said
        gain = last(h for h in known if h.since <= back[0] and h.word in GAINS)
        when = moment(self.case, back[0])
        return f"{said}; it {words[2]} " + (f"{self._time(gain)} ({self._place(gain)})" if gain else f"at {when}")

    def _place(self, happening: Happening) -> str:
        """File and row of an event; of a loss inside an interval, also when it is and from when it counts."""
        place = f"{self.case.origin.get('events', 'events.csv')}, row {happening.row + 2}"
        time = self._time(happening)
        inside = happening.word not in GAINS and "counts" in time and happening.since > 0
        return f"{place}, {time}" if inside else place

    def _time(self, happening: Happening) -> str:
        """When an event is, and from when it counts, where that is another time."""
        stated = f"{self.case.table('events')['at_utc'].iloc[happening.row]:%Y-%m-%d %H:%M}"
        counts = moment(self.case, min(happening.since, self.case.steps))
        same = counts.split()[-1] if counts.split()[0] == stated.split()[0] else counts
        return f"at {stated}" if stated == counts else f"at {stated}, which counts from {same}"


def last(found: Iterator[Happening]) -> Happening | None:
    """The last of some events, or None."""
    return next(reversed(list(found)), None)
