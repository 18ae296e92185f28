"""The reading with index arrays: each rule is evaluated once, for all its indices, into sparse rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from v2g.affine import Affine, Floats, Ints, Relation, Rows, Term, compress, gather
from v2g.errors import ModelError
from v2g.language import (
    Part,
    Word,
    bounds,
    check_into,
    constraint,
    evaluate,
    param,
    said,
    total,
    unknown_name,
    variable,
)
from v2g.lp import LP, Block, Key, Layout, Objective, stack
from v2g.problem import QUANTITIES, Array, Problem


def flatten(index: Any, shape: tuple[int, ...]) -> Ints:
    """Flat positions of an index expression in an array of that shape, shape (rows,)."""
    parts = index if isinstance(index, tuple) else (index,)
    if len(parts) != len(shape):
        raise ModelError(f"{len(parts)} indices given, {len(shape)} declared.")
    flat: Any = np.zeros((), dtype=np.int64)
    for i, size in zip(parts, shape, strict=True):
        here = np.asarray(i)
        if here.size and (here.min() < 0 or here.max() >= size):
            raise ModelError(f"an index runs outside its set: {here.min()} to {here.max()}, allowed 0 to {size - 1}.")
        flat = flat * size + here
    return np.atleast_1d(flat)


class Values:
    """A param: indexing gives one number per row."""

    def __init__(self, name: str, values: Array) -> None:
        self.name, self.values, self.shape = name, values.reshape(-1), values.shape

    def __getitem__(self, index: Any) -> Any:
        return self.values[flatten(index, self.shape)]

    def __repr__(self) -> str:
        return f"'{self.name}' without its indices"


class Columns:
    """A variable: indexing gives one column per row, or nothing where the variable does not exist."""

    def __init__(self, block: Block) -> None:
        self.first, self.shape = block.first, block.shape
        self.lookup: Ints | None = None
        if block.flat is not None:
            self.lookup = np.full(int(np.prod(block.shape)), -1, dtype=np.int64)
            self.lookup[block.flat] = np.arange(block.flat.size) + block.first

    def __getitem__(self, index: Any) -> Affine:
        flat = flatten(index, self.shape)
        if self.lookup is None:
            return Affine(flat.size, (Term(None, flat + self.first, 1.0),))
        column = self.lookup[flat]
        present = np.flatnonzero(column >= 0)
        if present.size == flat.size:
            return Affine(flat.size, (Term(None, column, 1.0),))
        return Affine(flat.size, (Term(present, column[present], 1.0),))


class Groups:
    """A total: rows of sums, assembled once, gathered wherever a rule asks for them."""

    def __init__(self, shape: tuple[int, ...], terms: tuple[Term, ...], const: Floats) -> None:
        self.shape, self.const = shape, const
        self.rows = compress(int(np.prod(shape)), terms)

    def __getitem__(self, index: Any) -> Affine:
        flat = flatten(index, self.shape) if self.shape else np.zeros(1, dtype=np.int64)
        return Affine(flat.size, (Term(*gather(self.rows, flat)),), self.const[flat])


class Arrays:
    """Reads a problem into an `LP`."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.parts: list[Part] = [kind(self) for kind in problem.parts]
        self.meaning: dict[Key, Any] = {}
        self.open: list[str] = []

    def bind(self, part: Part, word: Word) -> Any:
        """Param: its array. Variable: columns. Total: sums."""
        key = part.table, word.name
        if key not in self.meaning:
            if isinstance(word, param):
                self.meaning[key] = Values(word.name, self.problem.value(type(part), word.name))
            elif isinstance(word, total):
                shape = self.problem.shape(type(part), type(part).target(word))
                self.meaning[key] = self.summed([(part, word)], shape, key[1])
            else:
                raise ModelError(f"{part.table}.{word.name} is a rule, not a quantity.")
        return self.meaning[key]

    def shared(self, part: Part, name: str) -> Any:
        """A quantity of the case, or a shared total with the members of all parts."""
        if name in QUANTITIES:
            return Values(name, self.problem.numbers.values["", name])
        key = "", name
        if key not in self.meaning:
            declared = next((s for s in self.problem.shared if s.name == name), None)
            if declared is None:
                raise unknown_name(part, name, [*(s.name for s in self.problem.shared), *QUANTITIES])
            members = [(p, w) for p in self.parts for w in p.words(total) if w.into == name]
            for member, rule in members:
                check_into(type(member), rule, declared)
            self.meaning[key] = self.summed(members, self.problem.shape(type(part), declared.letters), name)
        return self.meaning[key]

    def summed(self, members: list[tuple[Part, total]], shape: tuple[int, ...], name: str = "") -> Groups:
        """The sum of some totals that go to the same entries."""
        if name in self.open:
            raise ModelError(f"the total '{name}' contains itself: {' -> '.join([*self.open, name])}.")
        self.open.append(name)
        terms: list[Term] = []
        const = np.zeros(int(np.prod(shape)))
        for part, rule in members:
            index, _, _ = self.problem.existing(type(part), rule)
            if index and not index[0].size:
                continue
            group = self._group(part, rule, index, shape)
            body = _affine(evaluate(part, rule, *index), group.size)
            np.add.at(const, group, body.constants())
            terms += [Term(group if r is None else group[r], c, a) for r, c, a in body.terms]
        self.open.pop()
        return Groups(shape, tuple(terms), const)

    def _group(self, part: Part, rule: total, index: tuple[Any, ...], shape: tuple[int, ...]) -> Ints:
        kept = dict(zip(rule.over, index, strict=True))
        leading = [self.problem.value(type(part), name)[index[0]] for name in rule.at]
        place = (*leading, *(kept[letter] for letter in rule.kept()))
        size = index[0].size if index else 1
        if not place:
            return np.zeros(size, dtype=np.int64)
        try:
            return np.broadcast_to(flatten(place, shape), (size,))
        except ModelError as fault:
            raise ModelError(f"In {said(part, rule)}: {fault}") from fault

    def columns(self) -> tuple[dict[Key, Block], list[Floats], list[Floats]]:
        """Blocks of all variables, and their bounds."""
        blocks: dict[Key, Block] = {}
        lower, upper, first = [], [], 0
        for part in self.parts:
            for rule in part.words(variable):
                index, shape, flat = self.problem.existing(type(part), rule)
                block = Block(first, shape, rule.over, flat)
                low, up = bounds(part, rule, *index)
                lower.append(_filled(low, block.size, part, rule))
                upper.append(_filled(up, block.size, part, rule))
                blocks[part.table, rule.name] = block
                self.meaning[part.table, rule.name] = Columns(block)
                first += block.size
        return blocks, lower, upper

    def rows(self) -> tuple[dict[Key, Block], list[Rows], list[Floats], list[Floats]]:
        """Blocks of all constraints, their compressed rows, and their sides."""
        blocks: dict[Key, Block] = {}
        rows, lower, upper, first = [], [], [], 0
        for part in self.parts:
            for rule in part.words(constraint):
                index, shape, flat = self.problem.existing(type(part), rule)
                block = Block(first, shape, rule.over, flat)
                if block.size:
                    relation = evaluate(part, rule, *index)
                    if not isinstance(relation, Relation):
                        raise ModelError(
                            f"In {said(part, rule)}: a constraint compares decisions, this gives {relation!r}."
                        )
                    body = _affine(relation.body, block.size)
                    rows.append(compress(block.size, body.terms))
                    lower.append(relation.lower - body.constants())
                    upper.append(relation.upper - body.constants())
                blocks[part.table, rule.name] = block
                first += block.size
        return blocks, rows, lower, upper

    def objectives(self) -> tuple[Objective, ...]:
        """The stages of the policy."""
        parts = {type(p): p for p in self.parts}
        stages = []
        for kind, rule, index, name in self.problem.stages():
            body = _affine(evaluate(parts[kind], rule, *(np.array([i]) for i in index)), 1)
            row = compress(1, body.terms)
            constant = float(body.constants()[0])
            stages.append(
                Objective(name, rule.unit, rule.meaning, row.index, row.value, constant, rule.integers, rule.settled)
            )
        return tuple(stages)

    def read(self) -> LP:
        """The whole linear program."""
        columns, lower, upper = self.columns()
        rows, matrix, row_lower, row_upper = self.rows()
        size = sum(b.size for b in columns.values())
        lazy = np.zeros(sum(b.size for b in rows.values()), dtype=bool)
        settles = np.zeros((lazy.size, 2), dtype=np.int64)
        flags = {"integer": np.zeros(size, dtype=bool), "state": np.zeros(size, dtype=bool)}
        for part in self.parts:
            for rule in part.words(variable):
                block = columns[part.table, rule.name]
                for name, flag in flags.items():
                    flag[block.first : block.first + block.size] = getattr(rule, name)
            for rule in part.words(constraint):
                block = rows[part.table, rule.name]
                lazy[block.first : block.first + block.size] = rule.lazy
                if rule.settles:
                    state = columns[part.table, rule.settles]
                    settles[block.first : block.first + block.size] = state.first, state.first + state.size
        return LP(
            stack(matrix), _joined(row_lower), _joined(row_upper), _joined(lower), _joined(upper),
            flags["integer"], flags["state"], lazy, self.objectives(), Layout(columns, rows, self._labels()), settles,
        )  # fmt: skip

    def _labels(self) -> dict[tuple[str, str], Any]:
        return {
            (p.table, letter): self.problem.numbers.sets.get(s, ())
            for p in self.problem.parts
            for letter, s in p.letters().items()
        }


def read(problem: Problem) -> LP:
    """Assemble the linear program of a problem."""
    return Arrays(problem).read()


def _affine(body: Any, n: int) -> Affine:
    if not isinstance(body, Affine):
        return Affine(n, (), np.broadcast_to(np.asarray(body, dtype=float), (n,)))
    return body if body.n == n else body + Affine(n)


def _filled(bound: Any, size: int, part: Part, rule: variable) -> Floats:
    if isinstance(bound, Affine):
        raise ModelError(f"In {said(part, rule)}: the bounds of a variable are numbers; write a constraint instead.")
    return np.broadcast_to(np.asarray(bound, dtype=float), (size,)).copy()


def _joined(pieces: list[Floats]) -> Floats:
    return np.concatenate(pieces) if pieces else np.zeros(0)
