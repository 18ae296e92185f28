"""Lines that go out and come back, supply that returns: which nodes are live when, and what the networks make of it."""

from __future__ import annotations

import numpy as np
import pytest
from small import HEADER, STREET, case_of, kinds, problem_of, solved
from v2g.models import NETWORKS

from v2g.case import Case
from v2g.derive.context import Context
from v2g.derive.islands import find, formers, periods
from v2g.readings import arrays

DAY = "2026-01-15T"
HOURLY = {**HEADER, "step_min": 60, "steps": 4}
"""18:00 to 22:00 in four intervals."""

CHAIN = {
    "buses": "bus,phases,kv_ln_kv\nplant,b,2.4\nmid,b,2.4\nend,b,2.4",
    "lines": """line,from_bus,to_bus,phases,closed,r_bb_ohm
        first,plant,mid,b,1,0.5
        last,mid,end,b,1,0.5
        round,plant,end,b,0,2
        never,plant,end,b,0,1""",
    "loads": """load,bus,phases,tier,kw
        house,mid,b,1,10
        farm,end,b,1,20""",
    "batteries": """battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,forming
        store,plant,b,1000,1000,0,100,1,1,1""",
}
"""A battery and two loads on one phase; a second way to the last bus, and a third that is never closed."""


def events(*rows: str) -> str:
    """The table, from rows such as ``19:30 out first``."""
    cells = (row.split() for row in rows)
    table = (f"{DAY}{at}:00+00:00,{event},{element},{more[0] if more else ''}" for at, event, element, *more in cells)
    return "\n".join(["at_utc,event,element,litres", *table])


def chain(*rows: str, **more: str) -> Case:
    """The chain with events."""
    return case_of({**CHAIN, "events": events(*rows), **more}, HOURLY)


def live(case: Case) -> dict[str, list[int]]:
    """By node, in which intervals it is live."""
    context = Context(case)
    return {
        name: row.astype(int).tolist() for name, row in zip(context.feeder.nodes, context.islands.live, strict=True)
    }


@pytest.mark.parametrize(
    ("event", "interval"),
    [
        ("17:00 out first", 0),
        ("18:00 out first", 0),
        ("18:20 out first", 0),
        ("19:00 out first", 1),
        ("19:40 dead back", 2),
        ("20:29 out first", 3),
        ("20:30 out first", 4),
        ("23:00 out first", 4),
        ("17:00 back first", 0),
        ("18:00 back first", 0),
        ("18:20 back first", 1),
        ("19:00 energised back", 1),
        ("19:01 energised back", 2),
        ("19:31 fuel tank 5", 3),
        ("19:46 fuel tank 5", 4),
        ("23:00 fuel tank 5", 4),
    ],
)
def test_times_inside_an_interval_count_on_the_safe_side(event: str, interval: int) -> None:
    """Intervals begin at 18:00, 19:00, 19:30 and 19:45 and end at 20:30."""
    grid = "grid,bus,phases\nback,plant,b"
    generators = "generator,bus,phases,rating_kw,fuel_l_per_kwh,tank\ng,plant,b,5,0.3,tank"
    case = case_of(
        {**CHAIN, "grid": grid, "tanks": "tank,fuel_l\ntank,0", "generators": generators, "events": events(event)}
    )
    assert [found.interval for found in Context(case).timeline.events] == [interval]


@pytest.mark.parametrize(
    ("rows", "closed"),
    [
        ((), [1, 1, 1, 1]),
        (("19:00 out first",), [1, 0, 0, 0]),
        (("19:30 out first", "20:30 back first"), [1, 0, 0, 1]),
        (("20:30 back first", "19:30 out first"), [1, 0, 0, 1]),
        (("18:10 out first", "18:20 back first"), [0, 1, 1, 1]),
        (("19:10 back first", "19:50 out first"), [1, 0, 0, 0]),
        (("18:00 out first", "20:00 back first", "21:00 out first"), [0, 0, 1, 0]),
    ],
)
def test_a_line_goes_out_and_comes_back(rows: tuple[str, ...], closed: list[int]) -> None:
    context = Context(chain(*rows))
    leg = context.feeder.legs.index("first.b")
    assert context.feeder.closed[leg].astype(int).tolist() == closed
    assert live(context.case)["mid.b"] == live(context.case)["end.b"] == closed
    assert live(context.case)["plant.b"] == [1, 1, 1, 1]


