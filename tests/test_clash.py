"""Rows and bounds that clash: found exactly, quickly, and none to be spared. SciPy and linear algebra agree."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack
from small import case_of, kinds
from small import problem_of as problem_with
from test_engine_mixed import INF, program, random_program, stage
from test_infeasible import HILL, grown, without

import v2g
from v2g.engine import clash
from v2g.engine.clash import Members, Unfinished
from v2g.engine.clock import Clock
from v2g.engine.spare import filtered
from v2g.infeasible import Clash, Teller, explain
from v2g.language import Part, param, total, variable
from v2g.lp import LP
from v2g.planning import problem_of
from v2g.problem import Problem
from v2g.readings.arrays import Arrays
from v2g.whose import things, times

QUICK = 10.0
"""Seconds of the processor in which each of these clashes is found and proven irreducible."""


def possible(lp: LP, members: Members) -> bool:
    """Whether SciPy finds a point that keeps these rows and bounds."""
    matrix = csr_array((lp.matrix.value, lp.matrix.index, lp.matrix.start), shape=lp.shape)[members.rows]
    low, high = lp.row_lower[members.rows], lp.row_upper[members.rows]
    box = np.full((lp.shape[1], 2), [-INF, INF])
    box[members.lower, 0], box[members.upper, 1] = lp.lower[members.lower], lp.upper[members.upper]
    touched = np.unique(np.concatenate([matrix.indices, members.lower, members.upper, [0]]))
    matrix, above, below = csr_array(matrix[:, touched]), np.isfinite(low), np.isfinite(high)
    sides = vstack([-matrix[above], matrix[below], csr_array((1, touched.size))], format="csr")
    limits = np.r_[-low[above], high[below], 0.0]
    answer = linprog(np.zeros(touched.size), sides, limits, bounds=box[touched], method="highs-ds")
    assert answer.status in (0, 2), answer.message
    return bool(answer.status == 0)


def one_less(members: Members) -> list[Members]:
    """The set without each of its members."""
    return [
        replace(members, **{kind: np.delete(getattr(members, kind), at)})
        for kind in ("rows", "lower", "upper")
        for at in range(getattr(members, kind).size)
    ]


def dependent(lp: LP, members: Members) -> int:
    """In how many ways the members can be added up to nothing; one, if none of them can be spared.

    If it is one, whatever proves a clash of some of them is that way, and takes all of them (Gleeson and Ryan 1990).
    Bounds are rows with a single entry, so only the columns without a bound among the members have to add up.
    """
    matrix = csr_array((lp.matrix.value, lp.matrix.index, lp.matrix.start), shape=lp.shape)[members.rows]
    both = np.intersect1d(members.lower, members.upper)
    free = np.setdiff1d(matrix.indices, np.r_[members.lower, members.upper])
    rank = int(np.linalg.matrix_rank(matrix[:, free].toarray())) if free.size else 0
    return members.rows.size - rank + both.size


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
    guides = (None, rng.integers(-1, 9, lp.shape[1]), np.zeros(lp.shape[1], dtype=np.int64))
    if possible(lp, every):
        assert [clash.find(lp, when=when) for when in guides] == [None] * 3
        return
    for found in (*(clash.find(lp, when=when) for when in guides), filtered(lp, every, Clock())):
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


def test_an_interval_that_clashes_alone_is_told_before_a_chain() -> None:
    """Rows: x0 + x1 >= 3 over two intervals, and y >= 2 in the second; all reach from 0 to 1."""
    lp = program([[1, 1, 0], [0, 0, 1]], [3, 2], [INF, INF], [1, 1, 1], [], [stage("any", [1, 1, 1])])
    found = clash.find(lp, when=np.array([1, 3, 3]))
    assert found is not None and (found.rows.tolist(), found.upper.tolist()) == ([1], [2])


def test_the_shortest_stretch_of_time_is_told() -> None:
    """What is kept from point to point cannot rise by 1 an interval in intervals 3 to 5, though it may before.

    Points 0..8 in columns 0..8; each of 8 rows asks that the point after is at least the one before, plus 1 in
    intervals 3, 4 and 5; each reaches from 0 to 2.
    """
    rows = np.zeros((8, 9))
    rows[np.arange(8), np.arange(8)], rows[np.arange(8), np.arange(1, 9)] = -1.0, 1.0
    rise = [0.0, 0, 0, 1, 1, 1, 0, 0]
    lp = program(rows.tolist(), rise, [INF] * 8, [2.0] * 9, [], [stage("any", [1.0] * 9)])
    found = clash.find(lp, when=2 * np.arange(9))
    assert found is not None and found.least
    assert (found.rows.tolist(), found.lower.tolist(), found.upper.tolist()) == ([3, 4, 5], [3], [6])


def test_a_thing_that_clashes_alone_is_told_before_a_crowd() -> None:
    """Rows: x0 + x1 >= 3 over two things, and y0 + y1 >= 3 over two intervals of the second; all reach from 0 to 1."""
    lp = program([[1, 1, 0, 0], [0, 0, 1, 1]], [3, 3], [INF, INF], [1] * 4, [], [stage("any", [1] * 4)])
    found = clash.find(lp, when=np.array([1, 3, 1, 3]), whose=np.array([0, 1, 1, 1]))
    assert found is not None and (found.rows.tolist(), found.upper.tolist()) == ([1], [2, 3])


def bank(steps: int) -> v2g.Case:
    """A bank of 900 kvar on three phases behind a source of 100 kVA; loads, cars and an idle battery beside it."""
    tables = {
        "buses": "bus,phases,kv_ln_kv\nhead,abc,2.4\nmid,abc,2.4\ntail,abc,2.4",
        "lines": "line,from_bus,to_bus,phases,r_aa_ohm,r_bb_ohm,r_cc_ohm,x_aa_ohm,x_bb_ohm,x_cc_ohm\n"
        "lane,head,mid,abc,0.1,0.1,0.1,0.2,0.2,0.2\nend,mid,tail,abc,0.1,0.1,0.1,0.2,0.2,0.2",
        "capacitors": "capacitor,bus,phases,kvar\nbank,tail,abc,20",
        "loads": "load,bus,phases,tier,kw,kvar\nclinic,mid,abc,1,20,5\nshops,tail,abc,0,30,10\npump,tail,abc,2,10,4",
        "batteries": "battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,"
        "rating_kva,forming\nbox,head,abc,2000,1000,50,50,0.9,0.9,100,1\nidle,tail,abc,50,25,5,5,0.9,0.9,8,0",
        "vehicles": "vehicle,capacity_kwh,start_kwh,reserve_kwh,charge_kw,discharge_kw\nleaf,40,30,10,7,7",
        "chargers": "charger,bus,phases,charge_kw,discharge_kw,charge_eff,discharge_eff\npost,mid,abc,11,10,0.95,0.9",
        "stays": "vehicle,charger,from_utc,until_utc\nleaf,post,2026-01-15T18:00:00+00:00,2026-01-18T18:00:00+00:00",
    }
    return grown(case_of(tables, {"step_min": 60, "steps": steps}), 900.0)


def read(case: v2g.Case) -> tuple[v2g.Case, Problem, LP]:
    """A case, its problem and its program."""
    problem = problem_of(case, "lindistflow", "tiers")
    return case, problem, Arrays(problem).read()


def quickly(problem: Problem, lp: LP) -> Members:
    """What clashes, found within the time and proven irreducible."""
    started = time.process_time()
    found = clash.find(lp, 60.0, times(problem, lp), things(problem, lp))
    assert time.process_time() - started < QUICK
    assert found is not None and found.least and dependent(lp, found) == 1
    return found


def test_a_bank_over_72_intervals() -> None:
    """At 0.9 of nominal it still gives 729 kvar; source and battery take 108, loads 19: each interval clashes."""
    case, problem, lp = read(bank(72))
    found = quickly(problem, lp)
    assert not possible(lp, found)
    assert all(possible(lp, fewer) for fewer in one_less(found))
    items = explain(case, problem, lp).rows  # type: ignore[union-attr]
    assert len(items) == found.size < 60 and len({item.when for item in items}) == 1
    assert any((item.rule, item.where) == ("susceptance", "capacitors.csv, row 2") for item in items)


def test_a_bank_that_lifts_a_lane_over_72_intervals() -> None:
    """As in one interval: the five members of one of them."""
    _, problem, lp = read(case_of(without(HILL, "batteries", "idle"), {"step_min": 60, "steps": 72}))
    assert quickly(problem, lp).size == 5


def test_a_vehicle_that_cannot_be_full_over_96_intervals() -> None:
    """30 kWh, and a plug of 0.1 kW that stores 0.09: 32.16 kWh at most after 24 h, not 40; no other row is needed."""
    _, problem, lp = heated(plug=0.1)
    block = lp.layout.columns["vehicles", "energy"]
    lower = lp.lower.copy()
    lower[block.first + block.size - 1] = 40.0
    full = lp.with_bounds(lower, lp.upper)
    found = quickly(problem, full)
    names = {full.layout.row_name(int(at)).split("[")[0] for at in found.rows}
    assert names == {"vehicles.energy_start", "vehicles.energy_balance"}
    assert found.rows.size == 97 and found.upper.size == 96 and set(found.lower) >= {block.first + block.size - 1}


class Heater(Part):
    """Heaters that always run."""

    table, rows, links = "heaters", "s", "i"
    power = param("kW", column="kw", at_least=0)
    unit = param("s", over="i")
    node = param("n", over="i")
    share = param("1", over="i")
    live_link = param("1", over="it")

    @variable("kW", "h", where="live_link")
    def taken(self, i, t):  # type: ignore[no-untyped-def]
        """Power taken from one phase: its least and its most."""
        return self.power[self.unit[i]] * self.share[i], self.power[self.unit[i]] * self.share[i]

    @total(at="node", into="injection")
    def drawn(self, i, t):  # type: ignore[no-untyped-def]
        """At the node of each phase."""
        return -self.taken[i, t]


def heated(plug: float = 7.0, stove: float = 3.0) -> tuple[v2g.Case, Problem, LP]:
    """A heater over 96 quarters of an hour, at a battery that keeps a reserve, and a car that does so too."""
    day = "2026-01-15T18:00:00+00:00,2026-01-16T18:00:00+00:00"
    tables = {
        "buses": "bus,phases,kv_ln_kv\nsquare,a,0.23\nhill,a,0.23",
        "lines": "line,from_bus,to_bus,phases,r_aa_ohm,x_aa_ohm\nlane,square,hill,a,0.02,0.01",
        "loads": "load,bus,phases,tier,kw\nclinic,square,a,1,5\nlamps,hill,a,0,2",
        "batteries": "battery,bus,phases,capacity_kwh,start_kwh,reserve_kwh,charge_kw,discharge_kw,charge_eff,"
        "discharge_eff,forming\ntownhall,square,a,200,100,60,10,10,0.9,0.9,1",
        "vehicles": "vehicle,capacity_kwh,start_kwh,reserve_kwh,charge_kw,discharge_kw\nleaf,40,30,10,7,7",
        "chargers": "charger,bus,phases,charge_kw,discharge_kw,charge_eff,discharge_eff\n"
        f"post,hill,a,{plug:g},7,0.9,0.9",
        "stays": f"vehicle,charger,from_utc,until_utc\nleaf,post,{day}",
        "heaters": f"heater,bus,phases,kw\nstove,hill,a,{stove:g}",
    }
    case = case_of(tables, {"step_min": 15, "steps": 96}, [Heater])
    problem = problem_with(case, kinds(more=[Heater]))
    return case, problem, Arrays(problem).read()


def test_reserves_that_cannot_be_kept_over_96_intervals() -> None:
    """Battery and car have 40 + 20 kWh above their reserves, 54 kWh after losses: 18 h of 3 kW, and the next 15 min.

    All of it hangs together, so every one of these 73 intervals has its part in the clash.
    """
    case, problem, lp = heated()
    found = quickly(problem, lp)
    assert not possible(lp, found)
    every = one_less(found)
    picked = np.random.default_rng(5).choice(len(every), size=20, replace=False)
    assert all(possible(lp, every[at]) for at in picked)
    clash_ = explain(case, problem, lp, 60.0)
    assert clash_ is not None and clash_.least
    reserves = {(i.who, i.when, i.where) for i in clash_.rows if (i.rule, i.side) == ("energy", "least")}
    after = "2026-01-16 12:15"
    assert reserves == {("townhall", after, "batteries.csv, row 2"), ("leaf", after, "vehicles.csv, row 2")}
    heat = [i for i in clash_.rows if i.part == "heaters"]
    assert len(heat) == 73 and {(i.side, i.where) for i in heat} == {("least", "heaters.csv, row 2")}
    assert (
        "heaters.csv, row 2: stove.a: Power taken from one phase: its least and its most: at least 3 kW [73 times, "
        in str(clash_)
    )
    assert len(str(clash_).splitlines()) < 12


def test_a_set_that_time_did_not_allow_to_be_tried_is_not_called_irreducible() -> None:
    case, problem, lp = read(bank(2))
    every = Members(np.arange(lp.shape[0]), np.arange(lp.shape[1]), np.arange(lp.shape[1]))
    found = filtered(lp, every, Clock(1e-9))
    assert found is None or not found.least
    with pytest.raises(Unfinished):
        clash.find(lp, 0.0, times(problem, lp))
    teller = Teller(case, problem, lp)
    assert "Time ran out" in str(Clash((teller.rule(0),), least=False))
