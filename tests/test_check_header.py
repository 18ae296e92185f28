"""One wrong key in the header of a valid case."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from helpers_specs import SPECS, case_of, draft_of, findings_of, only, place

from v2g.check import check


def test_defaults() -> None:
    assert dict(case_of().header) == {
        "format": 1,
        "network": "lindistflow",
        "policy": "tiers",
        "seed": 0,
        "vmin_pu": 0.9,
        "vmax_pu": 1.1,
        "cause": "",
        "guarantee_h": math.inf,
        "cvar_alpha": 0.9,
    }


def test_keys_of_the_emergency() -> None:
    given = {"cause": "storm", "guarantee_h": 1.5, "carry_h": 12, "cvar_alpha": 0.8}
    header = case_of(given).header
    assert {key: header[key] for key in given} == given


def test_boundaries() -> None:
    case = case_of()
    assert case.boundaries[0] == pd.Timestamp("2026-01-15T18:00Z") and case.boundaries[-1] == pd.Timestamp(
        "2026-01-15T20:00Z"
    )
    assert case.hours.tolist() == [0.5] * 4


def test_unequal_intervals_give_their_number() -> None:
    case = case_of({"step_min": [15, 45, 60], "steps": None})
    assert case.hours.tolist() == [0.25, 0.75, 1.0]


@pytest.mark.parametrize(
    "start",
    [
        "2026-01-15T18:00Z",
        "2026-01-15 19:00:00+01:00",
        datetime(2026, 1, 15, 18, tzinfo=UTC),
        pd.Timestamp("2026-01-15T18:00Z"),
    ],
)
def test_starts_that_are_read(start: object) -> None:
    assert case_of({"start_utc": start}).boundaries[0] == pd.Timestamp("2026-01-15T18:00Z")


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("format", None, "missing-key"),
        ("format", 2, "newer-format"),
        ("format", 0, "unknown-format"),
        ("format", True, "unknown-format"),
        ("format", "1", "unknown-format"),
        ("name", None, "missing-key"),
        ("name", "  ", "blank"),
        ("name", 3, "not-text"),
        ("name", "../up", "not-a-name"),
        ("name", ".hidden", "not-a-name"),
        ("name", "a\x1b[2J", "control-character"),
        ("title", ["x"], "not-text"),
        ("start_utc", None, "missing-key"),
        ("start_utc", "2026-01-15 18:00", "naive-time"),
        ("start_utc", datetime(2026, 1, 15, 18), "naive-time"),
        ("start_utc", date(2026, 1, 15), "naive-time"),
        ("start_utc", 5, "not-a-time"),
        ("start_utc", "tomorrow", "not-a-time"),
        ("start_utc", datetime(9999, 12, 31, 23, tzinfo=UTC), "year-out-of-range"),
        ("step_min", None, "missing-key"),
        ("step_min", "30", "not-a-number"),
        ("step_min", True, "not-a-number"),
        ("step_min", float("nan"), "not-finite"),
        ("step_min", 10**400, "not-finite"),
        ("step_min", 0.5, "step-too-short"),
        ("step_min", 0, "step-too-short"),
        ("step_min", -30, "step-too-short"),
        ("step_min", 1441, "step-too-long"),
        ("step_min", 1800 * 1000, "step-too-long"),
        ("step_min", [30, 30, 30], "step-list-length"),
        ("step_min", [], "step-list-length"),
        ("step_min", [30, 30, 30, 0], "step-too-short"),
        ("step_min", [30, 30, 30, "x"], "not-a-number"),
        ("steps", None, "missing-key"),
        ("steps", 0, "below-limit"),
        ("steps", -4, "below-limit"),
        ("steps", 4.0, "not-whole"),
        ("steps", 10**12, "above-limit"),
        ("network", "lindisflow", "unknown-choice"),
        ("network", ["lindistflow"], "unknown-choice"),
        ("policy", "tier", "unknown-choice"),
        ("seed", -1, "below-limit"),
        ("seed", 1.5, "not-whole"),
        ("vmin_pu", 0, "below-limit"),
        ("vmin_pu", 110, "above-limit"),
        ("vmin_pu", 1.2, "above-column"),
        ("vmax_pu", "1.1", "not-a-number"),
        ("cause", 3, "not-text"),
        ("guarantee_h", 0, "below-limit"),
        ("guarantee_h", "12", "not-a-number"),
        ("guarantee_h", float("nan"), "not-finite"),
        ("carry_h", -1, "below-limit"),
        ("carry_h", True, "not-a-number"),
        ("cvar_alpha", 1, "above-limit"),
        ("cvar_alpha", 90, "above-limit"),
        ("cvar_alpha", -0.1, "below-limit"),
    ],
)
def test_a_faulty_key(key: str, value: object, code: str) -> None:
    finding = only(findings_of({key: value}))
    assert place(finding) == (code, "case.toml", None, key, "error")


@pytest.mark.parametrize(("key", "near"), [("start", "start_utc"), ("netwrok", "network"), ("step_mins", "step_min")])
def test_an_unknown_key_says_what_is_near(key: str, near: str) -> None:
    finding = only(findings_of({key: 1}))
    assert place(finding) == ("unknown-key", "case.toml", None, key, "error")
    assert finding.remedy == f"Did you mean '{near}'?"


def test_a_choice_says_what_is_near() -> None:
    assert only(findings_of({"network": "lindisflow"})).remedy == "Did you mean 'lindistflow'?"


def test_networks_and_policies_of_others_can_be_named() -> None:
    case, findings = check(draft_of({"network": "mine"}), SPECS, networks=("mine",))
    assert case is not None and not findings and case.header["network"] == "mine"


def test_intervals_do_not_drift() -> None:
    case = case_of({"step_min": 100 / 3, "steps": 9})
    assert np.diff(case.boundaries.as_unit("ns").asi8).tolist() == [2_000_000_000_000] * 9


@pytest.mark.parametrize("step_min", [[15, 15, 15, 15, 15], (30, 30, 30, 30)])
def test_the_number_of_lengths_must_be_steps(step_min: object) -> None:
    findings = findings_of({"step_min": step_min})
    assert [f.column for f in findings] == ["step_min"]
