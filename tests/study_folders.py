"""Study folders written by hand, with figures that a test can work out on paper."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FIRST_TIER = 1


@dataclass(frozen=True)
class Ran:
    """One scenario. ``dark`` holds, for each site of the first tier, the hour from which on it is dead, None = never.

    ``served_h`` and ``required_h`` are load-hours of the first tier, ``second_h`` those served of a second one.
    ``status`` None = not run yet.
    """

    seed: int
    settings: Mapping[str, Any]
    dark: Sequence[float | None] = (None,)
    served_h: float = 0.0
    required_h: float = 10.0
    second_h: float | None = None
    horizon_h: float = 4.0
    unserved: Sequence[tuple[int, float, float, float]] = ()
    unserved_kwh: float = 0.0
    values: Sequence[tuple[str, str, float, str]] = ()
    status: str | None = "planned"
    reason: str = ""
    possible: int | None = None
    gap: float = 0.0
    case: str = "town"
    more: Mapping[str, Any] = field(default_factory=dict)


def study_folder(folder: Path, axes: Mapping[str, Any], ran: Sequence[Ran], sample: str = "grid") -> Path:
    """A folder as `v2g batch` leaves it; ``axes`` are changes by name of the axis, or their entries in the manifest."""
    (folder / "results").mkdir(parents=True)
    entries = []
    for number, one in enumerate(ran, start=1):
        key = f"{number:032x}"
        entry = {"number": number, "key": key, "case": one.case, "seed": one.seed, "settings": dict(one.settings)}
        entries.append(entry)
        if one.status is not None:
            (folder / "results" / f"{key}.json").write_text(json.dumps(entry | _result(one)))
    manifest = {
        "name": "hand", "title": "A study written by hand", "study_sha256": "0" * 64, "made": {"version": "0.1.0"},
        "inputs": {}, "sample": sample, "seeds": sorted({one.seed for one in ran}), "populate": None, "solve": {},
        "axes": [
            {"axis": name, "keys": {}} | (dict(change) if isinstance(change, Mapping) else {"change": change})
            for name, change in axes.items()
        ],
        "values": False, "scenarios": entries,
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def _result(one: Ran) -> dict[str, Any]:
    if one.status != "planned":
        return {"status": one.status, "reason": one.reason, "measures": {}, "loads": [], "unserved": [], "values": []}
    alive = sum(hour is None for hour in one.dark)
    measures: dict[str, Any] = {
        "vehicles": 1, "horizon_h": one.horizon_h, "gap": one.gap,
        "tier1_loads": len(one.dark), "tier1_served": alive,
        "tier1_possible": alive if one.possible is None else one.possible,
        "tier1_hours_required": one.required_h, "tier1_hours_served": one.served_h,
        "critical_kwh_required": 100.0, "critical_kwh_unserved": one.unserved_kwh,
    }  # fmt: skip
    if one.second_h is not None:
        measures |= {"tier2_hours_required": one.required_h, "tier2_hours_served": one.second_h}
    loads = [
        {"load": f"site_{n}", "tier": FIRST_TIER, "hours_required": one.horizon_h, "hours_served": 0.0,
         "kwh_required": 0.0, "kwh_served": 0.0, "dark_from_h": hour}
        for n, hour in enumerate(one.dark)
    ]  # fmt: skip
    names = ("tier", "from_h", "hours", "unserved_kw")
    prices = ("what", "unit", "load_hours_per_unit", "how")
    return {
        "status": "planned", "reason": one.reason, "measures": measures | one.more, "loads": loads,
        "unserved": [dict(zip(names, row, strict=True)) for row in one.unserved],
        "values": [dict(zip(prices, row, strict=True)) for row in one.values],
    }  # fmt: skip
