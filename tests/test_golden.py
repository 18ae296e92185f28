"""Cases whose results were worked out without this program: what their ``expected.json`` knows must come out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import v2g

ROOT = Path(__file__).parent.parent
CASES = sorted(file.parent for top in ("datasets", "tests/cases") for file in (ROOT / top).glob("*/expected.json"))
KWH = 1e-4


def differences(expected: Any, found: Any, path: str = "") -> list[str]:
    """Where a plan's summary is not what was expected, as far as that is known."""
    if isinstance(expected, Mapping):
        return [line for key, value in expected.items() for line in differences(value, found[key], f"{path}.{key}")]
    same = found == expected if isinstance(expected, str) else found == pytest.approx(expected, abs=KWH)
    return [] if same else [f"{path[1:]}: {found}, expected {expected}"]


@pytest.mark.parametrize("folder", CASES, ids=[folder.name for folder in CASES])
def test_a_golden_case(folder: Path) -> None:
    plan = v2g.solve(v2g.read(folder))
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    known = {key: value for key, value in expected.items() if key in plan.summary}
    assert {"status", "critical"} <= set(known)
    assert differences(known, plan.summary) == []


def test_there_are_golden_cases() -> None:
    assert "village" in [folder.name for folder in CASES]


def test_a_difference_is_found() -> None:
    assert differences({"a": {"b": 1.0}, "c": "x"}, {"a": {"b": 1.1}, "c": "y"}) == [
        "a.b: 1.1, expected 1.0",
        "c: y, expected x",
    ]
