"""Limits that clash: found exactly, none to be spared (SciPy agrees), and told with file and row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array
from small import case_of
from test_engine_mixed import INF, program, random_program, stage

import v2g
from v2g.engine import clash
from v2g.engine.clash import Members
from v2g.errors import SolveError, Unmeetable
from v2g.infeasible import Clash, Item, explain
from v2g.lp import LP
from v2g.planning import problem_of
from v2g.readings.arrays import Arrays

HILL = {
    "buses": "bus,phases,kv_ln_kv,vmax_pu\nhead,a,2.4,\nhill,a,2.4,1.05",
    "lines": "line,from_bus,to_bus,phases,r_aa_ohm,x_aa_ohm\nlane,head,hill,a,0,2",
    "capacitors": "capacitor,bus,phases,kvar\nspare,head,a,1\nbank,hill,a,200",
    "batteries": "battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,"
    "rating_kva,forming\nidle,hill,a,9,9,1,1,1,1,1,0\nbox,head,a,20,10,5,5,0.9,0.8,1000,1",
}
"""A bank of 200 kvar at the end of 2 ohm: w = 1 + 2 x 2 x (200 w) / (1000 x 2.4^2) = 1.161, more than 1.05^2 = 1.1025.

The idle battery takes at most 1 kvar, so its limit clashes too: with more it could hold the voltage down.
"""
HEADER = {"step_min": 60, "steps": 1}
NOW = "2026-01-15 18:00"


def clashing(tables: dict[str, str], **header: object) -> Clash | None:
    """What clashes in a case of one interval."""
    case = case_of(tables, {**HEADER, **header})
    problem = problem_of(case, "lindistflow", "tiers")
    return explain(case, problem, Arrays(problem).read())


def plain(found: Clash | None) -> set[tuple[str, ...]]:
    """Members as part.rule, side, labels and place."""
    assert found is not None and found.least
    return {(f"{i.part}.{i.rule}", i.side, ", ".join(i.labels), i.where) for i in found.rows}


LIFTED = {
    ("capacitors.susceptance", "", f"bank.a, {NOW}", "capacitors.csv, row 3"),
    ("legs.reference", "", f"head.a, {NOW}", "batteries.csv, row 3"),
    ("legs.drop", "", f"lane.a, {NOW}", "lines.csv, row 2"),
    ("legs.balance_kvar", "", f"hill.a, {NOW}", "buses.csv, row 3"),
    ("legs.voltage", "most", f"hill.a, {NOW}", "buses.csv, row 3"),
}


def without(tables: dict[str, str], table: str, name: str) -> dict[str, str]:
    """The case without one row."""
    kept = [line for line in tables[table].splitlines() if not line.startswith(f"{name},")]
    return {**tables, table: "\n".join(kept)}


def test_a_bank_that_lifts_an_idle_lane() -> None:
    """Without the idle battery five members, all of one interval: the limit, and four laws that lead to it."""
    moved = {i if i[0] != "legs.reference" else (*i[:3], "batteries.csv, row 2") for i in LIFTED}
    assert plain(clashing(without(HILL, "batteries", "idle"))) == moved


def test_what_could_still_help_clashes_too() -> None:
    """The idle battery's reactive power is part of it: as a bound, or as a side of its polygon."""
    found = plain(clashing(HILL))
    rest = found - LIFTED
    assert found >= LIFTED and len(rest) == 1
    (rule, _, labels, where) = rest.pop()
    assert rule in ("batteries.output_kvar", "batteries.capability") and labels.startswith("idle.a")
    assert where == "batteries.csv, row 2"


def test_a_limit_for_all_buses_stands_in_the_header() -> None:
    tables = without(HILL, "batteries", "idle")
    tables["buses"] = "bus,phases,kv_ln_kv\nhead,a,2.4\nhill,a,2.4"
    found = clashing(tables, vmax_pu=1.07)
    assert ("legs.voltage", "most", f"hill.a, {NOW}", "case.toml") in plain(found)


def test_a_tap_that_lowers_too_far() -> None:
    """No load beyond: 0.9 x 1.02 of the voltage, where 0.95 is the least; no reactive power flows, by Kirchhoff."""
    tables = {
        "buses": "bus,phases,kv_ln_kv,vmin_pu\nhead,b,2.4,\nlow,b,2.4,0.95",
        "transformers": "transformer,from_bus,to_bus,phases,r_ohm,x_ohm,tap_b\nstep,head,low,b,0,0.2,0.9",
        "grid": "grid,bus,phases,voltage_pu\nsupply,head,b,1.02",
    }
    assert plain(clashing(tables)) == {
        ("legs.voltage", "least", f"low.b, {NOW}", "buses.csv, row 3"),
        ("legs.drop", "", f"step.b, {NOW}", "transformers.csv, row 2"),
        ("legs.reference", "", f"head.b, {NOW}", "grid.csv, row 2"),
        ("legs.balance_kvar", "", f"low.b, {NOW}", "buses.csv, row 3"),
    }


def test_one_interval_is_enough() -> None:
    """Every interval clashes in the same way; one of them is told."""
    case = case_of(without(HILL, "batteries", "idle"), {"step_min": 60, "steps": 4})
    problem = problem_of(case, "lindistflow", "tiers")
    found = explain(case, problem, Arrays(problem).read())
    assert found is not None and len(found.rows) == 5 and len({i.labels[-1] for i in found.rows}) == 1


