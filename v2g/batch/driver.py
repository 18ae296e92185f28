"""The verb `batch`: every scenario of a study once, whatever happens on the way, and the tables when all are there."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from v2g.batch.fitting import misfits
from v2g.batch.folder import Shard, StudyFolder
from v2g.batch.inputs import Base, faults_of, keep_base, keep_list, place_of, read_base
from v2g.batch.parquet import require
from v2g.batch.pool import Outcome, Pool
from v2g.batch.scenarios import scenarios, task_of
from v2g.batch.stopping import Interrupted
from v2g.batch.study import STUDY_FILE, Study, read_so_far
from v2g.batch.tables import collect, missing
from v2g.batch.work import EMPTY, result_bytes
from v2g.errors import CaseError, Finding, InvalidStudy, UsageError
from v2g.formats.atomic import place_file
from v2g.solvers.highs import versions

Task = dict[str, Any]
AGAIN = ("died",)
"""Scenarios that ended so are tried again when the same command is given again."""


class Workers(Protocol):
    """Whoever solves tasks: processes here, or those of a cluster."""

    def outcomes(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Every task once, in the order in which they end."""


@dataclass
class State:
    """How far a study is; ``counts`` by status, ``began`` is a time of `time.monotonic`."""

    total: int
    known: int
    counts: dict[str, int] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    @property
    def done(self) -> int:
        """Scenarios that have a result."""
        return sum(self.counts.values())

    @property
    def failed(self) -> int:
        """Scenarios without a plan."""
        return self.done - self.counts.get("planned", 0)

    @property
    def left_s(self) -> float | None:
        """Seconds to go at the speed so far; None where nothing was done yet."""
        new = self.done - self.known
        spent = time.monotonic() - self.began
        return None if not new else spent / new * (self.total - self.done)


Tell = Callable[[State], None]


@dataclass(frozen=True)
class Finished:
    """What a run came to: the folder, scenarios by status, how many were known before, and how many are missing."""

    folder: Path
    scenarios: int
    counts: Mapping[str, int]
    known: int
    missing: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"folder": str(self.folder), "scenarios": self.scenarios, "status": dict(self.counts),
                "known": self.known, "missing": self.missing, "seconds": self.seconds}  # fmt: skip


def batch(
    study: str | Path, out: str | Path, *, shard: str | None = None, workers: int | None = None,
    scheduler: str | None = None, tls: Mapping[str, str] | None = None, parquet: bool = False, tell: Tell | None = None,
    remark: Callable[[Sequence[Finding]], None] | None = None,
) -> Finished:  # fmt: skip
    """Run a study, or what is left of it, and write its tables.

    Parameters
    ----------
    study
        A study file, or the folder that holds ``study.toml``.
    out
        Folder for the results; the same command goes on where it was stopped.
    shard
        A part of the scenarios, such as ``2/8``. Shards may share a folder.
    workers
        Processes here; by default one for each core.
    scheduler
        Address of a dask.distributed scheduler that has the workers; ``tls`` holds its ``ca``, ``cert`` and ``key``.
    parquet
        Tables as Parquet too.
    tell
        Called with the state whenever a scenario ends.
    remark
        Called before anything runs with what is no fault of the study, but changes what its answers mean.

    Raises
    ------
    InvalidStudy
        With all faults of the study and its base cases, before anything runs.
    UsageError
        The folder holds something else, or another driver is at work in it.
    Interrupted
        A KeyboardInterrupt that says how many scenarios are done and kept.
    """
    if parquet:
        require()
    part = Shard.read(shard) if shard else None
    if workers is not None and workers < 1:
        raise UsageError(f"--workers: found {workers}; allowed: at least 1.")
    laid = lay_out(study, StudyFolder(out))
    if remark is not None:
        remark(laid.remarks)
    return laid.run(part, lambda: _workers(laid, workers, scheduler, tls), parquet, tell or (lambda _: None))


def _workers(laid: Laid, workers: int | None, scheduler: str | None,
             tls: Mapping[str, str] | None) -> AbstractContextManager[Workers]:  # fmt: skip
    if scheduler is None:
        return closing(Pool(laid.folder.path, workers or cores(), laid.study.memory_mb, laid.study.tries))
    from v2g.batch.cluster import Cluster

    return closing(Cluster(laid.folder.path, scheduler, dict(tls or {}), laid.study.tries))


def cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class Laid:
    """A study laid out: its base cases as they are now, its tasks, its manifest, and what is to be known of it."""

    study: Study
    folder: StudyFolder
    bases: Mapping[str, tuple[Base, Mapping[str, bytes]]]
    tasks: list[Task]
    manifest: Mapping[str, Any]
    remarks: tuple[Finding, ...]

    def run(self, shard: Shard | None, workers: Callable[[], AbstractContextManager[Workers]], parquet: bool,
            tell: Tell) -> Finished:  # fmt: skip
        """Everything that is not done yet."""
        self.folder.refuse_another(self.study.name)
        with self.folder.held(shard) as alone:
            if alone:
                self.folder.sweep()
                self._begin()
            elif self.folder.manifest() != json.loads(json.dumps(self.manifest)):
                raise UsageError(f"Shards of another state of this study are at work in {self.folder.path}: "
                                 "give another folder, or wait for them.")  # fmt: skip
            if shard is not None:
                self.folder.share()
            return self._run([task for task in self.tasks if shard is None or task["number"] in shard], workers,
                             parquet, tell)  # fmt: skip

    def _begin(self) -> None:
        for base, files in self.bases.values():
            keep_base(base, files, self.folder.path)
        sites = sites_file(self.study)
        if sites is not None:
            keep_list(sites, self.folder.path)
        place_file(self.folder.path / STUDY_FILE, self.study.data)
        self.folder.begin(self.manifest)

    def _run(self, tasks: list[Task], workers: Callable[[], AbstractContextManager[Workers]], parquet: bool,
             tell: Tell) -> Finished:  # fmt: skip
        began = time.monotonic()
        ended = self.folder.done([task["key"] for task in tasks])
        known = {key: status for key, status in ended.items() if status not in AGAIN}
        todo = [task for task in tasks if task["key"] not in known]
        todo.sort(key=lambda task: (task["case"], task["seed"], task["number"]))
        state = State(len(tasks), len(known))
        for status in known.values():
            _count(state, status)
        tell(state)
        try:
            self._solve(todo, workers, state, tell)
            left = missing(self.folder.path, self.manifest)
            if not left:
                with self.folder.alone_at_tables():
                    collect(self.folder, self.manifest, parquet=parquet)
        except KeyboardInterrupt as stop:
            done = self.folder.done([task["key"] for task in tasks])
            raise Interrupted(len(done), len(tasks), self.folder.path) from stop
        return Finished(self.folder.path, len(tasks), dict(sorted(state.counts.items())), len(known), left,
                        round(time.monotonic() - began, 3))  # fmt: skip

    def _solve(self, todo: list[Task], workers: Callable[[], AbstractContextManager[Workers]], state: State,
               tell: Tell) -> None:  # fmt: skip
        if not todo:
            return
        with workers() as pool, closing(_iterator(pool.outcomes(todo))) as outcomes:
            for outcome in outcomes:
                data = outcome.data or died(outcome)
                self.folder.keep(outcome.task["key"], data)
                _count(state, json.loads(data)["status"])
                tell(state)


def _iterator(outcomes: Iterator[Outcome]) -> Any:
    """Outcomes as what they are, a generator, which can be closed."""
    return outcomes


def _count(state: State, status: str) -> None:
    state.counts[status] = state.counts.get(status, 0) + 1


def died(outcome: Outcome) -> bytes:
    """The result of a scenario that no worker lived to end."""
    task = outcome.task
    found = {name: task[name] for name in ("key", "number", "case", "seed", "settings")}
    asked = {name: task[name] for name in ("axes", "populate", "solve", "values", "case_sha256", "made")}
    return result_bytes({**found, "status": "died", "reason": outcome.reason, **EMPTY, "asked": asked, "seconds": {}})


def lay_out(path: str | Path, folder: StudyFolder) -> Laid:
    """Read a study and its base cases, and list its scenarios.

    Raises InvalidStudy with all faults of the file, of the cases, and of what axes ask of them.
    """
    study, told = read_so_far(path)
    bases: dict[str, tuple[Base, Mapping[str, bytes]]] = {}
    faults = list(told.found)
    for name, place in study.cases.items():
        try:
            base, _, files = read_base(name, place)
        except CaseError as error:
            faults.append(Finding(name, str(error), code="study-case"))
            continue
        kept = place_of(folder.path, base.sha256).is_dir()
        wrong = [] if kept else _errors(name, faults_of(name, place))
        faults += wrong or misfits(study, told, base)
        bases[name] = base, files
    if faults:
        raise InvalidStudy(faults)
    sites = sites_file(study)
    digest = None if sites is None else keep_digest(sites)
    tasks = [task_of(study, one, bases[one.case][0].sha256, digest, made()) for one in scenarios(study)]
    hashes = {name: base.sha256 for name, (base, _) in bases.items()}
    return Laid(study, folder, bases, tasks, _manifest(study, tasks, hashes, digest), tuple(told.remarks))


def keep_digest(file: Path) -> str:
    """SHA-256 of a list of sites."""
    import hashlib

    return hashlib.sha256(file.read_bytes()).hexdigest()


def sites_file(study: Study) -> Path | None:
    """The list of critical sites that `populate` is given, if it is."""
    listed = str((study.populate or {}).get("critical", "auto"))
    return None if listed == "auto" or listed.isdecimal() else Path(listed)


def made() -> dict[str, str]:
    """Versions that bear on results."""
    return {"version": version("v2g"), "engine": versions()}


def _errors(name: str, findings: Iterable[Finding]) -> list[Finding]:
    return [replace(one, file=f"{name}/{one.file}") for one in findings if one.severity == "error"]


def _manifest(study: Study, tasks: list[Task], hashes: Mapping[str, str], sites: str | None) -> dict[str, Any]:
    populate = None if study.populate is None else dict(study.populate)
    if populate is not None and sites is not None:
        populate["critical"] = f"sha256:{sites}"
    return {
        "format": 1, "name": study.name, "title": study.title, "study_sha256": study.sha256, "made": made(),
        "inputs": dict(hashes), "sample": study.sample, "seeds": list(study.seeds),
        "axes": [axis.to_dict() for axis in study.axes], "populate": populate, "solve": dict(study.solve),
        "values": study.values,
        "scenarios": [
            {name: task[name] for name in ("number", "key", "case", "seed", "settings")} for task in tasks
        ],
    }  # fmt: skip
