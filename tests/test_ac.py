"""The AC replay against arithmetic: two nodes solved by hand, losses put back, limits that break, dead buses."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.small import case_of
from v2g.ac.flow import solve as replayed
from v2g.ac.losses import without_last_digits
from v2g.ac.secure import solve_secure
from v2g.ac.verdict import AcVerdict, judge, verify
from v2g.case import Case
from v2g.errors import AuditFailed, SolveError, UsageError
from v2g.plan import Plan
from v2g.planning import solve
from v2g.replay import audit
from v2g.replay.record import Record
from v2g.reports.ac import ac_report
from v2g.reports.text import plan_report

pytest.importorskip("opendssdirect", reason="needs the extra 'opendss'")

KV, R, X = 2.4, 1.2, 2.3
KW, KVAR = 120.0, 50.0


def lane(**more: str) -> Case:
    """A supply, one line on phase b, one load at its end."""
    tables = {
        "buses": "bus,phases,kv_ln_kv\nhead,b,2.4\nend,b,2.4",
        "lines": f"line,from_bus,to_bus,phases,r_bb_ohm,x_bb_ohm\nlane,head,end,b,{R},{X}",
        "loads": f"load,bus,phases,tier,service,kw,kvar\nmill,end,b,1,continuous,{KW},{KVAR}",
        "grid": "grid,bus,phases,voltage_pu\nsupply,head,b,1.02",
    }
    return case_of(tables | more, header={"step_min": 60, "steps": 2})


def far_voltage(kw: float, kvar: float, exponent: float = 0.0) -> float:
    """Voltage of the far end in kV: the higher root of ``|V|^4 + |V|^2 (2 (rp + xq) - V0^2) + |z|^2 |s|^2 = 0``.

    From ``V0 = V + z conj(s / V)`` (s in MVA, kV and ohm). With power that goes with the voltage to the exponent it is
    found by repeating that.
    """
    volts = 1.02 * KV
    for _ in range(200):
        p, q = (1e-3 * value * (volts / KV) ** exponent for value in (kw, kvar))
        b = 2.0 * (R * p + X * q) - (1.02 * KV) ** 2
        volts = math.sqrt((-b + math.sqrt(b * b - 4.0 * (R**2 + X**2) * (p * p + q * q))) / 2.0)
    return volts


def at_end(case: Case, plan: Plan) -> tuple[float, AcVerdict]:
    """Voltage of bus end in the first interval in p.u., and the verdict."""
    record = Record(case, plan, 1e-6)
    flow = replayed(record)
    return float(flow.voltage[record.feeder.number["end", "b"], 0]), judge(record, flow)


def test_a_feeder_that_is_dead_throughout_has_nothing_to_solve() -> None:
    case = lane()
    dead = replace(at_end(case, solve(case))[1], intervals=0, converged=0, breaches=(), dead_bus_kwh=0.0)
    assert ac_report(dead) == f"AC replay ({dead.engine}): AC-secure: the feeder is dead throughout, nothing to solve"


def test_two_nodes_by_hand() -> None:
    case = lane()
    voltage, verdict = at_end(case, solve(case))
    volts = far_voltage(KW, KVAR)
    assert voltage == pytest.approx(volts / KV, abs=1e-7)
    # |s|^2 r / |V|^2 in MW, over two hours.
    loss_kw = 1e3 * R * (0.12**2 + 0.05**2) / volts**2
    assert verdict.loss_kwh == pytest.approx(2.0 * loss_kw, rel=1e-5)
    assert verdict.unsupplied_kwh == pytest.approx(2.0 * loss_kw, rel=1e-5)
    assert not verdict.secure
    assert "not AC-secure" in verdict.headline
    # The lossless line: w = 1.02^2 - 2 (r p + x q) / V0^2.
    linear = math.sqrt(1.02**2 - 2.0 * (R * 0.12 + X * 0.05) / KV**2)
    assert verdict.difference_pu[0] == pytest.approx(linear - volts / KV, abs=1e-7)


@pytest.mark.parametrize("exponent", [1, 2, 0.8])
def test_loads_that_go_with_the_voltage(exponent: float) -> None:
    rows = f"load,bus,phases,tier,service,kw,kvar,kw_exponent,kvar_exponent\nmill,end,b,1,continuous,{KW},{KVAR}"
    case = lane(loads=f"{rows},{exponent},{exponent}")
    voltage, _ = at_end(case, solve(case))
    assert voltage == pytest.approx(far_voltage(KW, KVAR, exponent) / KV, abs=1e-6)


def test_losses_are_put_back_until_nothing_is_missing() -> None:
    case = lane()
    plan = solve_secure(case)
    volts = far_voltage(KW, KVAR)
    loss_kw = 1e3 * R * (0.12**2 + 0.05**2) / volts**2
    sources = plan.tables["sources"]
    assert sources["output_kw"].to_numpy(float) == pytest.approx(np.full(2, KW + loss_kw), abs=1e-3)
    nodes = plan.tables["nodes"]
    end = nodes[(nodes["bus"] == "end")]["voltage_pu"].to_numpy(float)
    assert end == pytest.approx(np.full(2, volts / KV), abs=1e-6)
    assert plan.summary["ac"]["secure"]
    assert len(plan.summary["ac"]["rounds"]) == 2
    linear = math.sqrt(1.02**2 - 2.0 * (R * 0.12 + X * 0.05) / KV**2)
    first, second = (found["difference_pu"] for found in plan.summary["ac"]["rounds"])
    assert first == pytest.approx(linear - volts / KV, abs=1e-7) and second < 1e-6
    told = plan_report(case, plan)
    assert f"  uncorrected, in the first round: {2.0 * loss_kw:,.1f} kWh of losses not supplied" in told
    assert f"voltages off by up to {100.0 * (linear - volts / KV):.2f} %" in told
    assert plan.summary["energy_kwh"]["losses_feeder"] == pytest.approx(2.0 * loss_kw, rel=1e-4)
    assert verify(case, plan).secure


def test_a_plan_without_losses_is_told_what_is_missing_and_what_to_do() -> None:
    case = lane()
    verdict = verify(case, solve(case))
    loss_kw = 1e3 * R * (0.12**2 + 0.05**2) / far_voltage(KW, KVAR) ** 2
    breach = next(b for b in verdict.breaches if b.kind == "gives more than planned")
    assert breach.value == pytest.approx(KW + loss_kw, abs=1e-3) and breach.limit == pytest.approx(KW)
    assert str(breach).endswith(f"{KW + loss_kw:.4g} kW, planned 120, in 2 intervals")
    assert "v2g solve --ac" in ac_report(verdict, corrected=False)
    assert "v2g solve --ac" not in ac_report(verdict)


def failing_later(monkeypatch: pytest.MonkeyPatch, error: SolveError) -> None:
    """All rounds but the first end in an error."""
    from v2g.ac import secure

    def once(*arguments: Any, **more: Any) -> Plan:
        plans.append(solve(*arguments, **more))
        if len(plans) > 1:
            raise error
        return plans[-1]

    plans: list[Plan] = []
    monkeypatch.setattr(secure, "plan_of", once)


def test_a_round_without_a_plan_leaves_the_plan_of_the_round_before(monkeypatch: pytest.MonkeyPatch) -> None:
    failing_later(monkeypatch, SolveError("The time limit passed."))
    case = lane()
    plan = solve_secure(case)
    assert audit(case, plan).ok and not plan.summary["ac"]["secure"]
    assert plan.summary["ac"]["stopped"] == "round 2 gave no plan: The time limit passed."
    told = plan_report(case, plan)
    assert "not AC-secure" in told and "no further, since round 2 gave no plan: The time limit passed." in told
    assert "losses not in the plan: whole horizon" in told


def test_a_round_that_the_audit_refuses_is_never_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    failing_later(monkeypatch, AuditFailed("This is a defect of the program."))
    with pytest.raises(AuditFailed, match="defect"):
        solve_secure(lane())


def test_seconds_are_those_of_all_rounds() -> None:
    seconds = solve_secure(lane()).summary["seconds"]
    assert seconds["ac"] > seconds["tabulate"] > 0.0


def test_what_loads_draw_off_nominal_is_no_loss_of_the_line() -> None:
    """A load of constant impedance draws kw (V / kV)^2, and the line loses |s|^2 r / V^2: both told apart."""
    rows = "load,bus,phases,tier,service,kw,kvar,kw_exponent,kvar_exponent\nmill,end,b,1,continuous,12,5,2,2"
    case = lane(loads=rows)
    plan = solve_secure(case)
    share = (far_voltage(12.0, 5.0, 2.0) / KV) ** 2
    energy = plan.summary["energy_kwh"]
    assert share > 1.02
    assert energy["off_nominal"] == pytest.approx(2.0 * 12.0 * (share - 1.0), rel=1e-4)
    assert energy["losses_feeder"] == pytest.approx(2e3 * R * (0.012**2 + 0.005**2) * share / KV**2, rel=1e-4)
    assert energy["grid"] == pytest.approx(2.0 * 12.0 + energy["off_nominal"] + energy["losses_feeder"], rel=1e-6)
    verdict = verify(case, plan)
    assert verdict.off_nominal_kwh == pytest.approx(energy["off_nominal"], rel=1e-3)
    assert "more than at nominal voltage" in ac_report(verdict)


def test_intervals_without_a_solution_are_named() -> None:
    """A line of r ohm passes V^2 / (4 r) at most, 2.5 MW here: 4 MW have no solution, 4 kW later have one."""
    rows = "load,bus,phases,tier,service,kw,profile\nmill,end,b,1,continuous,4000,day"
    profiles = "start_utc,day\n2026-01-15T18:00:00+00:00,1\n2026-01-15T19:00:00+00:00,0.001"
    buses = "bus,phases,kv_ln_kv,vmin_pu\nhead,b,2.4,\nend,b,2.4,0.1"
    case = lane(
        loads=rows, profiles=profiles, buses=buses, lines="line,from_bus,to_bus,phases,r_bb_ohm\nlane,head,end,b,0.6"
    )
    verdict = verify(case, solve(case))
    assert not verdict.secure and verdict.converged == 1
    told = ac_report(verdict)
    assert "  no AC solution in 1 interval: 2026-01-15 18:00 UTC" in told.splitlines()
    assert "voltages and losses are not known" in told


def test_lines_that_gain_energy_are_seen() -> None:
    """The losses of the line turned round and given to the loads: the sum at the nodes stays as it is."""
    case = lane()
    plan = solve_secure(case)
    legs = plan.tables["ac_legs"].copy()
    legs["lost_kw"] = -legs["lost_kw"]
    assert "feeder: no energy from lines" in failed(case, replace(plan, tables={**plan.tables, "ac_legs": legs}))


def test_a_limit_that_only_ac_breaks() -> None:
    """The lossless line ends at 0.9775 p.u., the true one lower: a limit between the two holds in the plan only."""
    true, linear = far_voltage(KW, KVAR) / KV, math.sqrt(1.02**2 - 2.0 * (R * 0.12 + X * 0.05) / KV**2)
    limit = (true + linear) / 2.0
    case = lane(buses=f"bus,phases,kv_ln_kv,vmin_pu\nhead,b,2.4,\nend,b,2.4,{limit:.6f}")
    verdict = verify(case, solve(case))
    breach = next(b for b in verdict.breaches if b.kind == "voltage too low")
    assert (breach.value, breach.times) == (pytest.approx(true, abs=1e-6), 2)
    assert breach.limit == pytest.approx(limit, abs=1e-6)
    assert "bus end, phase b" in breach.where
    secured = solve_secure(case)
    assert secured.summary["ac"]["secure"]
    assert secured.summary["critical"]["1"]["served"] == 0
    assert verify(case, secured).lowest.pu >= limit - 1e-4  # type: ignore[union-attr]


def test_an_overload_counts_what_goes_in() -> None:
    """130 kVA arrive at 120 kW, 50 kvar; with the line's losses more than 131 kVA go in."""
    rows = f"line,from_bus,to_bus,phases,r_bb_ohm,x_bb_ohm,rating_kva\nlane,head,end,b,{R},{X},131"
    case = lane(lines=rows)
    verdict = verify(case, solve(case))
    loss_mva2 = (0.12**2 + 0.05**2) / far_voltage(KW, KVAR) ** 2
    entering = 1e3 * math.hypot(0.12 + R * loss_mva2, 0.05 + X * loss_mva2)
    breach = next(b for b in verdict.breaches if b.kind == "overload")
    assert breach.value == pytest.approx(entering, abs=0.01)
    assert breach.limit == 131


