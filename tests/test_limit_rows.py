"""Every limit that a part declares has words, and a file and row where there is one: gone over one by one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from small import ALLEY, STREET, case_of, kinds, problem_of, town
from v2g.models import DEVICES, NETWORKS, POLICIES

import v2g
from v2g.infeasible import Item, Teller
from v2g.language import Part, constraint, variable
from v2g.limit_rows import OF_HEADER, OWNERS, WITHOUT_ROW
from v2g.limit_words import BOUND_OF_ANY, BOUNDS, LAWS, REMEDIES, REMEDY_OF_ANY, RULE_OF_ANY, RULES
from v2g.readings.arrays import Arrays
from v2g.tables import SUPPORT
from v2g.whose import things, times

PARTS = list({part.table: part for part in (*DEVICES, *NETWORKS["lindistflow"], *POLICIES.values())}.values())
FILES = {spec.name for spec in SUPPORT} | {s.name for part in PARTS if (s := part.table_spec()) is not None}
ROWLESS = {"counted", "beyond", "missed", "threshold", "excess", "worst"}
"""Rules and quantities of policies: they count by tier, and no row of the case makes them."""
CASES = {"street": STREET, "alley": ALLEY, "town": town()}


def limits() -> Iterator[tuple[type[Part], str, tuple[str, ...]]]:
    """Part, name and index letters of everything that can be a limit."""
    for part in PARTS:
        for word in part.words(constraint, variable):
            yield part, word.name, word.over


@pytest.mark.parametrize(("part", "name", "letters"), [pytest.param(*x, id=f"{x[0].table}.{x[1]}") for x in limits()])
def test_every_set_is_known(part: type[Part], name: str, letters: tuple[str, ...]) -> None:
    """A set is a table of the case, the links of one, or has an entry that says what it is."""
    sets = [part.letters()[letter] for letter in letters]
    known = {*FILES, *(f"{table}.links" for table in FILES), *OWNERS, *WITHOUT_ROW, *OF_HEADER}
    assert set(sets) <= known
    assert name in ROWLESS or not set(sets) <= set(WITHOUT_ROW)


def test_no_entry_is_of_a_set_that_is_gone() -> None:
    sets = {members for part in PARTS for members in part.letters().values()}
    assert {*OWNERS, *OF_HEADER} - sets == set()
    assert {table for tables, _ in OWNERS.values() for table in tables} <= FILES


def test_no_words_are_of_a_limit_that_is_gone() -> None:
    rules = {(part.table, word.name) for part in PARTS for word in part.words(constraint)}
    columns = {(part.table, word.name) for part in PARTS for word in part.words(variable)}
    assert set(RULES) <= rules and {(table, name) for table, name, _ in BOUNDS} <= columns
    assert set(REMEDIES) <= rules | columns
    assert {*RULE_OF_ANY, *LAWS} <= {name for _, name in rules}
    assert {name for name, _ in BOUND_OF_ANY} <= {name for _, name in columns}
    assert set(REMEDY_OF_ANY) <= {name for _, name in rules | columns}


def told(name: str, policy: str) -> tuple[v2g.Case, list[Item]]:
    """The first, middle and last limit of every block of a case."""
    header = {"carry_h": 2.0, "vmin_pu": 0.9, "vmax_pu": 1.1}
    if policy in ("expected", "cautious"):
        header |= {"cause": "hurricane"}  # type: ignore[dict-item]
    case = case_of({**CASES[name], "durations": "hours,probability\n1,0.5\n2,0.5"}, header)
    problem = problem_of(case, kinds("lindistflow", policy))
    lp = Arrays(problem).read()
    teller, items = Teller(case, problem, lp), list[Item]()
    for block in lp.layout.rows.values():
        spots = {block.first, block.first + block.size // 2, block.first + block.size - 1} if block.size else set()
        items += [teller.rule(at) for at in sorted(spots)]
    for block in lp.layout.columns.values():
        spots = {block.first, block.first + block.size // 2, block.first + block.size - 1} if block.size else set()
        items += [teller.bound(at, side) for at in sorted(spots) for side in ("least", "most")]
    return case, items


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", CASES)
def test_every_limit_is_in_the_row_that_it_names(name: str, policy: str) -> None:
    """The first cell of that row is the name with which one of the labels begins."""
    case, items = told(name, policy)
    for item in items:
        assert item.words and item.who + item.when
        if item.rule in ROWLESS:
            continue
        assert item.file, item
        if item.file == "case.toml":
            continue
        assert item.row is not None, item
        first = str(case.table(item.file.removesuffix(".csv")).iloc[item.row - 2, 0])
        former = item.rule == "reference"
        assert former or any(label.removeprefix("site ").startswith(first) for label in item.labels), item


def test_a_held_voltage_is_in_the_row_of_the_source_that_holds_it() -> None:
    """The street's head holds 1.0 until the grid is back with 1.03, in the second row of grid.csv."""
    case = case_of(STREET)
    problem = problem_of(case)
    lp = Arrays(problem).read()
    block, teller = lp.layout.rows["legs", "reference"], Teller(case, problem, lp)
    held = [teller.rule(at) for at in range(block.first, block.first + block.size)]
    head = {item.when: item.where for item in held if item.who.startswith("head.")}
    assert head["2026-01-15 18:00"] == "batteries.csv, row 2"
    assert head["2026-01-15 19:45"] == "grid.csv, row 2"


@pytest.mark.parametrize("name", CASES)
def test_the_time_of_a_column_is_the_time_in_its_label(name: str) -> None:
    """Interval t is 2 t + 1, and the point before it 2 t; labels say when it begins. Days count by their end."""
    case = case_of(CASES[name])
    problem = problem_of(case)
    lp = Arrays(problem).read()
    found = times(problem, lp)
    starts = [f"{at:%Y-%m-%d %H:%M}" for at in case.boundaries]
    teller = Teller(case, problem, lp)
    for (table, word), block in lp.layout.columns.items():
        if (table, word) == ("loads", "lack"):
            continue
        part = teller.parts[table]
        points = any(part.letters()[letter] == "points" for letter in block.letters)
        for at in range(block.first, block.first + block.size):
            when = teller.bound(at, "most").when
            assert found[at] == (2 * starts.index(when) + (not points) if when else -1), lp.layout.column_name(at)
    assert np.unique(found).size > 2


def test_the_thing_of_a_column_is_the_name_in_its_label() -> None:
    """All columns of one number begin with the same name, and no others do.

    A leg is a thing for each of its phases.
    """
    case = case_of(STREET)
    problem = problem_of(case)
    lp = Arrays(problem).read()
    found, teller = things(problem, lp), Teller(case, problem, lp)
    names: dict[int, tuple[str, str]] = {}
    for (table, _), block in lp.layout.columns.items():
        for at in range(block.first, block.first + block.size):
            if found[at] >= 0:
                label = teller.bound(at, "most").who
                who = label if table == "legs" else label.split(".")[0]
                assert names.setdefault(int(found[at]), (table, who)) == (table, who)
    assert len(set(names.values())) == len(names)
    assert {("batteries", "plant"), ("vehicles", "leaf"), ("generators", "diesel")} <= set(names.values())
