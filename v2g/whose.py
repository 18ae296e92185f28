"""When the columns of a program are, and of which thing: as far as each has a time, or one thing."""

from __future__ import annotations

import numpy as np

from v2g.affine import Ints
from v2g.engine.clash import NONE
from v2g.language import Part, param
from v2g.lp import LP, Block
from v2g.problem import Problem


def times(problem: Problem, lp: LP) -> Ints:
    """Time of each column, (columns,): interval t is ``2 t + 1``, the point before it ``2 t``, otherwise `NONE`.

    A set over things and intervals has its intervals in a param of its own, such as the interval of a plug; where it
    has several, the latest counts.
    """
    found = np.full(lp.shape[1], NONE, dtype=np.int64)
    parts = {part.table: part for part in problem.parts}
    for (table, _), block in lp.layout.columns.items():
        part = parts[table]
        for axis, letter in enumerate(block.letters):
            members = part.letters()[letter]
            steps = np.arange(block.shape[axis])
            mine = [w for w in part.words(param) if w.unit == "t" and part.param_letters(w) == (letter,)]
            if members in ("intervals", "points"):
                _fill(found, block, axis, 2 * steps + (members == "intervals"))
            elif mine:
                latest = np.maximum.reduce([problem.value(part, w.name).astype(np.int64) for w in mine])
                _fill(found, block, axis, 2 * latest + 1)
    return found


def things(problem: Problem, lp: LP) -> Ints:
    """Number of the row of a table that each column is of, counted through all tables, (columns,); otherwise `NONE`."""
    found, first = np.full(lp.shape[1], NONE, dtype=np.int64), 0
    for part in problem.parts:
        if not part.rows:
            continue
        size = problem.shape(part, [part.rows])[0]
        for (table, _), block in lp.layout.columns.items():
            for axis, letter in enumerate(block.letters):
                if table == part.table and letter == part.rows:
                    _fill(found, block, axis, first + np.arange(size))
                elif table == part.table and part.links and letter == part.links and _has_units(part):
                    _fill(found, block, axis, first + problem.value(part, "unit").astype(np.int64))
        first += size
    return found


def _has_units(part: type[Part]) -> bool:
    return any(word.name == "unit" for word in part.words(param))


def _fill(found: Ints, block: Block, axis: int, own: Ints) -> None:
    """Put a number for each member of one of its sets into the places of a block."""
    beside = [size if k == axis else 1 for k, size in enumerate(block.shape)]
    table = np.broadcast_to(own.reshape(beside), block.shape).ravel()
    found[block.first : block.first + block.size] = table if block.flat is None else table[block.flat]
