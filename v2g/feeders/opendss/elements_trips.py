"""What protection opened in the engine's snapshot: one that keeps the engine's own trip of 1 A opens any feeder."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from v2g.feeders.network import Line, Transformer
from v2g.feeders.opendss.elements import Reading

PROTECTION = ("fuse", "recloser", "relay", "swtcontrol")
Branch = TypeVar("Branch", Line, Transformer)


def tripped(reading: Reading, kind: str, name: str) -> str:
    """The device that holds an element open, in words; blank where none does."""
    for device in PROTECTION:
        for record in reading.enabled(device):
            states = record["state"] if isinstance(record["state"], list) else [record["state"]]
            if str(record["switchedobj"]).lower() == f"{kind}.{name}" and "open" in states:
                return f"{device} {record['name']}"
    return ""


def with_cause(reading: Reading, kind: str, branch: Branch) -> Branch:
    """A branch that stands open with what opened it."""
    return branch if branch.closed else replace(branch, opened_by=tripped(reading, kind, branch.name))