def test_service_at_a_dead_bus_is_seen() -> None:
    """A plan that says a load behind an open line is served: the audit refuses it, and so does the replay."""
    case = lane()
    plan = solve(case)
    dead = lane(lines=f"line,from_bus,to_bus,phases,closed,r_bb_ohm,x_bb_ohm\nlane,head,end,b,0,{R},{X}")
    verdict = verify(dead, plan)
    assert verdict.dead_bus_kwh == pytest.approx(2.0 * KW)
    assert not verdict.secure


TURN = {
    "buses": "bus,phases,kv_ln_kv\nfar,abc,2.4\nnear,abc,0.24",
    "transformers": "transformer,from_bus,to_bus,phases,connection,r_ohm,x_ohm\nstep,far,near,abc,{0},0.002,0.004",
    "loads": "load,bus,phases,tier,service,kw,kvar\nlamp,near,a,1,continuous,3,0\nheat,near,b,1,continuous,9,2",
    "grid": "grid,bus,phases\nsupply,far,abc",
}


@pytest.mark.parametrize("connection", ["wye-wye", "delta-wye", "delta-delta"])
def test_a_transformer_takes_in_what_its_loads_and_its_resistance_take(connection: str) -> None:
    tables = {name: text.format(connection) for name, text in TURN.items()}
    if connection == "delta-delta":  # nothing hangs between a phase and neutral where there is no neutral
        tables["loads"] = "load,bus,phases,connection,tier,service,kw,kvar\nheat,near,ab,delta,1,continuous,12,2"
    case = case_of(tables, header={"step_min": 60, "steps": 1})
    record = Record(case, solve(case), 1e-6)
    flow = replayed(record)
    assert flow.converged.all()
    given = flow.given.real.sum()
    assert given == pytest.approx(12.0 + (flow.entered - flow.arrived).real.sum(), abs=1e-4)
    if connection == "wye-wye":
        # Each phase by itself, in kW over kV^2 and ohm: |s|^2 r / V^2 with V nearly nominal.
        loss = 0.002 * (9.0 + 85.0) / 0.24**2 / 1e3
        assert given - 12.0 == pytest.approx(loss, rel=0.01)


