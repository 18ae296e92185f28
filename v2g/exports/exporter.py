"""What an exporter is given, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from typing import Any, Protocol, runtime_checkable

from v2g.case import Case
from v2g.plan import Plan
from v2g.replay.record import Record

AUDIT_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Asked:
    """A case, or a case and a plan of it. ``place``: buses without coordinates go to the mean of their neighbours.

    ``options`` are what else was asked for, of the options that the exporter takes.
    """

    case: Case
    plan: Plan | None = None
    place: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def record(self) -> Record | None:
        """Case and plan side by side, where there is a plan."""
        return None if self.plan is None else Record(self.case, self.plan, AUDIT_TOLERANCE)

    @property
    def origin(self) -> dict[str, str]:
        """From what it is written: case, its SHA-256, status of the plan, version of the program."""
        found = {"v2g": version("v2g"), "case": self.case.name, "case_sha256": self.case.sha256}
        return found if self.plan is None else found | {"plan": str(self.plan.summary.get("status", ""))}

    @property
    def origin_line(self) -> str:
        """The same in a line."""
        about = self.origin
        plan = f", with its plan ({about['plan']})" if "plan" in about else ""
        return f"Written by v2g {about['v2g']} from the case {about['case']} (SHA-256 {about['case_sha256']}){plan}"


@dataclass(frozen=True)
class Exported:
    """Files by their path below the folder, what a user has to know about them, and which to open first."""

    files: Mapping[str, bytes]
    warnings: tuple[str, ...] = ()
    first: str = "README.md"


class Exporter(Protocol):
    """Writes a case, and what a plan makes of it, in the format of another tool."""

    name: str
    title: str

    def export(self, asked: Asked) -> Exported:
        """All files of it; the same bytes for the same case and plan."""
        ...


@runtime_checkable
class WithOptions(Protocol):
    """An exporter that takes options of its own; ``options`` are their names."""

    options: tuple[str, ...]


@runtime_checkable
class ForAction(Protocol):
    """An exporter for people or chargers who act on it: it is given no plan that the audit refuses."""

    for_action: bool
