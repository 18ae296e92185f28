"""Feeder, islands, flows and voltages of the audit against formulas written out here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_replay_example import HOURS, KV, R, X, build_case, frame, impedance_columns, matrices

from v2g.case import Case
from v2g.replay.feeder import phase_weights, read_feeder
from v2g.replay.islands import find_islands
from v2g.replay.sweep import node_residual, sweep_flows
from v2g.replay.voltage import leg_drops, leg_mismatch, sweep_voltages

S3 = np.sqrt(3.0)
BATTERY = {"battery": "box", "phases": "abc", "connection": "wye", "forming": True, "voltage_pu": 1.0}


def buses(*names: str, phases: str = "abc") -> pd.DataFrame:
    """Buses of one voltage."""
    return frame(*({"bus": name, "phases": phases, "kv_ln_kv": KV} for name in names))


def line(name: str, ends: tuple[str, str], phases: str = "abc", r: Any = R, x: Any = X) -> Mapping[str, Any]:
    """A closed line."""
    ids = {"line": name, "from_bus": ends[0], "to_bus": ends[1], "phases": phases, "closed": True}
    return ids | impedance_columns(np.asarray(r), np.asarray(x))


def bank(name: str, ends: tuple[str, str], connection: str, tap: float = 1.0) -> Mapping[str, Any]:
    """A transformer with 0.1 + 0.2j ohm a phase."""
    ids = {"transformer": name, "from_bus": ends[0], "to_bus": ends[1], "phases": "abc", "connection": connection}
    taps = {f"tap_{phase}": tap for phase in "abc"}
    return ids | taps | {"r_ohm": 0.1, "x_ohm": 0.2, "closed": True}


def diagonal(value: float) -> np.ndarray:
    """One phase only."""
    return np.diag([value, 0.0, 0.0])


def solved(case: Case, injection: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Flows (legs,), voltages (nodes,) in squared p.u., and residuals (nodes,) of the first interval."""
    feeder = read_feeder(case)
    spread = np.repeat(np.asarray(injection, dtype=complex)[:, None], case.steps, axis=1)
    given = np.zeros((len(feeder.legs), case.steps), dtype=complex)
    sweep = sweep_flows(feeder, spread, given)
    drop = leg_drops(feeder, sweep.flow)
    w, taken = sweep_voltages(
        feeder, find_islands(case, feeder), drop, np.full((len(feeder.nodes), case.steps), np.nan)
    )
    assert not sweep.taken.any() and not taken.any()
    assert np.abs(leg_mismatch(feeder, drop, w)).max(initial=0.0) < 1e-12
    assert np.abs(node_residual(feeder, spread, sweep.flow) - sweep.residual).max() < 1e-12
    return sweep.flow[:, 0], w[:, 0], sweep.residual[:, 0]


def test_one_phase_is_baran_and_wu() -> None:
    """w2 = w1 - 2 (r P + x Q) in per unit: 0.5 ohm, 0.3 ohm, 40 kW, 20 kvar at 2.4 kV."""
    case = build_case(
        HOURS, buses=buses("one", "two", phases="a"),
        lines=frame(line("main", ("one", "two"), "a", diagonal(0.5), diagonal(0.3))),
        batteries=frame(BATTERY | {"bus": "one", "phases": "a"}),
    )  # fmt: skip
    flow, w, left = solved(case, np.array([40 + 20j, -40 - 20j]))
    assert flow == pytest.approx([40 + 20j]) and abs(left).max() < 1e-12
    assert w[1] == pytest.approx(1.0 - 2.0 * (0.5 * 40e3 + 0.3 * 20e3) / 2400.0**2, abs=1e-15)


LOAD = np.array([30 + 10j, 50 - 5j, 20 + 15j])


@pytest.mark.parametrize("ends", [("one", "two"), ("two", "one")])
def test_three_phases_are_the_printed_matrices(ends: tuple[str, str]) -> None:
    case = build_case(
        HOURS, buses=buses("one", "two"), lines=frame(line("main", ends)), batteries=frame(BATTERY | {"bus": "one"})
    )
    flow, w, _ = solved(case, np.concatenate([LOAD, -LOAD]))
    mp, mq = matrices(R, X)
    assert flow == pytest.approx(LOAD if ends[0] == "one" else -LOAD)
    assert w[3:] == pytest.approx(1.0 - (mp @ LOAD.real + mq @ LOAD.imag) / (1000.0 * KV**2), abs=1e-14)