def test_legs_exist_for_what_is_closed_at_some_time() -> None:
    assert Context(chain()).feeder.legs == ["first.b", "last.b"]
    assert Context(chain("20:00 out last", "21:00 back round")).feeder.legs == ["first.b", "last.b", "round.b"]
    assert Context(chain("18:00 out first")).feeder.legs == ["last.b"]
    assert Context(chain("17:00 out first", "22:00 back first")).feeder.legs == ["last.b"]


def test_a_transformer_goes_out_as_a_line_does() -> None:
    """Behind a delta winding all phases go with it."""
    low = [name for name in Context(case_of(STREET)).feeder.nodes if name.startswith("low.")]
    assert [live(case_of(STREET))[name] for name in low] == [[1, 1, 1, 1]] * 3
    cut = case_of({**STREET, "events": events("19:10 out step", "19:40 back step")})
    assert [live(cut)[name] for name in low] == [[1, 0, 0, 1]] * 3
    assert live(cut)["mid.a"] == [1, 1, 1, 1]


def test_equal_states_are_one_period() -> None:
    number, first = periods(np.array([[1, 0, 0, 1, 0, 0]], dtype=bool))
    assert (number.tolist(), first) == ([0, 1, 1, 0, 1, 1], [0, 1])
    islands = Context(chain("19:00 out last", "20:00 back last")).islands
    assert islands.period.tolist() == [0, 1, 0, 0]
    assert islands.component.shape == (3, 2)
    joined = islands.component[0] == islands.component[2]
    assert joined.tolist() == [True, False]


@pytest.mark.parametrize(
    ("rows", "there"),
    [
        ((), [1, 1, 1, 1]),
        (("19:00 energised head",), [0, 1, 1, 1]),
        (("19:10 energised head",), [0, 0, 1, 1]),
        (("20:10 dead head",), [1, 1, 0, 0]),
        (("19:00 energised head", "20:30 dead head"), [0, 1, 0, 0]),
        (("18:30 dead head", "20:00 energised head"), [0, 0, 1, 1]),
    ],
)
def test_supply_from_outside_comes_and_goes(rows: tuple[str, ...], there: list[int]) -> None:
    grid = "grid,bus,phases,voltage_pu\nhead,mid,b,1.02"
    case = chain("18:00 out first", "18:00 out last", *rows, grid=grid)
    assert live(case) == {"plant.b": [1, 1, 1, 1], "mid.b": there, "end.b": [0, 0, 0, 0]}
    context, problem = Context(case), problem_of(case)
    assert context.islands.setpoint[1].tolist() == [1.02 if one else 1.0 for one in there]
    assert problem.numbers.values["grid", "live_link"].sum(axis=0).tolist() == there


def test_whoever_forms_first_in_rank_holds_the_voltage() -> None:
    """The head leads where it is joined to the battery; each leads in its own part where the line is out."""
    case = chain("20:00 out first", grid="grid,bus,phases,voltage_pu\nhead,mid,b,1.02")
    held = {name: Context(case).islands.held[n].astype(int).tolist() for n, name in enumerate(("plant", "mid", "end"))}
    assert held == {"plant": [0, 0, 1, 1], "mid": [1, 1, 1, 1], "end": [0, 0, 0, 0]}


def test_stations_form_after_all_others() -> None:
    """The charger at the bus ``low`` has vehicles in the second and third interval; the grid is back in the last.

    In order of rank: the grid, three generators, a battery, and the charger.
    """
    context = Context(case_of({**STREET, "batteries": None, "generators": None}))
    stations = np.zeros((4, 4))
    stations[0, 1:3] = 1.0
    islands = find(context.case, context.feeder, stations)
    assert islands.live[context.feeder.number["low", "a"]].tolist() == [False, True, True, True]
    assert not islands.live[context.feeder.number["cut", "c"]].any()
    full = Context(case_of(STREET))
    ranked = list(formers(full.case, full.feeder, stations))
    assert [former.present.astype(int).tolist() for former in ranked] == [
        [0, 0, 0, 1], [0, 1, 1, 1], [1, 1, 1, 1], [0, 1, 1, 1], [1, 1, 1, 1], [0, 1, 1, 0],
    ]  # fmt: skip


