"""The studies, by name: which phases of which cases are timed side by side, and the table that shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks import batches, imported, tables, voltages
from benchmarks.child import measure

Run = dict[str, Any]
Told = Callable[[str], None]
SHORT = 5.0
TIMES = 3


@dataclass(frozen=True)
class Study:
    """Phases of cases, or something else ``found`` about them all; ``quick`` stand for ``cases`` in a trial run."""

    title: str
    cases: tuple[str, ...]
    quick: tuple[str, ...]
    phases: tuple[str, ...]
    table: Callable[[Sequence[Run]], list[str]]
    found: Callable[[Sequence[str]], list[Run]] | None = None

    def runs(self, quick: bool, limit: float, told: Told) -> list[Run]:
        """Measure every phase of every case, each in its own process."""
        cases = self.quick if quick else self.cases
        if self.found is not None:
            return self.found(cases)
        return list(self._each(cases, 1 if quick else TIMES, limit, told))

    def _each(self, cases: Sequence[str], times: int, limit: float, told: Told) -> Iterator[Run]:
        for case in cases:
            for phase in self.phases:
                run = _typical(case, phase, limit, times)
                told(f"{case:20}{phase:24}{sum(run['wall'].values()):10.2f} s")
                yield run


def _typical(case: str, phase: str, limit: float, times: int) -> Run:
    """A run; the one of median length among several where it is short."""
    runs = [measure(case, phase, limit)]
    while _length(runs[0]) < SHORT and len(runs) < times:
        runs.append(measure(case, phase, limit))
    middle = median(sorted(_length(run) for run in runs))
    return min(runs, key=lambda run: abs(_length(run) - middle))


def _length(run: Run) -> float:
    return float(sum(run["wall"].values()))


STUDIES: Mapping[str, Study] = {
    "vehicles": Study(
        "Assembly of the vehicles alone",
        ("fleet-500x96", "fleet-2000x96"),
        ("fleet-20x24",),
        ("vehicles-arrays", "vehicles-templatized", "vehicles-plain"),
        tables.against,
    ),
    "assembly": Study(
        "Assembly of the whole text",
        ("ieee123-storm", "fleet-2000x96"),
        ("village",),
        ("arrays", "pyomo"),
        tables.against,
    ),
    "growth": Study(
        "Up to the solver, by size",
        ("fleet-500x96", "fleet-2000x96", "fleet-10000x96"),
        ("fleet-20x24",),
        ("derive", "arrays", "hand-over"),
        tables.growth,
    ),
    "whole": Study(
        "The whole job",
        ("village", "ieee13-blackout", "ieee123-storm", "fleet-50x48", "fleet-200x48", "fleet-500x96"),
        ("village",),
        ("whole", "whole-pyomo"),
        tables.whole,
    ),
    "voltages": Study(
        "Voltages against an AC power flow",
        voltages.FEEDERS,
        voltages.FEEDERS[:1],
        (),
        tables.voltages,
        voltages.study,
    ),
    "imported": Study(
        "Imported feeders against what the engine says of their files",
        tuple(imported.FEEDERS),
        ("ieee13",),
        (),
        tables.imported,
        imported.study,
    ),
    "batch": Study(
        "What a study costs beside solving",
        ("village", "depot"),
        ("quick",),
        (),
        batches.table,
        batches.study,
    ),
}