def test_the_error_of_a_solve_carries_them() -> None:
    with pytest.raises(Unmeetable, match="No plan keeps all limits") as failed:
        v2g.solve(case_of(without(HILL, "batteries", "idle"), HEADER))
    error, lines = failed.value, str(failed.value).splitlines()
    assert isinstance(error, SolveError) and error.exit_code == 3
    assert len(error.items) == 5 and all(isinstance(item, Item) for item in error.items)
    assert lines[1] == "These clash, and without any one of them a plan would be possible:"
    assert lines[2:] == [
        f"- buses.csv, row 3: Voltage at most 1.05 of nominal (vmax_pu) [hill.a, {NOW}]. "
        "Widen vmin_pu or vmax_pu if the equipment stands it.",
        f"- lines.csv, row 2: Voltage falls along the leg [lane.a, {NOW}]. Look at impedances and taps.",
        f"- batteries.csv, row 2: The unit that forms the island holds its voltage [head.a, {NOW}]. "
        "Change voltage_pu of the source that forms the island.",
        f"- capacitors.csv, row 3: A capacitor's output follows the squared voltage [bank.a, {NOW}]. "
        "Switch the bank off (closed = 0), or serve more there.",
        "- Kirchhoff's law at hill.a.",
    ]


@pytest.mark.parametrize("remedy", ["closed", "wider"])
def test_each_remedy_helps(remedy: str) -> None:
    tables = without(HILL, "batteries", "idle")
    if remedy == "closed":
        tables["capacitors"] = "capacitor,bus,phases,kvar,closed\nbank,hill,a,200,0"
    else:
        tables["buses"] = tables["buses"].replace("1.05", "1.08")
    assert clashing(tables) is None
    assert v2g.solve(case_of(tables, HEADER)).summary["audit"]["ok"]


def test_no_clash_is_told_where_there_is_none(village: v2g.Case) -> None:
    problem = problem_of(village, "lindistflow", "tiers")
    assert explain(village, problem, Arrays(problem).read()) is None


def possible(lp: LP, members: Members) -> bool:
    """Whether SciPy finds a point that keeps these rows and bounds."""
    matrix = csr_array((lp.matrix.value, lp.matrix.index, lp.matrix.start), shape=lp.shape).toarray()[members.rows]
    low, high = lp.row_lower[members.rows], lp.row_upper[members.rows]
    above, below = np.isfinite(low), np.isfinite(high)
    sides = np.vstack([-matrix[above], matrix[below], np.zeros((1, lp.shape[1]))])
    box = np.full((lp.shape[1], 2), [-INF, INF])
    box[members.lower, 0], box[members.upper, 1] = lp.lower[members.lower], lp.upper[members.upper]
    answer = linprog(np.zeros(lp.shape[1]), sides, np.r_[-low[above], high[below], 0.0], bounds=box, method="highs-ds")
    assert answer.status in (0, 2), answer.message
    return bool(answer.status == 0)


def one_less(members: Members) -> list[Members]:
    """The set without each of its members."""
    return [
        replace(members, **{kind: np.delete(getattr(members, kind), at)})
        for kind in ("rows", "lower", "upper")
        for at in range(getattr(members, kind).size)
    ]


@pytest.mark.parametrize("seed", range(24))
def test_random_clashes_are_clashes_without_a_spare(seed: int) -> None:
    """A demand is added that the first row forbids, and a state is forced beyond what its decisions can do."""
    lp, rng = random_program(seed), np.random.default_rng(seed)
    lower, row_lower = lp.lower.copy(), lp.row_lower.copy()
    if seed % 2:
        row_lower[0] = lp.row_upper[0] + rng.integers(1, 9)
        lp = replace(lp, row_lower=row_lower, row_upper=np.where(np.arange(lp.shape[0]) == 0, INF, lp.row_upper))
    whole = rng.choice(lp.shape[1], size=int(rng.integers(2, lp.shape[1])), replace=False)
    lower[whole] = np.where(np.isfinite(lp.upper[whole]), lp.upper[whole], 0.0)
    lp = replace(lp, lower=lower)
    every = Members(np.arange(lp.shape[0]), np.arange(lp.shape[1]), np.arange(lp.shape[1]))
    found = clash.find(lp)
    if possible(lp, every):
        assert found is None
        return
    assert found is not None and found.least and not possible(lp, found)
    assert all(possible(lp, fewer) for fewer in one_less(found))


def test_random_clashes_are_both_kinds() -> None:
    """The test above sees clashes and none: neither branch is idle."""
    lp = program([[1, 1]], [3], [INF], [1, 1], [], [stage("any", [1, 2])])
    found = clash.find(lp)
    assert found is not None
    assert (found.rows.tolist(), found.lower.tolist(), found.upper.tolist()) == ([0], [], [0, 1])
    assert clash.find(replace(lp, row_lower=np.array([2.0]))) is None


def test_bounds_that_cross_clash_by_themselves() -> None:
    lp = program([[1, 1]], [-INF], [3], [1, 1], [], [stage("any", [1, 2])], lower=[0, 2])
    found = clash.find(lp)
    assert found is not None and (found.rows.tolist(), found.lower.tolist(), found.upper.tolist()) == ([], [1], [1])


def test_whole_columns_that_clash_alone_have_no_linear_clash() -> None:
    lp = program([[1, 1]], [1.5], [1.5], [1, 1], [0, 1], [stage("any", [1, 2])])
    assert clash.find(lp) is None


def test_without_time_nothing_is_told() -> None:
    case = case_of(HILL, HEADER)
    problem = problem_of(case, "lindistflow", "tiers")
    found = explain(case, problem, Arrays(problem).read(), time_limit=0.0)
    assert found is None or not found.least