def test_a_transformer_between_two_phases_is_one_unit() -> None:
    """12 kW between phases a and b of 0.24 kV: 28.9 A through one unit, of 1.5 times the resistance of a phase."""
    tables = {
        "buses": "bus,phases,kv_ln_kv\nfar,abc,2.4\nnear,ab,0.24",
        "transformers": "transformer,from_bus,to_bus,phases,connection,r_ohm\nstep,far,near,ab,delta-delta,0.002",
        "loads": "load,bus,phases,connection,tier,service,kw,kvar\nheat,near,ab,delta,1,continuous,12,0",
        "grid": "grid,bus,phases\nsupply,far,abc",
    }
    record = Record(case := case_of(tables, header={"step_min": 60, "steps": 1}), solve(case), 1e-6)
    flow = replayed(record)
    amperes = 12.0 / (0.24 * math.sqrt(3.0))
    assert (flow.entered - flow.arrived).real.sum() == pytest.approx(amperes**2 * 1.5 * 0.002 / 1e3, rel=0.01)
    # Both phases carry the one current, and so the same apparent power.
    assert np.abs(flow.entered[:, 0]) == pytest.approx(np.full(2, 12.0 / math.sqrt(3.0)), rel=0.01)


def test_a_transformer_fed_from_behind_moves_no_power_between_phases() -> None:
    """A battery on the wye side, nothing on the delta side: each phase of the battery feeds its own load.

    Without the rule the delta would be a free bridge between the phases, and the battery could give all of its power on
    one of them.
    """
    case, plan = backfed()
    # 30 kW on three phases are 10 kW on each (9.95 in the polygon): 11 kW on phase b are too much, 9.9 on phase a fit.
    assert plan.summary["critical"]["1"]["served"] == 1
    outputs: Any = plan.tables["sources"].iloc[0]
    assert outputs["output_a_kw"] == pytest.approx(9.9)
    assert abs(outputs["output_c_kw"]) < 1e-6
    record = Record(case, plan, 1e-6)
    given = replayed(record).given[0, :, 0]
    assert np.abs(given - record.source_power[0, :, 0]).max() < 0.1


