"""One scenario from its task to its result: the base case changed, checked, solved and measured. Raises nothing.

A desk keeps what scenarios share - base cases, feeders, emergencies put on them - so that each is read once.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from v2g.batch.changes import CHANGES, Asked, Setting
from v2g.batch.inputs import Base, StudyStopped
from v2g.batch.measures import measured, tables_digest
from v2g.batch.worth import worth
from v2g.case import Case
from v2g.errors import AuditFailed, InvalidCase, SolveError, SolverMissing, V2GError
from v2g.formats.draft import Draft, csv_bytes
from v2g.formats.plan_folder import plain
from v2g.plan import Plan
from v2g.planning import solve
from v2g.populate.making import feeder_in, populated
from v2g.populate.wishes import wishes
from v2g.reading import read
from v2g.remedies.tables import Tables

T = TypeVar("T")
KEPT = 4
"""Base cases, feeders and emergencies are kept up to so many of each."""
LONGEST = 400
FINDINGS = 3


class Desk:
    """Solves tasks one after the other. ``base_of`` gives a base case by name and hash, ``sites_of`` lists of sites."""

    def __init__(self, base_of: Callable[[str, str], Base], sites_of: Callable[[str], Path]) -> None:
        self._base_of, self._sites_of = base_of, sites_of
        self._kept: dict[str, OrderedDict[str, Any]] = {}
        self._digests: dict[int, tuple[pd.DataFrame, str]] = {}

    def result(self, task: Mapping[str, Any]) -> bytes:
        """The result of a task as JSON, whatever happens on the way, except that memory runs out."""
        began = time.perf_counter(), time.process_time()
        seconds: dict[str, float] = {}
        found: dict[str, Any] = {name: task[name] for name in ("key", "number", "case", "seed", "settings")}
        try:
            found |= self._solved(task, seconds)
        except (MemoryError, StudyStopped):
            raise
        except Exception as error:
            if lacks_memory(error):
                raise MemoryError from error
            status = status_of(error, task["solve"].get("time_limit_s"), time.perf_counter() - began[0])
            found |= {"status": status, "reason": reason_of(error), **EMPTY}
        found["asked"] = {name: task[name] for name in ("axes", "populate", "solve", "values", "case_sha256", "made")}
        seconds["wall"], seconds["cpu"] = time.perf_counter() - began[0], time.process_time() - began[1]
        found["seconds"] = {name: round(value, 6) for name, value in seconds.items()}
        return result_bytes(found)

    def _solved(self, task: Mapping[str, Any], seconds: dict[str, float]) -> dict[str, Any]:
        with _Watch(seconds, "change"):
            draft, asked = self.draft(task)
        with _Watch(seconds, "solve"):
            case, plan = planned(draft, asked)
        with _Watch(seconds, "measure"):
            found = measured(case, plan)
            made = _made(draft, plan, task)
        if task["values"]:
            with _Watch(seconds, "values"):
                found["values"] = worth(case, plan, draft, lambda other: planned(other, asked))
        phases = {f"solve_{name}": value for name, value in plan.summary["seconds"].items() if value}
        seconds |= phases
        return {"status": "planned", "reason": "", **EMPTY, **found, "made": made}

    def draft(self, task: Mapping[str, Any]) -> tuple[Draft, Asked]:
        """The changed case of a task, not checked yet, and what is asked of it."""
        settings = [
            (CHANGES[axis["change"]], Setting(axis["axis"], task["settings"][axis["axis"]], axis["keys"], task["seed"]))
            for axis in task["axes"]
        ]
        asked = Asked(task["case"], task["populate"], task["solve"])
        for change, to in settings:
            asked = change.before(asked, to)
        start = self._start(task, asked)
        tables = Tables(start.header, start.tables)
        for change, to in settings:
            tables = change.after(tables, asked, to)
        return Draft(tables.header, tables.frames, start.origin, sha256=self._digest(tables)), asked

    def _start(self, task: Mapping[str, Any], asked: Asked) -> Draft:
        """The base case, or the emergency that is put on it."""
        name, sha256 = task["case"], task["case_sha256"]
        base = self._keep("base", f"{name} {sha256}", lambda: self._base_of(name, sha256))
        draft: Draft = self._keep("draft", f"{name} {sha256}", base.draft)
        if asked.populate is None:
            return draft
        options = {"seed": task["seed"], **asked.populate}
        words = json.dumps(options, sort_keys=True)
        sites = str(options.get("critical", ""))
        if sites.startswith("sha256:"):
            options["critical"] = str(self._sites_of(sites.removeprefix("sha256:")))
        feeder = self._keep("feeder", f"{name} {sha256}", lambda: feeder_in(draft, base.places))
        return self._keep(
            "emergency", f"{name} {sha256} {words}", lambda: populated(draft, feeder, name, wishes(**options))
        )

    def _keep(self, what: str, key: str, make: Callable[[], T]) -> T:
        """Something that is made once; the one that was not used for longest gives way."""
        kept = self._kept.setdefault(what, OrderedDict())
        if key not in kept:
            kept[key] = make()
        kept.move_to_end(key)
        while len(kept) > KEPT:
            kept.popitem(last=False)
            self._digests.clear()
        found: T = kept[key]
        return found

    def _digest(self, tables: Tables) -> str:
        """SHA-256 of a changed case; a table that no change touched is gone through once."""
        total = hashlib.sha256(json.dumps(dict(tables.header), sort_keys=True, default=str).encode())
        for name in sorted(tables.frames):
            frame = tables.frames[name]
            known = self._digests.get(id(frame))
            if known is None or known[0] is not frame:
                known = frame, hashlib.sha256(csv_bytes(frame)).hexdigest()
                if self._is_shared(frame, name):
                    self._digests[id(frame)] = known
            total.update(f"{name} {known[1]}\0".encode())
        return total.hexdigest()

    def _is_shared(self, frame: pd.DataFrame, name: str) -> bool:
        drafts = [*self._kept.get("draft", {}).values(), *self._kept.get("emergency", {}).values()]
        return any(draft.tables.get(name) is frame for draft in drafts)


EMPTY: Mapping[str, Any] = {"measures": {}, "loads": [], "unserved": [], "values": [], "made": {}}


def planned(draft: Draft, asked: Asked) -> tuple[Case, Plan]:
    """A case and its audited plan. Raises V2GError."""
    case = read(draft)
    return case, solve(case, **solve_options(asked.solve))


def solve_options(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a study as those of `solve`."""
    return {"time_limit" if name == "time_limit_s" else name: value for name, value in asked.items()}


