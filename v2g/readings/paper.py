"""Markdown from the letters: nomenclature, equations and stages of all parts, as `v2g math` shows them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from v2g.language import (
    CASE_LETTERS,
    CASE_QUANTITIES,
    Part,
    Rule,
    Shared,
    Word,
    constraint,
    objective,
    param,
    total,
    variable,
)
from v2g.readings.latex import Printer, symbol

Kinds = Sequence[type[Part]]

INTRODUCTION = """\
# The mathematics

Printed from the model files beside this one: `python -m v2g.math --write`. Do not edit.

A rule holds for all indices that it names; $\\forall i: a_{i} \\ne 0$ restricts them, and a variable that does not
exist counts as zero. Points $k$ lie between intervals $t$: interval $t$ begins at point $t$ and ends at point $t+1$.
Parts meet in shared totals alone: $\\mathrel{+}=$ says what a part adds to one. Maps stand in subscripts: $n_{i}$ is
the node of $i$.
"""


def model_readme(
    devices: Kinds, networks: Mapping[str, Kinds], policies: Mapping[str, type[Part]], totals: Sequence[Shared]
) -> str:
    """The whole model, from the register of parts."""
    named = {name: ", ".join(part.__name__ for part in parts) for name, parts in networks.items()}
    sections = {
        "Devices": devices,
        "Networks": [part for parts in networks.values() for part in parts],
        "Policies": list(policies.values()),
    }
    remarks = {
        "Networks": "\n".join(f"- `{name}`: {parts}" for name, parts in named.items()),
        "Policies": "Stages in order: each is made as small as possible, then held, before the next one counts.",
    }
    return document(sections, totals, remarks)


def document(sections: Mapping[str, Kinds], totals: Sequence[Shared], remarks: Mapping[str, str] | None = None) -> str:
    """Markdown of the parts, by section; a base class is printed once, before the first part built on it."""
    chosen = list(dict.fromkeys(kind for kinds in sections.values() for kind in kinds))
    blocks = [INTRODUCTION.rstrip(), *_case(), *_totals(totals, chosen)]
    seen: list[type[Part]] = []
    for title, kinds in sections.items():
        blocks.append(f"## {title}")
        if remarks and title in remarks:
            blocks.append(remarks[title])
        for kind in kinds:
            for one in (*reversed(bases(kind)), kind):
                if one not in seen:
                    seen.append(one)
                    blocks += _part(one, totals, chosen)
    return "\n\n".join(blocks) + "\n"


def bases(kind: type[Part]) -> list[type[Part]]:
    """Parts that a part is built on, nearest first."""
    return [b for b in kind.__mro__[1:] if issubclass(b, Part) and any(isinstance(w, Word) for w in vars(b).values())]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    lines = [head, ["---"] * len(head), *rows]
    return ["\n".join(f"| {' | '.join(line)} |" for line in lines)]


def _case() -> Iterator[str]:
    yield "## Letters and quantities of the case"
    yield from _table(("letter", "runs over"), [(f"${letter}$", name) for letter, name in CASE_LETTERS.items()])
    rows = [(f"${symbol(q, q.letters)}$", _unit(q.unit), f"`{q.name}`") for q in CASE_QUANTITIES]
    yield from _table(("symbol", "unit", "name"), rows)


def _totals(totals: Sequence[Shared], kinds: Kinds) -> Iterator[str]:
    def adding(name: str) -> str:
        return ", ".join(kind.__name__ for kind in kinds if any(w.into == name for w in kind.words(total)))

    yield "## Shared totals"
    rows = [(f"${symbol(s, s.letters)}$", _unit(s.unit), f"`{s.name}`", s.meaning, adding(s.name)) for s in totals]
    yield from _table(("symbol", "unit", "name", "meaning", "added to by"), rows)


def _part(kind: type[Part], totals: Sequence[Shared], kinds: Kinds) -> Iterator[str]:
    """A part: what it is, its letters, params, variables, totals and equations, or its stages."""
    printer = Printer(kind, totals)
    yield f"### {kind.title or kind.__name__}"
    yield _origin(kind, kinds)
    if kind.__doc__:
        yield inspect.cleandoc(kind.__doc__)
    yield from _letters(kind)
    yield from _params(kind)
    yield from _variables(kind, printer)
    for rule in _own(kind, total):
        yield from _caption(rule, printer.summed(rule))
    for rule in _own(kind, constraint):
        yield from _caption(rule, printer.equation(rule))
    stages = [_stage(rule, printer) for rule in _own(kind, objective)]
    if stages:
        yield "\n".join(stages)


def _own(kind: type[Part], *words: type[Word]) -> list[Any]:
    """The words that a part does not take over from its base as they are."""
    taken = {id(word) for base in bases(kind) for word in vars(base).values()}
    return [word for word in kind.words(*words) if id(word) not in taken]


def _origin(kind: type[Part], kinds: Kinds) -> str:
    file = kind.__module__.rpartition(".")[2] + ".py"
    text = f"`{kind.__name__}` in [{file}]({file})"
    if kind.table and kind.table_spec() is not None:
        text += f", table `{kind.table}.csv`"
    for base in bases(kind)[:1]:
        replaced = [f"`{w.name}`" for w in _own(kind) if w.name in {b.name for b in base.words()}]
        text += f". All of `{base.__name__}`" + (f", in which it replaces {', '.join(replaced)}" if replaced else "")
    built = [f"`{k.__name__}`" for k in kinds if kind in bases(k)]
    return text + (f". Base of {', '.join(built)}." if built else ".")


def _letters(kind: type[Part]) -> Iterator[str]:
    words = {f"{kind.table}.links": "points of connection: one for each unit and phase"}
    if kind.from_file:
        words[kind.table] = f"rows of `{kind.table}`" if kind.table else "rows of its table"
    own = [(letter, name) for letter, name in kind.letters().items() if letter not in CASE_LETTERS]
    yield from _table(("letter", "runs over"), [(f"${letter}$", words.get(name, name)) for letter, name in own])


def _params(kind: type[Part]) -> Iterator[str]:
    rows = []
    for word in _own(kind, param):
        column = word.column()
        shown = f"${symbol(word, kind.param_letters(word))}$" if word.symbol else ""
        origin = f"`{column.name}`" if column is not None else "derived"
        unit = f"index ${word.unit}$" if word.letters is not None and word.unit in kind.letters() else _unit(word.unit)
        rows.append((shown, f"`{word.name}`", unit, origin, _line(word.help)))
    yield from _table(("symbol", "param", "unit", "column", "meaning"), rows)


def _variables(kind: type[Part], printer: Printer) -> Iterator[str]:
    rows = []
    for rule in _own(kind, variable):
        role = "whole number" if rule.integer else "consequence" if rule.state else "decision"
        limits = ", ".join(f"${text}$" for text in (printer.limits(rule), printer.quantifier(rule)) if text)
        rows.append((limits, f"`{rule.name}`", _unit(rule.unit), role, _line(rule.doc)))
    yield from _table(("variable", "name", "unit", "role", "meaning"), rows)


def _stage(rule: objective, printer: Printer) -> str:
    unit = f", in {rule.unit}" if _unit(rule.unit) else ""
    turn = " By turns with the stage above, index by index." if rule.alternates else ""
    stand = " No whole column is chosen again." if rule.settled else ""
    return f"1. `{rule.name}`: ${printer.aim(rule)}${unit}. {_line(rule.doc)}{turn}{stand}"


def _unit(unit: str) -> str:
    return "" if unit == "1" else unit


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _caption(rule: Rule, equation: str) -> Iterator[str]:
    yield f"`{rule.name}`: {_line(rule.doc)}\n\n$$\n{equation}\n$$"
