"""A program as MPS and as LP text, in the words that every solver reads.

Names are ``c0000001`` and ``r0000001``: eight letters and digits, as the oldest readers want them. Numbers have all
the digits they need to come back as the same. Left out, because readers differ about them: a constant of the
objective, the sense (all is minimised), ranges, a negative upper bound without a lower one, default bounds of
integers (each column states its own).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from v2g.benchmark.program import Floats, Program

TERMS_A_LINE = 6


def column_name(at: int) -> str:
    """Name of a column counted from 0.

    >>> column_name(0)
    'c0000001'
    """
    return f"c{at + 1:07d}"


def row_name(at: int) -> str:
    """Name of a row counted from 0."""
    return f"r{at + 1:07d}"


def senses(program: Program) -> list[str]:
    """``E``, ``L`` or ``G`` for each row. Raises ValueError for a row with no side, or with two different ones."""
    low, high = np.isfinite(program.row_lower), np.isfinite(program.row_upper)
    if (low & high & (program.row_lower != program.row_upper)).any() or (~low & ~high).any():
        raise ValueError("a row has no side, or two different ones")
    return [str(sense) for sense in np.where(low & high, "E", np.where(high, "L", "G"))]


def sides(program: Program) -> Floats:
    """Right-hand side of each row."""
    return np.where(np.isfinite(program.row_upper), program.row_upper, program.row_lower)


def written(program: Program, folder: Path) -> Path:
    """The program as an MPS file in a folder."""
    file = folder / "program.mps"
    file.write_text(mps(program, "program"), encoding="ascii")
    return file


def mps(program: Program, name: str) -> str:
    """The program in free MPS; one space apart, so that readers of either form take it."""
    return "\n".join([*_mps_lines(program, name), ""])


def _mps_lines(program: Program, name: str) -> Iterator[str]:
    yield f"NAME {name}"
    yield "ROWS"
    yield " N cost"
    yield from (f" {sense} {row_name(i)}" for i, sense in enumerate(senses(program)))
    yield "COLUMNS"
    yield from _mps_columns(program)
    yield "RHS"
    yield from (f" RHS {row_name(i)} {side!r}" for i, side in enumerate(sides(program).tolist()) if side)
    yield "BOUNDS"
    for j, (low, high) in enumerate(zip(program.lower.tolist(), program.upper.tolist(), strict=True)):
        yield from (f" {line}" for line in _mps_bounds(column_name(j), low, high))
    yield "ENDATA"


def _mps_columns(program: Program) -> Iterator[str]:
    start, row, value = (array.tolist() for array in program.by_columns())
    within = False
    for j, (cost, whole) in enumerate(zip(program.cost.tolist(), program.integer.tolist(), strict=True)):
        if whole != within:
            yield f" MARKER 'MARKER' '{'INTORG' if whole else 'INTEND'}'"
            within = whole
        name, empty = column_name(j), start[j] == start[j + 1]
        if cost or empty:
            yield f" {name} cost {cost!r}"
        yield from (f" {name} {row_name(row[k])} {value[k]!r}" for k in range(start[j], start[j + 1]))
    if within:
        yield " MARKER 'MARKER' 'INTEND'"


def _mps_bounds(name: str, low: float, high: float) -> list[str]:
    if low == high:
        return [f"FX BND {name} {low!r}"]
    if np.isinf(low) and np.isinf(high):
        return [f"FR BND {name}"]
    lower = f"MI BND {name}" if np.isinf(low) else f"LO BND {name} {low!r}"
    upper = f"PL BND {name}" if np.isinf(high) else f"UP BND {name} {high!r}"
    return [lower, upper]


def lp(program: Program) -> str:
    """The program in the LP format of CPLEX."""
    return "\n".join([*_lp_lines(program), ""])


def _lp_lines(program: Program) -> Iterator[str]:
    start, index, value = program.start.tolist(), program.index.tolist(), program.value.tolist()
    used = np.bincount(program.index, minlength=program.columns) > 0
    priced = np.flatnonzero((program.cost != 0.0) | ~used)
    yield "Minimize"
    yield from _sum("cost", priced.tolist(), program.cost[priced].tolist())
    yield "Subject To"
    signs = {"E": "=", "L": "<=", "G": ">="}
    for i, (sense, side) in enumerate(zip(senses(program), sides(program).tolist(), strict=True)):
        yield from _sum(row_name(i), index[start[i] : start[i + 1]], value[start[i] : start[i + 1]])
        yield f"  {signs[sense]} {side!r}"
    yield "Bounds"
    for j, (low, high) in enumerate(zip(program.lower.tolist(), program.upper.tolist(), strict=True)):
        yield f" {_lp_bounds(column_name(j), low, high)}"
    if program.integer.any():
        yield "General"
        yield from (f" {column_name(j)}" for j in np.flatnonzero(program.integer).tolist())
    yield "End"


def _sum(name: str, columns: list[int], values: list[float]) -> Iterator[str]:
    terms = [f"{'-' if a < 0 else '+'} {abs(a)!r} {column_name(j)}" for j, a in zip(columns, values, strict=True)] or [
        f"+ 0 {column_name(0)}"
    ]
    for k in range(0, len(terms), TERMS_A_LINE):
        yield f" {name + ':' if k == 0 else ' '} {' '.join(terms[k : k + TERMS_A_LINE])}"


def _lp_bounds(name: str, low: float, high: float) -> str:
    if low == high:
        return f"{name} = {low!r}"
    if np.isinf(low) and np.isinf(high):
        return f"{name} free"
    if np.isinf(high):
        return f"{name} >= {low!r}"
    return f"{'-inf' if np.isinf(low) else repr(low)} <= {name} <= {high!r}"
