"""How long an outage may last, how long a tier can be kept alive, and what is said of both."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_policies import CLINIC, TWO_ENDS, case_of

import v2g
from v2g import cli
from v2g.derive.outage import durations, inside
from v2g.errors import InvalidCase, UsageError
from v2g.formats.draft import Draft
from v2g.formats.outages import MOST, durations_of, exceedances, midpoints, with_durations
from v2g.planning import problem_of
from v2g.reports.text import plan_report
from v2g.survival import survive

# How likely it still lasts


@pytest.mark.parametrize("seed", range(3))
def test_how_likely_it_still_lasts_against_a_quadrature(seed: int) -> None:
    """The mean over an interval of P(H > s), from 20,000 points s in each interval of 60, 30, 15 and 45 min."""
    random = np.random.default_rng(seed)
    ends, share = random.uniform(0.1, 3.0, 5), random.dirichlet(np.ones(5))
    rows = "hours,probability\n" + "\n".join(f"{h!r},{p!r}" for h, p in zip(ends.tolist(), share.tolist(), strict=True))
    case = case_of({"loads": CLINIC, "durations": rows}, step_min=[60, 30, 15, 45], steps=4)
    still = problem_of(case, "transport", "expected").numbers.values["expected", "still"]
    points = (np.arange(20_000) + 0.5) / 20_000
    for t, (start, length) in enumerate([(0.0, 1.0), (1.0, 0.5), (1.5, 0.25), (1.75, 0.75)]):
        lasts = ends[:, None] > start + length * points
        assert still[t] == pytest.approx(float((share @ lasts).mean()), abs=2e-4)


def test_the_share_of_an_interval_before_the_end() -> None:
    case = case_of({"loads": CLINIC, "durations": TWO_ENDS})
    assert inside(case, np.array([0.25, 2.0, 9.0])).tolist() == [[0.25, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1]]
    assert [found.tolist() for found in durations(case, "expected")] == [[1.0, 3.0], [0.5, 0.5]]


# Causes


@pytest.mark.parametrize("cause", exceedances())
def test_a_cause_becomes_durations_with_the_mean_of_its_curve(cause: str) -> None:
    """The mean is the area below the curve: trapezoids between its points, from 1 at 0 h."""
    found, curve = durations_of(cause), [(0.0, 1.0), *exceedances()[cause]]
    hours, above = np.array(curve).T
    area = float((np.diff(hours) * (above[:-1] + above[1:]) / 2).sum())
    assert sum(share for _, share in found) == pytest.approx(1.0, abs=1e-9)
    assert sum(h * share for h, share in found) == pytest.approx(area, rel=1e-9)
    assert max(share for _, share in found) <= MOST + 1e-9
    assert [h for h, _ in found] == sorted(h for h, _ in found)
    assert len(found) < 60


def test_midpoints_by_hand() -> None:
    """0.9 by 10 h in two pieces of 0.05; nothing between 10 and 20 h; 0.9 last as long as the curve goes."""
    assert midpoints([(10.0, 0.9), (20.0, 0.9)]) == [(2.5, 0.05), (7.5, 0.05), (20.0, 0.9)]


def test_there_are_causes() -> None:
    assert {"hurricane", "winter_storm"} <= set(exceedances())


def test_a_cause_fills_in_the_durations() -> None:
    case = case_of({"loads": CLINIC}, cause="hurricane")
    table = case.table("durations")
    assert list(zip(table["hours"], table["probability"], strict=True)) == durations_of("hurricane")


def test_a_table_of_ones_own_is_not_replaced() -> None:
    """Whether a case may have both is for the check to say."""
    own = pd.DataFrame({"hours": ["3"], "probability": ["1"]})
    draft = Draft.of({"cause": "hurricane"}, {"durations": own})
    assert with_durations(draft) is draft
    assert len(with_durations(Draft.of({"cause": "hurricane"}, {})).tables["durations"]) > 10


@pytest.mark.parametrize(
    ("cause", "near"),
    [
        ("huricane", "Did you mean 'hurricane'?"),
        ("snow storm", "Did you mean 'storm' or 'winter_storm'?"),
        ("Ice", "Take one of these causes, or leave it out and write durations.csv."),
    ],
)
def test_a_cause_that_is_not_known_names_the_nearest(cause: str, near: str) -> None:
    (fault,) = with_durations(Draft.of({"cause": cause}, {})).faults
    assert fault.code == "unknown-cause" and fault.remedy == near and "heavy_wind" in str(fault.allowed)


def test_a_cause_that_is_not_known() -> None:
    with pytest.raises(InvalidCase, match="Did you mean 'hurricane'") as refused:
        case_of({"loads": CLINIC}, cause="huricane")
    assert [f.code for f in refused.value.findings] == ["unknown-cause"]
    with pytest.raises(UsageError, match="Did you mean 'hurricane'"):
        durations_of("huricane")
    draft = Draft.of({}, {})
    assert with_durations(draft) is draft


# How long a tier can be kept alive


def test_how_long_a_tier_is_kept() -> None:
    """8 kWh are 2 h of 4 kW, or of 4 kW and 1.5 kW together one whole hour; 9 kW are too much for any.

    Alone, 1 kW of tier 2 is served to the end, from the start or from 20:00.
    """
    loads = f"{CLINIC}\ncold,two,a,2,1"
    windows = "load,bus,phases,tier,kw,from_utc\nclinic,two,a,1,4,\ncold,two,a,2,1,2026-01-15T20:00:00+00:00"
    assert survive(case_of({"loads": CLINIC})).longest_h == 2.0
    assert survive(case_of({"loads": loads}), 2).longest_h == 4.0
    assert survive(case_of({"loads": windows}), 2).longest_h == 4.0
    assert survive(case_of({"loads": CLINIC.replace("1,4", "1,9")})).longest_h == 0.0
    assert survive(case_of({"loads": f"{CLINIC}\nother,two,a,1,1.5"})).longest_h == 1.0


def test_the_steps_in_between_count() -> None:
    """8 kWh are 1.75 h of 4.5 kW and a bit: 60, 30 and 15 min can be served, the next 45 cannot."""
    found = survive(case_of({"loads": CLINIC.replace("1,4", "1,4.5")}, step_min=[60, 30, 15, 45], steps=4))
    assert (found.longest_h, found.bound_h, found.horizon_h) == (1.75, 1.75, 2.5)


def test_the_plan_beside_it() -> None:
    """Served throughout is what counts for the plan: 2 kW for 4 h, and of 4 kW nothing is left for tier 2."""
    loads = "load,bus,phases,tier,kw\nclinic,two,a,1,2\ncold,two,a,2,4"
    case = case_of({"loads": loads})
    plan = v2g.solve(case)
    assert {tier: row["survival_h"] for tier, row in plan.summary["critical"].items()} == {"1": 4.0, "2": 0.0}
    found = survive(case, 2, plan=plan)
    assert (found.longest_h, found.plan_h, found.policy) == (2.0, 0.0, "tiers")
    assert "first 2 of 4 h" in found.text and "first 0 h" in found.text


def test_there_must_be_such_a_tier() -> None:
    with pytest.raises(UsageError, match="no critical loads of tier 3"):
        survive(case_of({"loads": CLINIC}), 3)


def test_survival_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["solve", "village", "--out", str(tmp_path / "plan")]) == 0
    capsys.readouterr()
    assert cli.run(["survive", "village", "--plan", str(tmp_path / "plan"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["tier"], found["longest_h"], found["plan_h"]) == (1, 4.0, 4.0)
    assert cli.run(["survive", "village", "--tier", "2"]) == 0
    assert "tier 2: the load can be served" in capsys.readouterr().out
    assert cli.run(["survive", "village", "--tier", "7"]) == 2


# What is said


def test_the_report_says_what_was_put_first() -> None:
    case = case_of({"loads": CLINIC, "durations": TWO_ENDS}, carry_h=0, cvar_alpha=0.25)
    lines = {policy: plan_report(case, v2g.solve(case, policy=policy)) for policy in ("expected", "cautious", "fair")}
    assert (
        "expected: 0.5 tier-1 load-hours lost on average (outage by durations.csv: median about 2 h)"
        in lines["expected"]
    )
    assert "cautious: 0.7 tier-1 load-hours lost in the worst 75 % of outages" in lines["cautious"]
    assert "fair: the place worst off misses 50 % (tier 1) of its hours" in lines["fair"]


def test_the_report_names_the_cause() -> None:
    """Half of all outages by hurricanes last longer than 60 h, says the table."""
    case = case_of({"loads": CLINIC}, cause="hurricane")
    assert "(outage by cause hurricane: median about 6" in plan_report(case, v2g.solve(case, policy="expected"))