def _made(draft: Draft, plan: Plan, task: Mapping[str, Any]) -> dict[str, Any]:
    made = plan.summary["provenance"]
    names = ("version", "network", "policy", "solver", "solver_version", "options")
    found = {name: made[name] for name in names}
    return {**found, "case_sha256": draft.sha256, "base_sha256": task["case_sha256"],
            "plan_sha256": tables_digest(plan.tables)}  # fmt: skip


def result_bytes(found: Mapping[str, Any]) -> bytes:
    """A result as the bytes of its file."""
    text = json.dumps(plain(found), ensure_ascii=True, allow_nan=False, indent=1)
    return text.encode() + b"\n"


def status_of(error: Exception, limit: float | None, spent: float) -> str:
    """What kind of end an error is."""
    if isinstance(error, AuditFailed) or not isinstance(error, V2GError):
        return "defect"
    if isinstance(error, SolveError) and not isinstance(error, SolverMissing):
        return "time_limit" if limit is not None and spent >= limit else "no_plan"
    return "refused"


def lacks_memory(error: BaseException | None) -> bool:
    """Whether an error comes of one that says that memory ran out; whoever raised it did not know that."""
    while error is not None and not isinstance(error, MemoryError):
        error = error.__cause__ or error.__context__
    return error is not None


def reason_of(error: Exception) -> str:
    """What went wrong, in one line."""
    if isinstance(error, InvalidCase):
        errors = [str(finding) for finding in error.findings if finding.severity == "error"]
        more = f" ... and {len(errors) - FINDINGS} more." if len(errors) > FINDINGS else ""
        text = " ".join(errors[:FINDINGS]) + more
    else:
        text = str(error) if isinstance(error, V2GError) else f"{type(error).__name__}: {error}"
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 4]} ..."


class _Watch:
    """Notes how long something took: wall clock under its name, processor time under ``cpu_`` and its name."""

    def __init__(self, seconds: dict[str, float], name: str) -> None:
        self.seconds, self.name = seconds, name

    def __enter__(self) -> None:
        self.began = time.perf_counter(), time.process_time()

    def __exit__(self, *error: object) -> None:
        self.seconds[self.name] = time.perf_counter() - self.began[0]
        self.seconds[f"cpu_{self.name}"] = time.process_time() - self.began[1]
