"""The summary of a benchmark as Markdown: who solved how much, in which time, and every time by instance."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from v2g.benchmark.rows import ABSENT, FEASIBLE, MEMORY, OPTIMAL, TIME, VERDICTS, WRONG, Row
from v2g.benchmark.running import Limits
from v2g.benchmark.solvers.entry import Solver

SHIFT_S = 1.0
SMALL = "too small to rank"
HEADS = ("solver", "version seen", "algorithm seen", "solved", "proven", "wrong", "mean s", "mean wall s",
         "mean hand-over s", "off", "most MB")  # fmt: skip
KINDS = {"lp": "Linear programs", "milp": "Mixed-integer programs"}


def shifted_mean(seconds: Sequence[float], shift: float = SHIFT_S) -> float:
    """Shifted geometric mean: ``exp(mean(log(s + shift))) - shift``.

    >>> round(shifted_mean([1.0, 7.0]), 12)
    3.0
    """
    return math.exp(math.fsum(math.log(s + shift) for s in seconds) / len(seconds)) - shift


def too_small(rows: Sequence[Row]) -> list[str]:
    """Instances that every run solved in less than the shift: what they would add to a mean is noise."""
    found = []
    for name in dict.fromkeys(row.instance for row in rows):
        mine = [row for row in rows if row.instance == name]
        times = [row.solve_cpu_s for row in mine if row.verdict in (OPTIMAL, FEASIBLE)]
        stopped = any(row.verdict in (TIME, MEMORY) for row in mine)
        if times and max(times) < SHIFT_S and not stopped:
            found.append(name)
    return found


def ranked(rows: Sequence[Row]) -> list[Row]:
    """Rows on instances that are large enough to rank solvers."""
    small = too_small(rows)
    return [row for row in rows if row.instance not in small]


def counted_s(row: Row, limits: Limits, clock: str = "solve_cpu_s") -> float:
    """Seconds of a run for a mean: those of solving, or the time limit where it did not solve."""
    seconds = float(getattr(row, clock))
    most = limits.time_s if clock == "solve_cpu_s" else limits.wall_s
    return min(seconds, most) if row.verdict == OPTIMAL and np.isfinite(seconds) else most


def table(rows: Sequence[Row], solvers: Mapping[str, Solver], sizes: Mapping[str, Mapping[str, object]],
          limits: Limits) -> str:  # fmt: skip
    """The whole summary."""
    lines = ["# Solvers on instances", "", *_preface(limits)]
    for kind, title in KINDS.items():
        mine = [row for row in rows if row.kind == kind]
        if mine:
            lines += [
                "",
                f"## {title}",
                "",
                _basis(mine),
                "",
                *_ranked(mine, solvers, limits),
                "",
                *_by_instance(mine, sizes),
                "",
            ]
            lines += _exceptions(mine)
    return "\n".join([*lines, ""])


def _preface(limits: Limits) -> list[str]:
    return [
        f"Processor seconds of solving (hand-over and reading back apart), one thread, limit {limits.time_s:g} s "
        f"({limits.wall_s:g} s by the clock on the wall) and {limits.memory_mb:g} MB. Means are shifted geometric, "
        f"shift {SHIFT_S:g} s, over all seeds of the instances that are large enough: those that some run needs "
        f"{SHIFT_S:g} s or more for. A run there that is not `optimal` counts as the time limit. All other columns are "
        "of all instances. "
        "`proven` counts runs whose own multipliers prove their value to 1e-6. `off` is the largest distance of a "
        "value called optimal from the best verified one, relative. Solvers marked † are first-order methods: asked "
        "for 1e-6, judged by their own measure, values within 1e-4. Best values are between 0 (nothing lost) and "
        "11, 111 or 1111 (everything).",
    ]


def _ranked(rows: Sequence[Row], solvers: Mapping[str, Solver], limits: Limits) -> list[str]:
    """One line for each solver, the quickest first, those that are not here last."""
    lines: list[tuple[float, list[str]]] = []
    small = too_small(rows)
    for name in dict.fromkeys(row.solver for row in rows):
        mine = [row for row in rows if row.solver == name]
        mark = f"{name} †" if solvers[name].near > 1e-6 else name
        if all(row.seed is None for row in mine):
            lines.append((math.inf, [mark, ABSENT, mine[0].reason, *[""] * (len(HEADS) - 3)]))
        else:
            large = [row for row in mine if row.instance not in small]
            mean = shifted_mean([counted_s(row, limits) for row in large]) if large else math.nan
            lines.append((mean if large else 0.0, [mark, *_line(mine, large, mean, limits)]))
    return _markdown(HEADS, [cells for _, cells in sorted(lines, key=lambda line: line[0])])


def _basis(rows: Sequence[Row]) -> str:
    """Which instances rank, in a sentence."""
    names, small = list(dict.fromkeys(row.instance for row in rows)), too_small(rows)
    if len(small) == len(names):
        return f"All instances are {SMALL}: every run took less than {SHIFT_S:g} s. There are no means, and no order."
    left = f"; {SMALL}: {', '.join(small)}" if small else ""
    return f"Ranked by {len(names) - len(small)} of {len(names)} instances{left}."


def _line(mine: Sequence[Row], large: Sequence[Row], mean: float, limits: Limits) -> list[str]:
    """What is told of a solver that is here, from its runs."""
    good = [row for row in mine if row.verdict == OPTIMAL]
    over = [row.hand_over_s for row in mine if np.isfinite(row.hand_over_s)]
    return [
        _words(row.version for row in mine),
        _words(row.algorithm for row in mine),
        f"{len(good)} of {len(mine)}",
        str(sum(map(_proven, mine)) or ""),
        str(sum(row.verdict == WRONG for row in mine) or ""),
        f"{mean:.2f}" if large else "",
        f"{shifted_mean([counted_s(row, limits, 'solve_s') for row in large]):.2f}" if large else "",
        f"{shifted_mean(over):.2f}" if over else "",
        f"{max(abs(row.off) for row in good):.0e}" if good else "",
        f"{max(row.peak_mb for row in mine):.0f}",
    ]


def _proven(row: Row) -> bool:
    """Whether its own multipliers prove that its value is the best, to 1e-6."""
    return row.verdict == OPTIMAL and row.value - row.proven <= 1e-6 * max(1.0, abs(row.value))


def _words(found: Iterable[str]) -> str:
    """What was seen, most often first."""
    counts = Counter(word for word in found if word)
    return "; ".join(word for word, _ in counts.most_common())


def _by_instance(rows: Sequence[Row], sizes: Mapping[str, Mapping[str, object]]) -> list[str]:
    """One line for each instance, one column for each solver: median seconds over the seeds, or what became of it."""
    solvers = [name for name in dict.fromkeys(row.solver for row in rows)
               if any(row.solver == name and row.seed is not None for row in rows)]  # fmt: skip
    lines, small = [], too_small(rows)
    for name in dict.fromkeys(row.instance for row in rows):
        size, mine = sizes[name], [row for row in rows if row.instance == name]
        best = next((row.best + row.constant for row in mine if np.isfinite(row.best + row.constant)), math.nan)
        cells = [_told([row for row in mine if row.solver == solver]) for solver in solvers]
        lines.append(
            [
                f"{name} ({SMALL})" if name in small else name,
                f"{size['rows']} x {size['columns']}",
                f"{best:.6f}",
                *cells,
            ]
        )
    return _markdown(("instance", "rows x columns", "best value", *solvers), lines)


def _told(rows: Sequence[Row]) -> str:
    solved = [row.solve_cpu_s for row in rows if row.verdict == OPTIMAL]
    other = Counter(row.verdict for row in rows if row.verdict != OPTIMAL)
    words = [word if count == len(rows) else f"{count} {word}" for word, count in other.items()]
    return ", ".join([*([f"{np.median(solved):.2f}"] if solved else []), *words])


def _exceptions(rows: Sequence[Row]) -> list[str]:
    """Every run that is neither solved nor simply out of time, with its reason."""
    odd = [row for row in rows if row.verdict not in (OPTIMAL, FEASIBLE, "time limit", ABSENT)]
    odd.sort(key=lambda row: -VERDICTS.index(row.verdict))
    return [f"- {row.verdict}: {row.solver} on {row.instance}, seed {row.seed}: {row.reason}" for row in odd]


def _markdown(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    bars = [f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |" for cells in (heads, *lines)]
    return [bars[0], f"|{' --- |' * len(heads)}", *bars[1:]]
