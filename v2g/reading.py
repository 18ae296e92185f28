"""The verbs `read` and `check`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from v2g.case import Case
from v2g.check import check as check_draft
from v2g.errors import Finding, InvalidCase, UsageError
from v2g.formats import locate, read_folder
from v2g.formats.draft import HEADER_FILE, Draft
from v2g.formats.nameplates import with_nameplates
from v2g.formats.outages import durations_of, with_durations
from v2g.formats.typed_tables import is_parquet, is_workbook, read_parquet, read_workbook
from v2g.language import Part
from v2g.register import NETWORKS, POLICIES, declarations


def check(source: str | Path | Draft, parts: Sequence[type[Part]] = ()) -> tuple[Finding, ...]:
    """All findings in a case: a folder, a workbook, the name of a shipped case, or a draft made of frames."""
    return _checked(source, parts)[1]


def read(source: str | Path | Draft, parts: Sequence[type[Part]] = ()) -> Case:
    """A case, checked and complete. Raises `InvalidCase` with all findings if any of them is an error."""
    case, findings, seconds = _checked(source, parts)
    if case is None:
        raise InvalidCase(findings)
    return replace(case, seconds=seconds)


def _checked(
    source: str | Path | Draft, parts: Sequence[type[Part]]
) -> tuple[Case | None, tuple[Finding, ...], dict[str, float]]:
    started = time.perf_counter()
    draft = source if isinstance(source, Draft) else _draft(locate(source))
    draft = with_nameplates(with_durations(one_duration(draft)))
    middle = time.perf_counter()
    case, findings = check_draft(draft, declarations(parts), networks=tuple(NETWORKS), policies=tuple(POLICIES))
    return case, findings, {"read": middle - started, "check": time.perf_counter() - middle}


def _draft(path: Path) -> Draft:
    """What stands in a folder of CSV tables or of Parquet files, or in a workbook."""
    if is_workbook(path):
        return read_workbook(path)
    return read_parquet(path) if is_parquet(path) else read_folder(path)


def one_duration(draft: Draft) -> Draft:
    """The draft, with a fault if it says twice, and not alike, how long the outage lasts."""
    cause, table = draft.header.get("cause"), draft.tables.get("durations")
    if not isinstance(cause, str) or not cause.strip() or table is None or not len(table):
        return draft
    try:
        known = [[str(hours), str(share)] for hours, share in durations_of(cause.strip())]
    except UsageError:
        known = []
    written = {"hours", "probability"} <= set(table.columns)
    if written and [[_plain(cell) for cell in row] for row in known] == [
        [_plain(cell) for cell in row] for row in table[["hours", "probability"]].to_numpy().tolist()
    ]:
        return draft
    fault = Finding(
        HEADER_FILE, "durations.csv says how long the outage lasts, and so does its cause.",
        "Delete one of the two.", column="cause", found=cause.strip()[:60], code="cause-and-durations",
    )  # fmt: skip
    return replace(draft, faults=(*draft.faults, fault))


def _plain(cell: str) -> str:
    """A number as text, the same for all ways to write it."""
    try:
        return repr(float(cell))
    except ValueError:
        return cell
