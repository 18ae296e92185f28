"""The cheapest single remedy that works: kind by kind in the order of effort, sizes by bisection."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from v2g.case import Case
from v2g.engine.clock import Clock
from v2g.remedies.kind import Candidate, Kind, Plight
from v2g.remedies.tables import Tables
from v2g.remedies.trial import Trial

Report = Callable[[str, str, float], None]
MOST_CANDIDATES = 12
"""Candidates of one kind that are tried for a load."""
MORE_SIZES = 3
"""Larger sizes tried where the least one that the linear program allows finds no plan."""


@dataclass(frozen=True)
class Tried:
    """One candidate that was tried without success: ``size`` is the largest that was."""

    kind: str
    where: str
    size: float | None
    unit: str
    outcome: str

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, ready for JSON."""
        return dict(self.__dict__)


@dataclass(frozen=True)
class Remedy:
    """What would help a load, or that nothing was found. ``effort`` is the assumed rank of its kind, 0 for no change.

    ``works`` says that it was re-solved with all loads served before and this one required, and that the
    audit passed. ``complete`` is false where the time ended the search.
    """

    load: str
    works: bool
    text: str
    kind: str = ""
    effort: int | None = None
    where: str = ""
    size: float | None = None
    unit: str = ""
    served: int | None = None
    total: int | None = None
    complete: bool = True
    tried: tuple[Tried, ...] = ()
    tables: Tables | None = field(default=None, compare=False, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, ready for JSON."""
        plain = {key: value for key, value in self.__dict__.items() if key not in ("tables", "tried")}
        return {**plain, "tried": [tried.to_dict() for tried in self.tried]}


class Search:
    """Looks for remedies for the loads of one plan. ``seconds`` is the time for all of them together.

    ``progress`` is called as ``progress(phase, detail, seconds)`` for every candidate that was tried.
    """

    def __init__(
        self, trial: Trial, kinds: Sequence[Kind], seconds: float | None = None, progress: Report | None = None
    ) -> None:
        self.trial, self.kinds, self.clock, self.progress = trial, kinds, Clock(seconds), progress
        self.began = time.perf_counter()
        self.tables = Tables.of(trial.case)
        self.cases: dict[str, Case | None] = {}

    def say(self, detail: str) -> None:
        """Report a step."""
        if self.progress is not None:
            self.progress("remedy", detail, time.perf_counter() - self.began)

    def changed(self, tables: Tables) -> Case | None:
        """The case of changed tables, None where it is not valid; from memory where another load asked for it."""
        known = self.tables.frames
        other = {name: frame for name, frame in tables.frames.items() if frame is not known.get(name)}
        key = "\n".join(f"{name}\n{frame.to_csv(index=False)}" for name, frame in sorted(other.items()))
        key += repr(sorted(set(known) - set(tables.frames))) + repr(tables.header)
        if key not in self.cases:
            self.cases[key] = tables.checked(self.trial.parts)
        return self.cases[key]

    def remedies(self, plights: Sequence[Plight]) -> Iterator[Remedy]:
        """A remedy for each load, in their order; the time that is left is shared among those to come."""
        for done, plight in enumerate(plights):
            left = self.clock.left()
            yield _One(self, plight, Clock(None if left is None else left / (len(plights) - done))).remedy()


class _One:
    """The search for one load."""

    def __init__(self, search: Search, plight: Plight, clock: Clock) -> None:
        self.trial, self.tables, self.kinds, self.changed = search.trial, search.tables, search.kinds, search.changed
        self.say = search.say
        self.plight, self.clock = plight, clock
        self.keep = (*plight.served, plight.load)
        self.tried: list[Tried] = []
        self.in_time = True

    def remedy(self) -> Remedy:
        """The cheapest that works, or what was tried."""
        if self.clock.over:
            return self._nothing()
        if self._possible(self.trial.case):
            found = self._told(self.trial.case, None, None, None)
            if found is not None:
                return found
        for kind in self.kinds:
            found = self._of(kind)
            if found is not None:
                return found
            if not self.in_time:
                break
        return self._nothing()

    def _of(self, kind: Kind) -> Remedy | None:
        """The best candidate of a kind: the first that works, or where sizes compare, the least."""
        best: list[tuple[float, Candidate]] = []
        candidates = list(islice(kind.candidates(self.plight), MOST_CANDIDATES))
        if self._vain_together(kind, candidates):
            return None
        for candidate in candidates:
            if self.clock.over:
                self.in_time = False
            if not self.in_time:
                break
            below = min((size for size, _ in best), default=None) if kind.compares else None
            size = self._least(kind, candidate, below)
            if size is None:
                continue
            best.append((size, candidate))
            if not kind.compares:
                break
        for size, candidate in sorted(best, key=lambda pair: pair[0]):
            for larger in self._larger(candidate, size):
                case = self.changed(candidate.change(self.tables, larger))
                told = None if case is None else self._told(case, kind, candidate, larger)
                if told is not None:
                    return told
            no_plan = "the linear program has a solution, and no plan was found"
            self._note(kind, candidate, size, no_plan if self.in_time else "the time ended")
        return None

    def _vain_together(self, kind: Kind, candidates: Sequence[Candidate]) -> bool:
        """Whether all candidates of a kind together, each at its largest, do not help: then no single one does.

        That is so where sizes compare, as more of each only loosens limits. It is not tried where vehicles are
        designated for a fleet minimum: more energy in one may change which.
        """
        if not kind.compares or len(candidates) < 2 or len(self.trial.case.table("fleet_minimum")) or self.clock.over:
            return False
        tables = self.tables
        for candidate in candidates:
            tables = candidate.change(tables, candidate.sizes[-1])
        case = self.changed(tables)
        if case is None or self._possible(case) or not self.in_time:
            return False
        for candidate in candidates:
            self._note(kind, candidate, candidate.sizes[-1], "does not work")
        return True

    @staticmethod
    def _larger(candidate: Candidate, size: float) -> list[float]:
        """The size, and some larger ones."""
        if not candidate.sizes:
            return [size]
        rest = [s for s in candidate.sizes if s >= size]
        last = len(rest) - 1
        return [rest[at] for at in sorted({0, *(last * k // MORE_SIZES for k in range(1, MORE_SIZES + 1))})]

    def _least(self, kind: Kind, candidate: Candidate, below: float | None) -> float | None:
        """The least size that the linear program allows (0 where there is none to choose), or None."""
        sizes = [s for s in candidate.sizes if below is None or s < below]
        if not candidate.sizes:
            return 0.0 if self._works(kind, candidate, 0.0) else None
        if not sizes or not self._works(kind, candidate, sizes[-1]):
            return None
        fails, works = -1, len(sizes) - 1
        while works - fails > 1 and self.in_time:
            middle = (fails + works) // 2
            if self._works(kind, candidate, sizes[middle], note=False):
                works = middle
            else:
                fails = middle
        return sizes[works]

    def _works(self, kind: Kind, candidate: Candidate, size: float, note: bool = True) -> bool:
        case = self.changed(candidate.change(self.tables, size))
        if case is None:
            if note:
                self._note(kind, candidate, size, "the changed case is not valid")
            return False
        found = self._possible(case)
        if not found and note:
            self._note(kind, candidate, size, "does not work" if self.in_time else "the time ended")
        return found

    def _possible(self, case: Case) -> bool:
        found = self.trial.possible(case, self.keep, self.clock)
        if found is None:
            self.in_time = False
        return bool(found)

    def _note(self, kind: Kind, candidate: Candidate, size: float, outcome: str) -> None:
        known = size if candidate.unit else None
        self.say(f"{self.plight.load}: {kind.name} {candidate.where}: {outcome}")
        self.tried.append(Tried(kind.name, candidate.where, known, candidate.unit, outcome))

    def _told(self, case: Case, kind: Kind | None, candidate: Candidate | None, size: float | None) -> Remedy | None:
        """The remedy in words, if a full solve with audit confirms it."""
        plan = self.trial.plan_of(case, self.keep, self.clock)
        if plan is None:
            self.in_time = self.in_time and not self.clock.over
            return None
        row = plan.summary["critical"][str(self.plight.tier)]
        served, total, load = int(row["served"]), int(row["total"]), self.plight.load
        then = f"{served} of {total} loads of tier {self.plight.tier} then"
        done = "Re-solved, audit passed."
        if kind is None or candidate is None or size is None:
            text = f"Nothing need change to keep {load}: {then}, and the policy puts other things first. {done}"
            return Remedy(load, True, text, "none", 0, served=served, total=total, tried=tuple(self.tried))
        text = f"{candidate.words(size)} keeps {load}: {then}. {done}"
        self.say(f"{load}: {kind.name} {candidate.where}: works")
        return Remedy(
            load, True, text, kind.name, kind.effort, candidate.where, size if candidate.unit else None,
            candidate.unit, served, total, self.in_time, tuple(self.tried), candidate.change(self.tables, size),
        )  # fmt: skip

    def _nothing(self) -> Remedy:
        """That no single remedy was found, and which kinds were tried."""
        counts = {kind: sum(tried.kind == kind.name for tried in self.tried) for kind in self.kinds}
        listed = ", ".join(f"{kind.noun} ({count})" for kind, count in counts.items() if count)
        ended = not self.in_time or self.clock.over
        text = f"No single remedy was found for {self.plight.load}."
        none = "" if ended else " There was none to try."
        text += f" Tried, with how many of each: {listed}." if listed else none
        if ended:
            text += " The time ended the search; give more with --time-limit."
        return Remedy(self.plight.load, False, text, complete=not ended, tried=tuple(self.tried))
