"""A page put where it was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from v2g.case import Case
from v2g.errors import UsageError
from v2g.formats.atomic import place_file, resolved
from v2g.handover.facts import Facts
from v2g.handover.headline import sentence
from v2g.plan import Plan
from v2g.reports.page.document import MARK, document

HEAD_BYTES = 4096
"""The mark of a page stands within so many bytes."""


@dataclass(frozen=True)
class WrittenPage:
    """Where a page is, and what is said of the plan first."""

    file: Path
    size: int
    sentence: str
    run_id: str
    age: str
    audited: bool

    @property
    def text(self) -> str:
        """For a terminal."""
        stale = "\nSTALE: its first interval is over." if self.age in ("stale", "over") else ""
        failed = "" if self.audited else "\nAUDIT FAILED: the page says so."
        return f"{self.sentence}.{stale}{failed}\nwrote  {self.file}  ({self.size / 1000:,.0f} kB, needs no network)"

    def to_dict(self) -> dict[str, Any]:
        """For machines."""
        return {
            "file": str(self.file), "bytes": self.size, "headline": self.sentence, "run_id": self.run_id,
            "age": self.age, "audit": self.audited,
        }  # fmt: skip


def write_page(
    case: Case,
    plan: Plan,
    out: str | Path,
    *,
    as_of: datetime | str | None = None,
    remedies_within: float | None = None,
) -> WrittenPage:
    """Write the page of a plan to a file; a page that is there already is replaced, nothing else is.

    ``as_of`` is the time that the page is told at, in place of now, with its offset from UTC: for exercises, and for
    the same bytes again. ``remedies_within``: so many seconds are spent on solving the case again with single changes.
    Raises UsageError for a plan of another case, a time without an offset, and a file that is no page.
    """
    file, now = resolved(out), _time(as_of)
    _refuse(file)
    _same(case, plan)
    if remedies_within is not None and not 0.0 < remedies_within < float("inf"):
        raise UsageError(
            f"Seconds for remedies: found {remedies_within:g}; allowed: more than 0. Give so many seconds."
        )
    facts = Facts(case, plan)
    content = document(facts, now, as_of is not None, remedies_within)
    place_file(file, content)
    return WrittenPage(file, len(content), sentence(facts), facts.run_id, facts.age(now), facts.verdict.ok)


def _time(as_of: datetime | str | None) -> datetime:
    if as_of is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        at = datetime.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise UsageError(
            f"The time of the page cannot be told: found {str(as_of)!r}; allowed: date, time and offset from UTC. "
            "Write it like 2026-01-15T18:00+00:00."
        )
    return at


def _same(case: Case, plan: Plan) -> None:
    known = (plan.summary.get("provenance") or {}).get("case_sha256")
    if known not in (None, case.sha256):
        raise UsageError(f"The plan is of another case than {case.name}, or of an earlier state of it. Solve again.")


def _refuse(file: Path) -> None:
    if file.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{file} does not end in .html. Name the page so, and any browser opens it.")
    if not file.parent.is_dir():
        raise UsageError(f"There is no folder {file.parent}. Make it, or give another one.")
    if not file.exists():
        return
    with_mark = file.is_file() and f'name="generator" content="{MARK}"'.encode() in file.open("rb").read(HEAD_BYTES)
    if not with_mark:
        raise UsageError(f"{file} is there already and is no page of a plan; give another name.")