def backfed() -> tuple[Case, Plan]:
    """A battery on the wye side of a transformer, and nothing on its delta side."""
    tables = {name: text.format("delta-wye") for name, text in TURN.items() if name != "grid"}
    tables["batteries"] = (
        "battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,rating_kva,forming,"
        "charge_eff,discharge_eff\nstore,near,abc,100,100,0,30,30,1,1,1"
    )
    tables["loads"] = "load,bus,phases,tier,service,kw\nlamp,near,a,1,continuous,9.9\nheat,near,b,1,continuous,11"
    case = case_of(tables, header={"step_min": 60, "steps": 1})
    return case, solve(case)


def test_losses_behind_a_delta_stay_what_it_can_pass_on() -> None:
    """Nothing earths a delta, so its currents sum to zero: with voltages at 0, -120 and 120 degrees that is

    S_a + S_b e^(j 120) + S_c e^(-j 120) = 0. Powers that keep it do not once each is rounded to seven digits.
    """
    case, plan = backfed()
    record = Record(case, plan, 1e-6)
    turn = np.exp(2j * np.pi / 3.0 * np.arange(3))
    far, near = ([record.feeder.number[bus, phase] for phase in "abc"] for bus in ("far", "near"))
    power = np.array([0.0123456789 + 0.0198765432j, 0.0345678912 - 0.0011223344j, 0.0567891234 + 0.0055667788j])
    power -= np.conj(turn) * (turn @ power) / 3.0
    lost = np.zeros((len(record.feeder.nodes), 1), dtype=complex)
    lost[far, 0] = lost[near, 0] = power
    stated = without_last_digits(record, lost, np.zeros(1))
    assert abs(turn @ stated[near, 0]) > 1e-8
    assert abs(turn @ stated[far, 0]) < 1e-15
    assert np.abs(stated - lost).max() < 2e-7