def test_two_phases_take_their_part_of_the_matrices() -> None:
    case = build_case(
        HOURS, buses=buses("one", "two"), lines=frame(line("main", ("one", "two"), "ca")),
        batteries=frame(BATTERY | {"bus": "one"}),
        generators=frame({"generator": "g", "bus": "two", "phases": "b", "forming": True, "voltage_pu": 1.02}),
    )  # fmt: skip
    power = np.array([30 + 10j, 0, 20 + 15j])
    _, w, _ = solved(case, np.concatenate([power, -power]))
    mp, mq = matrices(R, X)
    drop = (mp @ power.real + mq @ power.imag) / (1000.0 * KV**2)
    assert w[3:] == pytest.approx([1.0 - drop[0], 1.02**2, 1.0 - drop[2]], abs=1e-14)


@pytest.mark.parametrize(("pair", "sign"), [("ab", 1), ("bc", 1), ("ca", 1), ("ba", -1), ("cb", -1), ("ac", -1)])
def test_a_delta_pair_splits_as_printed(pair: str, sign: int) -> None:
    p, q = 6.0, 2.0
    share = {phase: weight * (p + 1j * q) for phase, weight in phase_weights(pair, "delta").items()}
    assert share[pair[0]] == pytest.approx(p / 2 + sign * q / (2 * S3) + 1j * (q / 2 - sign * p / (2 * S3)))
    assert share[pair[1]] == pytest.approx(p / 2 - sign * q / (2 * S3) + 1j * (q / 2 + sign * p / (2 * S3)))


def test_a_three_phase_delta_is_a_third_each() -> None:
    assert phase_weights("abc", "delta") == pytest.approx(dict.fromkeys("abc", 1 / 3))
    assert phase_weights("ca", "wye") == {"c": 0.5, "a": 0.5}


def test_a_regulator_lifts_by_the_square_of_its_tap() -> None:
    case = build_case(
        HOURS, buses=buses("one", "two"), transformers=frame(bank("reg", ("one", "two"), "wye-wye", 1.05)),
        batteries=frame(BATTERY | {"bus": "one"}),
    )  # fmt: skip
    _, w, _ = solved(case, np.concatenate([LOAD, -LOAD]))
    assert w[3:] == pytest.approx(1.05**2 - 2.0 * (0.1 * LOAD.real + 0.2 * LOAD.imag) / (1000.0 * KV**2), abs=1e-14)


def delta_draw(load: np.ndarray) -> np.ndarray:
    """What the legs a, b, c draw from phases a, b, c: leg a from (a, b), b from (b, c), c from (c, a)."""
    p, q = load.real, load.imag
    first = p / 2 + q / (2 * S3) + 1j * (q / 2 - p / (2 * S3))
    second = p / 2 - q / (2 * S3) + 1j * (q / 2 + p / (2 * S3))
    return np.array([first[0] + second[2], first[1] + second[0], first[2] + second[1]])


def delta_case(forming_bus: str) -> Case:
    """one -(delta-wye)- two, three -(line)- one."""
    return build_case(
        HOURS, buses=buses("one", "two", "three"), lines=frame(line("main", ("three", "one"))),
        transformers=frame(bank("bank", ("one", "two"), "delta-wye")), batteries=frame(BATTERY | {"bus": forming_bus}),
    )  # fmt: skip


def test_a_delta_wye_transformer_draws_each_leg_from_two_phases() -> None:
    flow, w, left = solved(delta_case("three"), np.concatenate([np.zeros(3), -LOAD, delta_draw(LOAD)]))
    assert flow == pytest.approx(np.concatenate([delta_draw(LOAD), LOAD]))
    assert abs(left).max() < 1e-12
    w_delta = w[:3]
    drop = 2.0 * (0.1 * LOAD.real + 0.2 * LOAD.imag) / (1000.0 * KV**2)
    assert w[3:6] == pytest.approx([(w_delta[i] + w_delta[(i + 1) % 3]) / 2 - drop[i] for i in range(3)], abs=1e-14)


def test_a_delta_wye_transformer_fed_from_its_wye_side() -> None:
    """A source at two feeds a load at three that a delta can carry: one that equals the draw of some legs."""
    behind = delta_draw(-LOAD)
    flow, w, left = solved(delta_case("two"), np.concatenate([np.zeros(3), LOAD, behind]))
    assert flow[3:] == pytest.approx(-LOAD) and abs(left).max() < 1e-12
    assert w[3:6] == pytest.approx(1.0)


def test_imbalance_is_left_over_at_the_root() -> None:
    case = build_case(
        HOURS,
        buses=buses("one", "two"),
        lines=frame(line("main", ("one", "two"))),
        batteries=frame(BATTERY | {"bus": "one"}),
    )
    _, _, left = solved(case, np.concatenate([LOAD + np.array([1.0, 0, 2j]), -LOAD]))
    assert left.reshape(2, 3).sum(axis=0) == pytest.approx([1.0, 0.0, 2j])