@pytest.mark.parametrize("network", NETWORKS)
def test_flows_and_voltage_drops_exist_where_a_leg_is_closed_and_live(network: str) -> None:
    """The first line goes out at 19:00, the way round comes in at 20:00, the last line goes out at 21:00.

    Closed and live, by hand: first [1, 0, 0, 0]; last [1, 0, 1, 0], in the second hour closed but dead;
    round [0, 0, 1, 1].
    """
    rows = ("19:00 out first", "20:00 back round", "21:00 out last")
    problem = problem_of(chain(*rows), kinds(network))
    lp = arrays.read(problem)
    expected = np.array([[1, 0, 0, 0], [1, 0, 1, 0], [0, 0, 1, 1]])
    assert problem.numbers.values["legs", "energised"].tolist() == expected.tolist()
    names = (
        [("legs", "flow")] if network == "transport" else [("legs", "flow"), ("legs", "flow_kvar"), ("legs", "drop")]
    )
    for name in names:
        block = lp.layout.columns.get(name) or lp.layout.rows[name]
        assert block.flat.tolist() == np.flatnonzero(expected).tolist(), name


@pytest.mark.parametrize("network", NETWORKS)
def test_what_is_cut_off_is_not_served(network: str) -> None:
    """The first line is out for the second hour: then neither load has power, and no line carries any.

    Each load loses one of four hours; the battery gives 10 + 20 kW in the other three.
    """
    plan = solved(chain("19:00 out first", "20:00 back first"), network)
    loads = plan.loads().pivot(index="load", columns="start_utc", values="served_kw")
    assert loads.loc["house"].tolist() == pytest.approx([10, 0, 10, 10])
    assert loads.loc["farm"].tolist() == pytest.approx([20, 0, 20, 20])
    lines = plan.lines()
    assert lines.groupby("line")["start_utc"].count().to_dict() == {"first": 3, "last": 3}
    assert lines[lines["line"] == "first"]["flow_kw"].tolist() == pytest.approx([30, 30, 30])
    assert plan.sources()["output_kw"].tolist() == pytest.approx([30, 0, 30, 30])
    assert plan.nodes().pivot(index="bus", columns="start_utc", values="live").loc["end"].tolist() == [1, 0, 1, 1]


def test_voltages_follow_the_way_that_is_closed() -> None:
    """The farm's 20 kW come by 0.5 + 0.5 ohm, the first of which carries 30 kW, and later by 2 ohm.

    Squared voltage falls by 2 r P / (1000 kv^2): 2 (0.5 * 30 + 0.5 * 20) / 5760 = 50 / 5760, and then
    2 * 2 * 20 / 5760 = 80 / 5760. While the last line is out and the way round is not yet in, it is dead.
    """
    plan = solved(chain("19:00 out last", "19:30 back round"))
    nodes = plan.nodes().pivot(index="bus", columns="start_utc", values="voltage_pu")
    by_first, round_ = (1 - 50 / 5760) ** 0.5, (1 - 80 / 5760) ** 0.5
    found = nodes.loc["end"].tolist()
    assert found[0] == pytest.approx(by_first, abs=1e-9)
    assert np.isnan(found[1])
    assert found[2:] == pytest.approx([round_, round_], abs=1e-9)
    assert nodes.loc["mid"].tolist()[1:] == pytest.approx([(1 - 10 / 5760) ** 0.5] * 3, abs=1e-9)


def test_a_case_without_events_is_one_period() -> None:
    context = Context(case_of({**STREET, "events": None}))
    closed = {"main", "lane", "leat", "step"}
    assert set(context.feeder.element) == closed and context.feeder.closed.all()
    assert context.islands.period.tolist() == [0, 0, 0, 0]
