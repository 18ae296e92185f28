"""What a plan changes against an earlier one, and for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from v2g.case import Case
from v2g.errors import CaseError, UsageError
from v2g.formats.shipped import shipped_cases
from v2g.handover.change_words import change_line, comparison_lines, ordered, scope_line
from v2g.handover.changes import Change, Comparison, Side
from v2g.handover.languages.english import ENGLISH
from v2g.plan import Plan
from v2g.reading import read

COLUMNS = (
    "what", "subject", "tier", "people", "people_before", "at_utc", "at_local", "before", "after", "unit", "more_utc",
    "less_utc", "text",
)  # fmt: skip


@dataclass(frozen=True)
class Compared:
    """Two plans side by side. ``same``: nothing changes for anybody."""

    comparison: Comparison

    @property
    def same(self) -> bool:
        """Whether the plans give the same orders and serve the same loads."""
        return self.comparison.same

    @property
    def text(self) -> str:
        """What changed in words, the most important first."""
        return "\n".join([scope_line(ENGLISH, self.comparison), *comparison_lines(ENGLISH, self.comparison)])

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row for each change; ``before`` and ``after`` are figures in ``unit``, times in UTC, or words.

        ``people`` is how many a load is for, or of a tier how many are served now, ``people_before`` how many were;
        blank where the cases do not say. ``more_utc`` and ``less_utc`` are all spans in which a load has more power
        than before, or less: begin/end in ISO 8601, a blank between spans.
        """
        rows = [self._row(change) for change in ordered(self.comparison.changes)]
        return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)

    def to_dict(self) -> dict[str, Any]:
        """For machines."""
        first, last = (self.comparison.moment(point).isoformat() for point in (0, -1))
        return {
            "same": self.same, "first": self.comparison.first.run_id, "second": self.comparison.second.run_id,
            "from_utc": first, "until_utc": last, "same_horizon": self.comparison.same_horizon,
            "changes": self.table.to_dict("records"),
        }  # fmt: skip

    def _row(self, change: Change) -> tuple[Any, ...]:
        zone = ZoneInfo(self.comparison.zone)
        times = ("", "") if change.at is None else tuple(change.at.astimezone(z).isoformat() for z in (UTC, zone))
        before, after = _cell(change.before), _cell(change.after)
        if change.key == "change_vehicle_place":
            before, after = change.places
        if change.key == "change_vehicle_ways":
            after, before = (", ".join(ways) for ways in change.ways)
        text = change_line(ENGLISH, self.comparison.zone, change)
        whom = ["" if one is None else one for one in (change.tier, change.people, change.people_before)]
        spans = (" ".join(f"{a.isoformat()}/{b.isoformat()}" for a, b in some) for some in (change.more, change.less))
        what = change.key.removeprefix("change_")
        return (what, change.subject, *whom, *times, before, after, change.unit, *spans, text)


def _cell(value: float | datetime | None) -> Any:
    return "" if value is None else value.isoformat() if isinstance(value, datetime) else value


def compare(first: Plan, second: Plan, cases: Sequence[Case] = ()) -> Compared:
    """What ``second`` changes against ``first``, the earlier plan.

    ``cases`` are those that the plans are of, in any order; one that comes along with the package is found by itself.
    Without its case a plan is compared from its tables alone: times are UTC then, and a load with service by the day is
    compared by its kWh. Raises UsageError for a case that neither plan is of, and for plans without common time.
    """
    sides = [Side(plan, known_case(plan, cases)) for plan in (first, second)]
    known = {side.case_sha256 for side in sides}
    for case in cases:
        if case.sha256 not in known:
            raise UsageError(
                f"--case {case.name}: neither plan is of this case, or not of its present state. "
                "Give the state of the case that was solved, or leave it out."
            )
    return Compared(Comparison(sides[0], sides[1]))


def known_case(plan: Plan, cases: Sequence[Case] = ()) -> Case | None:
    """The case that a plan is of: among those given, else one that comes along; None if it is neither."""
    made = plan.summary.get("provenance") or {}
    sha256, name = made.get("case_sha256"), str(made.get("case", ""))
    for case in cases:
        if case.sha256 == sha256:
            return case
    if name in shipped_cases():
        try:
            shipped = read(name)
        except CaseError:
            return None
        return shipped if shipped.sha256 == sha256 else None
    return None