def test_flows_that_injections_do_not_determine_are_taken_from_the_plan() -> None:
    """Two deltas feed one wye bus: what circulates in them is free."""
    case = build_case(
        HOURS, buses=buses("one", "two", "three"), batteries=frame(BATTERY | {"bus": "one"}),
        transformers=frame(bank("left", ("one", "two"), "delta-wye"), bank("right", ("three", "two"), "delta-wye")),
    )  # fmt: skip
    feeder = read_feeder(case)
    mine = np.array([10 + 1j, 20, 5 - 2j])
    injection = np.concatenate([delta_draw(LOAD - mine), -LOAD, delta_draw(mine)])[:, None]
    given = np.concatenate([LOAD - mine, mine])[:, None]
    sweep = sweep_flows(feeder, injection, given)
    assert sweep.taken.any() and np.abs(sweep.residual).max() < 1e-12
    assert sweep.flow == pytest.approx(given)
    wrong = sweep_flows(feeder, injection + np.eye(9)[:, :1], given)
    assert np.abs(wrong.residual).max() > 0.1


def test_transport_sweeps_active_power_only() -> None:
    feeder = read_feeder(delta_case("three"))
    load = LOAD.real
    injection = np.concatenate([np.zeros(3), -load, (load + np.roll(load, 1)) / 2])[:, None].astype(complex)
    sweep = sweep_flows(feeder, injection, np.zeros((6, 1), dtype=complex), reactive=False)
    assert np.abs(sweep.residual).max() < 1e-12
    assert sweep.flow[3:, 0] == pytest.approx(load)


def island_case(**tables: pd.DataFrame) -> Case:
    """one - two on phases ab, two - three open."""
    tie = dict(line("tie", ("two", "three"))) | {"closed": False}
    return build_case(
        HOURS, buses=buses("one", "two", "three"), lines=frame(line("main", ("one", "two"), "ab"), tie), **tables
    )


def live_nodes(case: Case, interval: int = 0) -> set[str]:
    """Live nodes as words."""
    feeder = read_feeder(case)
    live = find_islands(case, feeder).live[:, interval]
    return {f"{bus}.{phase}" for (bus, phase), alive in zip(feeder.nodes, live, strict=True) if alive}


def test_islands_go_phase_by_phase() -> None:
    case = island_case(batteries=frame(BATTERY | {"bus": "one"}))
    assert live_nodes(case) == {"one.a", "one.b", "one.c", "two.a", "two.b"}


def test_who_does_not_form_makes_nothing_live() -> None:
    assert not live_nodes(island_case(batteries=frame(BATTERY | {"bus": "one", "forming": False})))
    assert not live_nodes(island_case())


@pytest.mark.parametrize("minutes, expected", [(60, True), (90, True), (30, False)])
def test_a_forming_generator_is_there_in_whole_intervals_only(minutes: int, expected: bool) -> None:
    start = pd.Timestamp("2026-01-10 06:00", tz="UTC")
    window = {"from_utc": start, "until_utc": start + pd.Timedelta(minutes=minutes)}
    machine = {"generator": "g", "bus": "three", "phases": "a", "forming": True, "voltage_pu": 1.0}
    case = island_case(generators=frame(machine | window))
    assert (live_nodes(case) == {"three.a"}) == expected
    assert (live_nodes(case, 1) == {"three.a"}) == (minutes == 90)


def test_a_delta_side_joins_its_phases() -> None:
    case = build_case(
        HOURS, buses=buses("one", "two"), transformers=frame(bank("bank", ("one", "two"), "delta-wye")),
        batteries=frame(BATTERY | {"bus": "one", "phases": "a"}),
    )  # fmt: skip
    assert len(live_nodes(case)) == 6


def test_the_grid_is_the_reference_before_generators_and_batteries() -> None:
    start = pd.Timestamp("2026-01-10 07:00", tz="UTC")
    case = island_case(
        batteries=frame(BATTERY | {"bus": "two", "voltage_pu": 1.01}),
        grid=frame({"grid": "head", "bus": "one", "phases": "abc", "from_utc": start, "voltage_pu": 1.03}),
    )
    feeder = read_feeder(case)
    islands = find_islands(case, feeder)
    drop = np.zeros((len(feeder.legs), 2))
    w, taken = sweep_voltages(feeder, islands, drop, np.ones((9, 2)))
    assert w[:2, 0] == pytest.approx(1.01**2) and w[:2, 1] == pytest.approx(1.03**2)
    assert taken[2].tolist() == [True, False], "one.c hangs on the grid alone"
