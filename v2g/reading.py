"""The verbs `read` and `check`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from v2g.case import Case
from v2g.check import check as check_draft
from v2g.errors import Finding, InvalidCase
from v2g.formats import locate, read_folder
from v2g.formats.draft import Draft
from v2g.language import Part
from v2g.register import NETWORKS, POLICIES, declarations


def check(source: str | Path | Draft, parts: Sequence[type[Part]] = ()) -> tuple[Finding, ...]:
    """All findings in a case: a folder, the name of a shipped case, or a draft made of frames."""
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
    draft = source if isinstance(source, Draft) else read_folder(locate(source))
    middle = time.perf_counter()
    case, findings = check_draft(draft, declarations(parts), networks=tuple(NETWORKS), policies=tuple(POLICIES))
    return case, findings, {"read": middle - started, "check": time.perf_counter() - middle}
