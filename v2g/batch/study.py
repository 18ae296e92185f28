"""A study as its file says it: base cases, seeds, axes, how they are sampled, and how each scenario is solved."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from v2g.batch.axes import Axis, read_axes
from v2g.batch.emergency import read_emergency
from v2g.batch.faults import Faults, lines_of
from v2g.batch.fields import Wrong, flag, number, text, whole, word
from v2g.batch.syntax import not_toml
from v2g.check.words import did_you_mean
from v2g.errors import CaseError, InvalidStudy, UsageError
from v2g.formats.atomic import resolved
from v2g.formats.draft import HEADER_FILE
from v2g.formats.shipped import locate, shipped_cases
from v2g.register import NETWORKS, POLICIES
from v2g.solvers import split

FORMAT = 1
STUDY_FILE = "study.toml"
SAMPLES = ("grid", "random", "latin")
KEYS = ("format", "name", "title", "cases", "seeds", "sample", "draws", "populate", "solve", "limits", "answers",
        "report", "axes")  # fmt: skip
MOST_SEEDS, MOST_DRAWS, MOST_SEED = 1_000_000, 1_000_000, 9_000_000_000
TRIES = 3
MOST_SHARE = 0.999999


@dataclass(frozen=True)
class Study:
    """What is to be found out.

    ``cases`` are base cases: folders by the name that stands in the file. ``populate`` is None where cases are
    solved as they are; ``solve`` holds the options of `solve` that are given. ``sha256`` is over the bytes of the file.
    """

    name: str
    title: str
    file: Path
    data: bytes
    cases: Mapping[str, Path]
    seeds: tuple[int, ...]
    sample: str
    draws: int
    populate: Mapping[str, Any] | None
    solve: Mapping[str, Any]
    memory_mb: int | None
    tries: int
    values: bool
    axes: tuple[Axis, ...]

    @property
    def sha256(self) -> str:
        """Of the bytes of the file."""
        return hashlib.sha256(self.data).hexdigest()


def read_study(path: str | Path) -> Study:
    """A study from its file, or from the folder that holds ``study.toml``.

    Raises CaseError where there is no such file, and InvalidStudy with all its faults at once, or where it is not TOML.
    """
    study, faults = read_so_far(path)
    if faults.found:
        raise InvalidStudy(faults.found)
    return study


def read_so_far(path: str | Path) -> tuple[Study, Faults]:
    """A study as far as its file can be read, and what is wrong in it."""
    file = study_file(path)
    data, raw = _parsed(file)
    faults = Faults(file.name, lines_of(data.decode("utf-8-sig")))
    return _study(file, data, raw, faults), faults


def study_file(path: str | Path) -> Path:
    """The file of a study: given itself, in a folder, or by the name of a study that comes along."""
    found = resolved(path)
    if not found.exists():
        found = shipped_studies().get(str(path), found)
    return found / STUDY_FILE if found.is_dir() else found


def shipped_studies() -> dict[str, Path]:
    """Files of the studies that come along, by name."""
    from v2g.formats.shipped import datasets_folder

    folder = datasets_folder()
    places = sorted((folder / "studies").glob(f"*/{STUDY_FILE}")) if folder is not None else []
    return {file.parent.name: file for file in places}


def _parsed(file: Path) -> tuple[bytes, dict[str, Any]]:
    try:
        data = file.read_bytes()
    except OSError as error:
        known = list(shipped_studies())
        remedies = [did_you_mean(file.stem, known), f"Studies that come along: {', '.join(known)}." if known else ""]
        raise CaseError(
            " ".join(filter(None, [f"{file} cannot be read: {error.strerror or error}.", *remedies]))
        ) from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CaseError(f"{file} is not UTF-8: {error.reason} at byte {error.start}. Save it as UTF-8.") from error
    try:
        return data, tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidStudy([not_toml(file.name, text, str(error))]) from error


def _study(file: Path, data: bytes, raw: Mapping[str, Any], faults: Faults) -> Study:
    raw = faults.spelled(raw, KEYS)
    for key in ("format", "name", "axes"):
        if key not in raw:
            faults.add(key, "The key is missing.", "Add it.")
    faults.take(raw, "format", _format, FORMAT)
    sample = faults.take(raw, "sample", word(SAMPLES), "grid")
    draws = faults.take(raw, "draws", whole(1, MOST_DRAWS), 0)
    if sample == "grid" and "draws" in raw:
        faults.add("draws", "A grid has no draws.", 'Delete it, or write sample = "random" or "latin".')
    if sample in SAMPLES[1:] and "draws" not in raw:
        faults.add("draws", f"A {sample} sample needs to know how many.", "Add draws = 200, for example.")
    solve, limits = _section(raw, "solve", _SOLVE, faults), _section(raw, "limits", _LIMITS, faults)
    axes = read_axes(raw.get("axes", {}), sample == "grid", faults)
    _section(raw, "report", _report(raw.get("axes"), axes), faults)
    return Study(
        name=faults.take(raw, "name", _name, ""),
        title=faults.take(raw, "title", text, ""),
        file=file, data=data,
        cases=_cases(raw, axes, file.parent, faults),
        seeds=faults.take(raw, "seeds", _seeds, (1,)),
        sample=sample, draws=draws,
        populate=read_emergency(raw, axes, file.parent, faults),
        solve=solve,
        memory_mb=limits.get("memory_mb"), tries=limits.get("tries", TRIES),
        values=_section(raw, "answers", {"values": flag}, faults).get("values", False),
        axes=axes,
    )  # fmt: skip


def _format(value: Any) -> int:
    if value != FORMAT or isinstance(value, bool):
        raise Wrong("There is no such format of a study.", str(FORMAT), f"Write format = {FORMAT}.")
    return FORMAT


def _name(value: Any) -> str:
    name = text(value)
    if set(name) & set('/\\:*?"<>|') or name.startswith("."):
        raise Wrong("The name cannot be part of a file name.", 'text without / \\ : * ? " < > | and no leading dot')
    return name


def _seeds(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list):
        return tuple(range(1, whole(1, MOST_SEEDS)(value) + 1))
    found = tuple(whole(0, MOST_SEED)(one) for one in value)
    if not found or len(set(found)) < len(found):
        raise Wrong(
            "The list of seeds is empty, or one stands twice.", "a number of seeds, or a list of different ones"
        )
    return found


def _solver(value: Any) -> str:
    try:
        split(text(value))
    except UsageError as error:
        raise Wrong(str(error)) from error
    return text(value)


_SOLVE: Mapping[str, Any] = {
    "network": word(tuple(NETWORKS)),
    "policy": word(tuple(POLICIES)),
    "solver": _solver,
    "gap": number(0.0, 0.999),
    "time_limit_s": number(0.0, unit="s", above=True),
}
_LIMITS: Mapping[str, Any] = {"memory_mb": whole(100, 100_000_000), "tries": whole(1, 1000)}


def _report(written: Any, axes: Sequence[Axis]) -> Mapping[str, Any]:
    """Readers of how answers are asked for; they are asked when there are results.

    ``written`` are the axes as they stand in the file: one that has a fault may be asked for.
    """
    share = number(0.0, MOST_SHARE, above=True)
    drawn = [axis.name for axis in axes if axis.drawn]
    names = tuple(str(name) for name in written if name not in drawn) if isinstance(written, Mapping) else ()
    return {"axis": word(names), "tier": whole(1, 9), "share": share, "confidence": share}


def _section(raw: Mapping[str, Any], name: str, readers: Mapping[str, Any], faults: Faults) -> dict[str, Any]:
    table = raw.get(name, {})
    if not isinstance(table, Mapping):
        faults.add(name, "This is not a table.", f"Write a section [{name}].")
        return {}
    table = faults.spelled(table, readers, f"{name}.")
    found = {key: faults.take(table, key, read, None, f"{name}.") for key, read in readers.items() if key in table}
    return {key: value for key, value in found.items() if value is not None}


def _cases(raw: Mapping[str, Any], axes: tuple[Axis, ...], beside: Path, faults: Faults) -> dict[str, Path]:
    """Folders of the base cases by the names that they have in the file; ``feeders/*`` stands for all cases there."""
    by_axis = [axis for axis in axes if axis.change == "case"]
    if by_axis and "cases" in raw:
        faults.add("cases", f"The axis {by_axis[0].name} says which cases.", "Keep one of the two.")
    key = f"axes.{by_axis[0].name}.values" if by_axis else "cases"
    if by_axis and not by_axis[0].values:
        return {}
    asked = list(by_axis[0].values) if by_axis else raw.get("cases", [])
    if not isinstance(asked, list) or not asked:
        faults.add("cases", "There is no base case.", 'Write cases = ["village"], for example.', found=raw.get("cases"),
                   allowed="a list of names or folders")  # fmt: skip
        return {}
    found: dict[str, Path] = {}
    for entry in asked:
        for name, folder in _places(entry, beside):
            if not (folder / HEADER_FILE).is_file():
                faults.add(key, f"There is no case here: {folder} holds no {HEADER_FILE}.",
                           _other_cases(str(entry), beside), found=entry)  # fmt: skip
            elif name in found:
                faults.add(key, "The case stands twice.", "Keep one of the two.", found=name)
            else:
                found[name] = folder
    return found


def _other_cases(name: str, beside: Path) -> str:
    """A case that is called nearly so, and those that come along."""
    known = list(shipped_cases())
    near = did_you_mean(name, [*(file.parent.name for file in beside.glob(f"*/{HEADER_FILE}")), *known])
    return f"{near} Cases that come along: {', '.join(known)}.".strip()


def _places(entry: Any, beside: Path) -> list[tuple[str, Path]]:
    name = str(entry)
    if "*" in name:
        parent = Path(name).parent
        every = sorted(file.parent for file in (beside / parent).glob(f"{Path(name).name}/{HEADER_FILE}"))
        return [((parent / folder.name).as_posix(), folder) for folder in every] or [(name, beside / name)]
    near = beside / Path(name).expanduser()
    return [(name, near if (near / HEADER_FILE).is_file() else Path(locate(name)))]
