"""From a draft to a case: everything typed and complete, or all that is wrong with it, at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import pandas as pd

from v2g.case import Case
from v2g.check.columns import typed_table, unknown_tables
from v2g.check.derived import derive
from v2g.check.fill import Filling
from v2g.check.header import NETWORKS, POLICIES, Header, read_header
from v2g.check.references import unknown_references
from v2g.check.rows import Filled
from v2g.check.rules import HEADER, RULES
from v2g.errors import Finding
from v2g.formats.draft import HEADER_FILE, Draft, file_of
from v2g.schema import TableSpec

__all__ = ["check"]

_ANY_DAY = pd.DatetimeIndex(["2000-01-01", "2000-01-02"], tz="UTC")


def check(
    draft: Draft,
    specs: Mapping[str, TableSpec],
    *,
    networks: Sequence[str] = NETWORKS,
    policies: Sequence[str] = POLICIES,
) -> tuple[Case | None, tuple[Finding, ...]]:
    """The case of a draft, and every finding; no case where one of the findings is an error.

    ``specs`` are the tables by name, those of the feeder and those of all parts in use. Findings
    stand in the order of files and rows.
    """
    header = read_header(draft.header, networks, policies)
    findings = [*draft.faults, *header.findings, *unknown_tables(draft, specs)]
    frames: dict[str, pd.DataFrame] = {}
    for name, spec in specs.items():
        typed = typed_table(spec, draft.tables.get(name), draft.origin.get(name, file_of(name)))
        frames[name] = typed.frame
        findings += [f for f in typed.findings if (name, f.row, f.column) not in draft.told]
    findings += unknown_references(specs, frames, draft.origin, draft.unread)
    filling = Filling(specs, frames, draft, header.boundaries)
    derive(filling)
    findings += filling.findings
    case = _case(draft, header, frames)
    findings += _rule_findings(Filled(**_fields(case), written=filling.written), findings, filling.leans)
    ordered = _ordered(findings, [draft.origin.get(name, file_of(name)) for name in specs])
    sound = not any(finding.severity == "error" for finding in ordered)
    return (case if sound else None), ordered


def _case(draft: Draft, header: Header, frames: Mapping[str, pd.DataFrame]) -> Case:
    boundaries = _ANY_DAY if header.boundaries is None else header.boundaries
    own = header.name, header.title, header.values, boundaries
    return Case(*own, frames, draft.sha256, draft.origin, lines=draft.lines)


def _fields(case: Case) -> dict[str, Any]:
    return {one.name: getattr(case, one.name) for one in fields(Case)}


def _rule_findings(case: Case, findings: Sequence[Finding], leans: Mapping[str, set[str]]) -> list[Finding]:
    """Findings of every rule whose tables, and those they were filled from, can be believed."""
    faulty = {finding.file for finding in findings if finding.severity == "error"}
    broken = {name for name in (*case.tables, *case.origin) if case.origin.get(name, file_of(name)) in faulty}
    for table, sources in leans.items():
        if not broken.isdisjoint(sources):
            broken.add(table)
    if HEADER_FILE in faulty:
        broken.add(HEADER)
    return [found for rule in RULES if broken.isdisjoint(rule.reads) for found in rule.find(case)]


def _ordered(findings: Sequence[Finding], files: Sequence[str]) -> tuple[Finding, ...]:
    """By file in the order of the declarations, then by row; each finding once."""
    rank = {HEADER_FILE: -1} | {file: k for k, file in enumerate(files)}
    once = dict.fromkeys(findings)
    return tuple(sorted(once, key=lambda f: (rank.get(f.file, len(rank)), f.row or 0)))
