"""Pyomo's compiled matrix against that of the array reading, entry by entry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.core.base import constraint
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from scipy.sparse import csr_array

from v2g.lp import LP

TOLERANCE = 1e-12


@contextmanager
def templates(on: bool) -> Iterator[None]:
    """Inside, Pyomo calls each rule once with letters for indices (on), or once for each row."""
    before, constraint.TEMPLATIZE_CONSTRAINTS = constraint.TEMPLATIZE_CONSTRAINTS, on
    try:
        yield
    finally:
        constraint.TEMPLATIZE_CONSTRAINTS = before


def compiled(model: Any) -> Any:
    """Pyomo's own standard form of a model: the matrix a solver receives."""
    return LinearStandardFormCompiler().write(model, mixed_form=True)


def warm() -> None:
    """Load what building and compiling load the first time, so that no one is charged for it."""
    for templatized in (False, True):
        model = pyo.ConcreteModel()
        model.x = pyo.Var(range(2))
        with templates(templatized):
            model.row = pyo.Constraint(range(2), rule=lambda m, i: m.x[i] >= 0)
        compiled(model)


def equal(lp: LP, form: Any, columns: np.ndarray, rows: np.ndarray) -> bool:
    """Whether both are the same program, up to order and the sign of rows (Pyomo writes a >= b as b - a <= 0).

    ``columns`` and ``rows`` say which of ours each of theirs is. Rows that Pyomo leaves out must be empty.
    """
    matrix = form.A.tocoo()
    theirs = csr_array((matrix.data, (rows[matrix.row], columns[matrix.col])), shape=lp.shape)
    ours = csr_array((lp.matrix.value, lp.matrix.index, lp.matrix.start), shape=lp.shape)
    sign = np.sign((theirs * ours).sum(axis=1))
    left_out = np.setdiff1d(np.arange(lp.shape[0]), rows)
    if np.unique(rows).size != rows.size or ours[left_out].nnz:
        return False
    difference = theirs.multiply(sign[:, None]).tocsr() - ours
    return abs(difference).max() <= TOLERANCE and _sides_agree(lp, form, rows, sign)


def _sides_agree(lp: LP, form: Any, rows: np.ndarray, sign: np.ndarray) -> bool:
    kind = np.array([entry.bound_type for entry in form.rows])
    low, high = np.where(kind <= 0, form.rhs, -np.inf), np.where(kind >= 0, form.rhs, np.inf)
    turned = sign[rows] < 0
    low, high = np.where(turned, -high, low), np.where(turned, -low, high)
    return bool(
        np.allclose(low, lp.row_lower[rows], rtol=TOLERANCE, atol=TOLERANCE)
        and np.allclose(high, lp.row_upper[rows], rtol=TOLERANCE, atol=TOLERANCE)
    )
