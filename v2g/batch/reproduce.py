"""The verb `reproduce`: scenarios of a study solved again from what was recorded, and compared with their results."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from v2g.batch.driver import made
from v2g.batch.folder import MANIFEST, RESULTS, StudyFolder, read_json
from v2g.batch.inputs import StudyStopped, kept_base, list_of
from v2g.batch.pool import Pool
from v2g.batch.scenarios import key_of
from v2g.batch.work import Desk, solve_options
from v2g.errors import CaseError, UsageError
from v2g.formats.atomic import resolved
from v2g.formats.folder_out import write_folder
from v2g.formats.plan_folder import write_plan
from v2g.planning import solve
from v2g.reading import read

BESIDE = ("seconds",)
"""What may differ between two runs."""
NEARLY = 1e-6
SAME, NEAR, OTHER = "the same", "the same within 1e-6", "another result"
SHOWN = 10


@dataclass(frozen=True)
class Reproduced:
    """A scenario that was solved again: how the two results compare, and where they differ (recorded, now)."""

    key: str
    number: int
    verdict: str
    status: str
    versions: tuple[Mapping[str, str], Mapping[str, str]]
    differences: tuple[tuple[str, Any, Any], ...]

    @property
    def ok(self) -> bool:
        """Whether it is the same result, the last digits of numbers left aside."""
        return self.verdict != OTHER

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        differ = [{"at": at, "recorded": old, "now": new} for at, old, new in self.differences]
        return {"key": self.key, "scenario": self.number, "ok": self.ok, "verdict": self.verdict, "status": self.status,
                "made": dict(self.versions[0]), "here": dict(self.versions[1]), "differences": differ}  # fmt: skip

    def lines(self) -> list[str]:
        """For people."""
        said = [f"scenario {self.number} ({self.key}): {self.verdict}, {self.status}"]
        if self.versions[0] != self.versions[1]:
            said.append(f"  made with {_plain(self.versions[0])}, here {_plain(self.versions[1])}")
        said += [f"  {at}: {old} recorded, {new} now" for at, old, new in self.differences[:SHOWN]]
        if len(self.differences) > SHOWN:
            said.append(f"  ... and {len(self.differences) - SHOWN} more")
        return said


def _plain(versions: Mapping[str, str]) -> str:
    return ", ".join(versions.values())


def reproduce(result: str | Path, *, scenarios: tuple[int, ...] = (), to: str | Path | None = None) -> list[Reproduced]:
    """Solve scenarios again and compare.

    ``result`` is the file of a result, or the folder of a study, of which ``scenarios`` are numbers (all by default).
    ``to`` is a folder for the changed case and its plan; for one scenario. Raises UsageError where what a result rests
    on was changed since.
    """
    files = result_files(result, scenarios)
    if to is not None and len(files) != 1:
        raise UsageError(
            f"--to takes the case and plan of one scenario, and here are {len(files)}: choose with --scenario."
        )
    return list(_again(files, to))


def _again(files: list[Path], to: str | Path | None) -> Iterator[Reproduced]:
    folder = files[0].parent.parent
    tasks = [task_in(file) for file in files]
    for task in tasks:
        kept_base(folder, task["case"], task["case_sha256"])
    if to is not None:
        write(folder, tasks[0], Path(to))
    pool = Pool(folder, 1, None, 1)
    for outcome in pool.outcomes(tasks):
        if outcome.data is None:
            raise UsageError(f"Scenario {outcome.task['number']} could not be solved again. {outcome.reason}")
        recorded = read_json(folder / RESULTS / f"{outcome.task['key']}.json")
        yield compared(recorded, json.loads(outcome.data))


def result_files(result: str | Path, scenarios: tuple[int, ...]) -> list[Path]:
    """Files of results. Raises CaseError where there is no such file, UsageError where a scenario has none."""
    path = resolved(result)
    if path.is_file():
        return [path]
    if not (path / MANIFEST).is_file():
        raise CaseError(f"{path} is neither the result of a scenario nor the folder of a study.")
    entries = read_json(path / MANIFEST)["scenarios"]
    numbers = {entry["number"]: entry["key"] for entry in entries}
    unknown = [number for number in scenarios if number not in numbers]
    if unknown:
        raise UsageError(f"--scenario: found {unknown[0]}; allowed: 1 to {len(entries)}.")
    files = [StudyFolder(path).result(numbers[number]) for number in scenarios or numbers]
    missing = [file for file in files if not file.is_file()]
    if missing:
        raise UsageError(f"{missing[0]} is not there: run v2g batch again until the study has ended.")
    return files


def task_in(file: Path) -> dict[str, Any]:
    """The task that a result says it is of. Raises StudyStopped where that does not match its key."""
    found = read_json(file)
    try:
        task = {name: found[name] for name in ("key", "number", "case", "seed", "settings")} | dict(found["asked"])
    except (KeyError, TypeError, ValueError) as error:
        raise CaseError(f"{file} is not the result of a scenario.") from error
    if key_of(task) != task["key"] or file.stem != task["key"]:
        raise StudyStopped(f"{file} was changed since it was made: what it says was asked is not what its key "
                           f"{task['key']} stands for.")  # fmt: skip
    return task


def write(folder: Path, task: Mapping[str, Any], to: Path) -> None:
    """Write the changed case of a task and its plan, as the folders ``case`` and ``plan``."""
    desk = Desk(lambda name, sha256: kept_base(folder, name, sha256), lambda sha256: list_of(folder, sha256))
    draft, asked = desk.draft(task)
    place = write_folder(read(draft), to / "case")
    write_plan(solve(read(place), **solve_options(asked.solve)), to / "plan")


def compared(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> Reproduced:
    """How two results compare; what is beside them, such as seconds, is left out."""
    old, new = (dict(_flat({k: v for k, v in found.items() if k not in BESIDE})) for found in (recorded, now))
    differ = [
        (at, old.get(at), new.get(at)) for at in {**old, **new} if at not in old or at not in new or old[at] != new[at]
    ]
    far = [one for one in differ if not _near(one)]
    verdict = SAME if not differ else OTHER if far else NEAR
    versions = {
        "version": str(recorded["asked"]["made"]["version"]),
        "engine": str(recorded["asked"]["made"]["engine"]),
    }
    return Reproduced(recorded["key"], recorded["number"], verdict, str(now["status"]), (versions, made()),
                      tuple(far or differ))  # fmt: skip


def _near(difference: tuple[str, Any, Any]) -> bool:
    """Whether two values differ in the last digits only; hashes of plans do whenever any digit does."""
    at, old, new = difference
    if at == "made.plan_sha256":
        return True
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in (old, new))
    return numbers and abs(old - new) <= NEARLY * max(1.0, abs(old), abs(new))


def _flat(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of nested JSON with the way to it."""
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else None
    if pairs is None or not len(value):
        yield at, value
        return
    for name, one in pairs:
        yield from _flat(one, f"{at}.{name}" if at else str(name))
