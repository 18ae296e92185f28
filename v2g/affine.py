"""Sparse affine rows: what a rule becomes when its indices are arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from v2g.errors import ModelError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BRANCH = "a rule may not branch on a decision: split the cases by index sets (where=...)."
PRODUCT = "a product of two decisions is not linear."


class Term(NamedTuple):
    """Entries of several rows: ``row`` is None for one entry in each row, in order."""

    row: Ints | None
    column: Ints
    coefficient: Floats | float


class Relation:
    """``lower <= body <= upper``, rows at once."""

    def __init__(self, body: Affine, lower: float, upper: float) -> None:
        self.body, self.lower, self.upper = body, lower, upper

    def __bool__(self) -> bool:
        raise ModelError(
            "a comparison of decisions has no truth value; write one comparison to a rule, without chaining."
        )


class Affine:
    """``n`` affine rows: terms in the columns of a linear program, and a constant of shape (n,) or ()."""

    __slots__ = ("const", "n", "terms")
    __array_ufunc__ = None  # so that `array * affine` is ours

    def __init__(self, n: int, terms: tuple[Term, ...] = (), const: Floats | float = 0.0) -> None:
        self.n, self.terms, self.const = n, terms, const

    def __add__(self, other: Any) -> Affine:
        if not isinstance(other, Affine):
            return Affine(self.n, self.terms, self.const + _number(other))
        one, two = _same_length(self, other)
        return Affine(one.n, one.terms + two.terms, one.const + two.const)

    def __mul__(self, factor: Any) -> Affine:
        if isinstance(factor, Affine):
            if factor.terms and self.terms:
                raise ModelError(PRODUCT)
            return self._times(factor.const) if not factor.terms else factor._times(self.const)
        return self._times(_number(factor))

    def _times(self, number: Any) -> Affine:
        if np.ndim(number) and self.n == 1 and np.size(number) > 1:
            return _repeat(self, np.size(number))._times(number)
        terms = tuple(Term(r, c, a * _picked(number, r)) for r, c, a in self.terms)
        return Affine(self.n, terms, self.const * number)

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Affine:
        return self * -1.0

    def __sub__(self, other: Any) -> Affine:
        return self + -(other if isinstance(other, Affine) else _number(other))

    def __rsub__(self, other: Any) -> Affine:
        return (-self).__add__(other)

    def __truediv__(self, divisor: Any) -> Affine:
        if isinstance(divisor, Affine):
            raise ModelError("a quotient of decisions is not linear.")
        return self * (1.0 / np.asarray(divisor, dtype=float))

    def __rtruediv__(self, _: Any) -> Affine:
        raise ModelError("a quotient of decisions is not linear.")

    def __pow__(self, _: Any) -> Affine:
        raise ModelError(PRODUCT)

    def __eq__(self, other: object) -> Relation:  # type: ignore[override]
        return Relation(self - other, 0.0, 0.0)

    def __le__(self, other: Any) -> Relation:
        return Relation(self - other, -np.inf, 0.0)

    def __ge__(self, other: Any) -> Relation:
        return Relation(self - other, 0.0, np.inf)

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise ModelError(BRANCH)

    def constants(self) -> Floats:
        """The constant of each row, shape (n,)."""
        return np.broadcast_to(np.asarray(self.const, dtype=float), (self.n,))


def _number(value: Any) -> Any:
    if isinstance(value, (int, float, np.ndarray, np.number)):
        return value
    raise ModelError(f"{value!r} ({type(value).__name__}) is neither a number nor a decision.")


def _picked(number: Any, row: Ints | None) -> Any:
    if np.ndim(number) == 0 or row is None:
        return number
    return np.broadcast_to(number, (number.shape[0],))[row] if np.size(number) > 1 else number


def _repeat(one: Affine, n: int) -> Affine:
    rows = np.arange(n)
    terms = []
    for _, column, coefficient in one.terms:
        size = column.size
        coefficients = np.broadcast_to(np.asarray(coefficient, dtype=float), (size,))
        terms.append(Term(np.repeat(rows, size), np.tile(column, n), np.tile(coefficients, n)))
    return Affine(n, tuple(terms), one.const)


def _same_length(one: Affine, two: Affine) -> tuple[Affine, Affine]:
    if one.n == two.n:
        return one, two
    if one.n == 1:
        return _repeat(one, two.n), two
    if two.n == 1:
        return one, _repeat(two, one.n)
    raise ModelError(f"rows do not fit: {one.n} against {two.n}.")


@dataclass(frozen=True)
class Rows:
    """Compressed sparse rows: entries of row i are ``index[start[i]:start[i + 1]]``."""

    start: Ints
    index: Ints
    value: Floats


def compress(n: int, terms: tuple[Term, ...]) -> Rows:
    """Terms of n rows as compressed rows: sorted by column, equal columns added, zeros dropped."""
    if not terms:
        return Rows(np.zeros(n + 1, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))
    everyone = np.arange(n)
    row = np.concatenate([everyone if r is None else r for r, _, _ in terms])
    column = np.concatenate([c for _, c, _ in terms])
    value = np.concatenate([np.broadcast_to(np.asarray(a, dtype=float), c.shape) for _, c, a in terms])
    width = int(column.max(initial=0)) + 1
    key = row.astype(np.int64) * width + column
    order = np.argsort(key, kind="stable")
    key, value = key[order], value[order]
    if key.size and (key[1:] == key[:-1]).any():
        first = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
        value = np.add.reduceat(value, first)
        key = key[first]
    keep = value != 0.0
    if not keep.all():
        key, value = key[keep], value[keep]
    row, column = key // width, key % width
    start = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(row, minlength=n), out=start[1:])
    return Rows(start, column, value)


class Entries(NamedTuple):
    """Entries of rows, each with its row."""

    row: Ints
    column: Ints
    coefficient: Floats


def gather(rows: Rows, wanted: Ints) -> Entries:
    """Entries of the wanted rows; row i is ``wanted[i]``."""
    counts = rows.start[wanted + 1] - rows.start[wanted]
    row = np.repeat(np.arange(wanted.size), counts)
    offset = np.arange(row.size) - np.repeat(np.cumsum(counts) - counts, counts)
    at = np.repeat(rows.start[wanted], counts) + offset
    return Entries(row, rows.index[at], rows.value[at])
