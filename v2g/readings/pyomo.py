"""The reading with labels: each rule is evaluated once per row, into a Pyomo ConcreteModel.

Any solver that Pyomo knows can take it, and it is an independent witness of the array reading: the
same text, called with plain numbers, assembled by other code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr import EqualityExpression, InequalityExpression

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
from v2g.problem import QUANTITIES, Problem

Index = tuple[int, ...]


@dataclass(frozen=True)
class PyomoModel:
    """The model, its variables in column order, its rows by name, and the stages as expressions."""

    model: Any
    variables: list[Any]
    rows: dict[tuple[str, str, Index], Any]
    stages: list[Any]


def _tuple(index: Any) -> Index:
    return tuple(int(i) for i in (index if isinstance(index, tuple) else (index,)))


def _inside(index: Any, shape: Index) -> Index:
    """The index as a tuple, which must lie in an array of that shape."""
    at = _tuple(index)
    if len(at) != len(shape):
        raise ModelError(f"{len(at)} indices given, {len(shape)} declared.")
    for i, size in zip(at, shape, strict=True):
        if not 0 <= i < size:
            raise ModelError(f"an index runs outside its set: {i}, allowed 0 to {size - 1}.")
    return at


class Cell:
    """A param: plain numbers, one at a time."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def __getitem__(self, index: Any) -> Any:
        return self.values[_inside(index, self.values.shape)].item()


class Sparse:
    """A variable: zero where it does not exist."""

    def __init__(self, variable: Any, existing: set[Index], shape: Index) -> None:
        self.variable, self.existing, self.shape = variable, existing, shape

    def __getitem__(self, index: Any) -> Any:
        at = _inside(index, self.shape)
        if at not in self.existing:
            return 0.0
        return self.variable[at if len(at) != 1 else at[0]]


class Sums:
    """A total: the members that go to each entry, evaluated when asked."""

    def __init__(self, name: str, shape: Index) -> None:
        self.name, self.shape, self.open = name, shape, False
        self.members: dict[Index, list[tuple[Part, total, Index]]] = {}

    def __getitem__(self, index: Any) -> Any:
        at = _inside(index, self.shape)
        if self.open:
            raise ModelError(f"the total '{self.name}' contains itself.")
        self.open = True
        terms = [evaluate(part, rule, *member) for part, rule, member in self.members.get(at, ())]
        self.open = False
        return sum(terms, 0.0)


class Labels:
    """Reads a problem into a Pyomo model."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.parts: list[Part] = [kind(self) for kind in problem.parts]
        self.meaning: dict[tuple[str, str], Any] = {}

    def bind(self, part: Part, word: Word) -> Any:
        """Param: numbers. Variable: Pyomo's. Total: sums."""
        key = part.table, word.name
        if key not in self.meaning:
            if isinstance(word, param):
                self.meaning[key] = Cell(self.problem.value(type(part), word.name))
            elif isinstance(word, total):
                shape = self.problem.shape(type(part), type(part).target(word))
                self.meaning[key] = self._summed(word.name, [(part, word)], shape)
            else:
                raise ModelError(f"{part.table}.{word.name} is a rule, not a quantity.")
        return self.meaning[key]

    def shared(self, part: Part, name: str) -> Any:
        """A quantity of the case, or a shared total."""
        key = "", name
        if key not in self.meaning:
            declared = next((s for s in self.problem.shared if s.name == name), None)
            if name in QUANTITIES:
                self.meaning[key] = Cell(self.problem.numbers.values["", name])
            elif declared is None:
                raise unknown_name(part, name, [*(s.name for s in self.problem.shared), *QUANTITIES])
            else:
                members = [(p, w) for p in self.parts for w in p.words(total) if w.into == name]
                for member, rule in members:
                    check_into(type(member), rule, declared)
                self.meaning[key] = self._summed(name, members, self.problem.shape(type(part), declared.letters))
        return self.meaning[key]

    def _summed(self, name: str, members: list[tuple[Part, total]], shape: Index) -> Sums:
        sums = Sums(name, shape)
        for part, rule in members:
            for at in self.each(part, rule):
                place = [int(self.problem.value(type(part), name)[at[0]]) for name in rule.at]
                named = dict(zip(rule.over, at, strict=True))
                key = (*place, *(named[letter] for letter in rule.kept()))
                sums.members.setdefault(key, []).append((part, rule, at))
        return sums

    def each(self, part: Part, rule: Any) -> Iterator[Index]:
        """Indices at which a rule exists, in the order of its block."""
        shape = self.problem.shape(type(part), rule.over)
        mask = None if rule.where is None else self.problem.value(type(part), rule.where)
        for at in np.ndindex(*shape):
            if mask is None or mask[at]:
                yield at

    def read(self) -> PyomoModel:
        """The whole model; its objective is left to the stages."""
        model = pyo.ConcreteModel()
        columns: list[Any] = []
        for part in self.parts:
            block = pyo.Block()
            model.add_component(part.table, block)
            for rule in part.words(variable):
                columns += self._variable(part, rule, block)
        rows: dict[tuple[str, str, Index], Any] = {}
        for part in self.parts:
            block = model.component(part.table)
            for rule in part.words(constraint):
                made = self._constraint(part, rule, block)
                rows.update({(part.table, rule.name, at): row for at, row in made.items()})
        kinds = {type(p): p for p in self.parts}
        stages = [evaluate(kinds[kind], rule, *index) for kind, rule, index, _ in self.problem.stages()]
        return PyomoModel(model, columns, rows, stages)

    def _variable(self, part: Part, rule: variable, block: Any) -> list[Any]:
        existing = list(self.each(part, rule))
        limits = {at: tuple(_finite(b, part, rule) for b in bounds(part, rule, *at)) for at in existing}
        keys = [at if len(at) != 1 else at[0] for at in existing]
        domain = pyo.Integers if rule.integer else pyo.Reals
        made = pyo.Var(keys, domain=domain, bounds=lambda _, *at: limits[tuple(at)])
        block.add_component(rule.name, made)
        self.meaning[part.table, rule.name] = Sparse(made, set(existing), self.problem.shape(type(part), rule.over))
        return [made[key] for key in keys]

    def _constraint(self, part: Part, rule: constraint, block: Any) -> dict[Index, Any]:
        existing = list(self.each(part, rule))
        keys = [at if len(at) != 1 else at[0] for at in existing]

        def text(_: Any, *at: int) -> Any:
            row = evaluate(part, rule, *at)
            if isinstance(row, (bool, np.bool_)):
                return pyo.Constraint.Feasible if row else pyo.Constraint.Infeasible
            if not isinstance(row, (EqualityExpression, InequalityExpression)) or getattr(row, "strict", False):
                raise ModelError(
                    f"In {said(part, rule)}: a constraint compares decisions (==, <=, >=), this gives {row}."
                )
            return row

        made = pyo.Constraint(keys, rule=text)
        block.add_component(rule.name, made)
        return {at: made[key] for at, key in zip(existing, keys, strict=True) if key in made}


def _finite(bound: Any, part: Part, rule: variable) -> float | None:
    if not isinstance(bound, (int, float, np.number)):
        raise ModelError(f"In {said(part, rule)}: the bounds of a variable are numbers; write a constraint instead.")
    return float(bound) if np.isfinite(bound) else None


def read(problem: Problem) -> PyomoModel:
    """Build the Pyomo model of a problem."""
    return Labels(problem).read()