def test_noise_on_a_phase_that_idles_is_no_power_backwards() -> None:
    case, plan = backfed()
    record = Record(case, plan, 1e-6)
    lost = np.zeros((len(record.feeder.nodes), 1), dtype=complex)
    rows = [record.feeder.number["near", phase] for phase in "abc"]
    lost[rows, 0] = [-1e-6, -1e-4, 1e-6]
    stated = without_last_digits(record, lost, np.array([1e-5]))
    assert stated[rows, 0].tolist() == [0.0, -1e-4, 1e-6]


def test_what_idles_behind_a_delta_does_not_stop_the_rounds() -> None:
    """The substation's transformer is fed from behind by a battery down the road, at voltages that differ by phase."""
    tables = {name: text.format("delta-wye") for name, text in TURN.items() if name != "grid"}
    tables["buses"] += "\nyard,abc,0.24"
    tables["lines"] = "line,from_bus,to_bus,phases,r_aa_ohm,r_bb_ohm,r_cc_ohm\nroad,near,yard,abc,0.05,0.05,0.05"
    tables["batteries"] = (
        "battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,rating_kva,forming,"
        "charge_eff,discharge_eff\nstore,yard,abc,100,100,0,30,30,1,1,1"
    )
    case = case_of(tables, header={"step_min": 60, "steps": 1})
    ac = solve_secure(case).summary["ac"]
    assert ac["secure"] and len(ac["rounds"]) == 2


def test_the_plan_without_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    from v2g.ac import flow

    monkeypatch.setattr(flow, "find_spec", lambda name: None)
    case = lane()
    with pytest.raises(UsageError, match=r"pip install 'v2g\[opendss\]'"):
        verify(case, solve(case))


def failed(case: Case, plan: Plan) -> set[str]:
    """Names of the audit's checks that fail."""
    return {check.name for check in audit(case, plan).failed}


def test_losses_below_zero_are_energy_from_nowhere() -> None:
    case = lane()
    plan = solve_secure(case)
    assert not failed(case, plan)
    nodes = plan.tables["ac_nodes"].copy()
    nodes["lost_kw"] = -nodes["lost_kw"]
    wrong = replace(plan, tables={**plan.tables, "ac_nodes": nodes})
    assert "feeder: no energy from losses" in failed(case, wrong)


def test_power_between_the_phases_of_a_transformer_is_seen() -> None:
    """5 kW on phase a and the same turned on b and c: the balance behind the delta stays as it is."""
    case, plan = backfed()
    assert not failed(case, plan)
    lines = plan.tables["lines"].copy()
    turned = 5.0 * np.exp(-2j * np.pi / 3.0 * np.array(["abc".index(p) for p in lines["phase"]]))
    lines["flow_kw"], lines["flow_kvar"] = lines["flow_kw"] + turned.real, lines["flow_kvar"] + turned.imag
    wrong = replace(plan, tables={**plan.tables, "lines": lines})
    assert "feeder: no power between the phases of a transformer" in failed(case, wrong)


def test_a_plan_without_its_losses_is_not_secure_however_small_they_are() -> None:
    """Ten watts on a wire: nothing that a limit would notice."""
    loads = "load,bus,phases,tier,service,kw\nlamp,end,b,1,continuous,6"
    case = lane(loads=loads)
    verdict = verify(case, solve(case))
    # 6 kW over 1.02 x 2.4 kV: (0.006 / 2.448)^2 MA^2 x 1.2 ohm = 7.2e-6 MW, for two hours.
    assert verdict.loss_kwh == pytest.approx(2e3 * R * (0.006 / (1.02 * KV)) ** 2, rel=0.01)
    assert not verdict.secure and "0.014 kWh of losses not supplied" in verdict.headline
    assert verify(case, solve_secure(case)).secure


def test_a_plan_without_voltages_has_nothing_to_replay() -> None:
    case = lane()
    with pytest.raises(UsageError, match="needs a plan with voltages"):
        verify(case, solve(case, network="transport"))
    with pytest.raises(UsageError, match="needs a plan with voltages"):
        solve_secure(case, network="transport")
