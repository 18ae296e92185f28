"""How answers are asked for: on the command line, or in the section [report] of the study file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from v2g.batch.answers.answer import Asked
from v2g.batch.answers.finished import Finished
from v2g.errors import UsageError

STUDY_FILE, SECTION = "study.toml", "report"
KINDS: Mapping[str, tuple[type, ...]] = {
    "axis": (str,),
    "tier": (int,),
    "share": (int, float),
    "confidence": (int, float),
}


def asked_of(folder: Path, **given: Any) -> Asked:
    """What is given, else what the study file in the folder asks for, else the defaults.

    Raises UsageError for keys of its section that are not known and values of another kind, all of them at once.
    """
    own = _section(folder / STUDY_FILE)
    wrong = [
        f"{STUDY_FILE}, [{SECTION}]: found {name} = {value!r}; allowed: {', '.join(KINDS)}, with "
        "text for axis and numbers for the others."
        for name, value in own.items()
        if name not in KINDS or not isinstance(value, KINDS[name]) or isinstance(value, bool)
    ]
    if wrong:
        raise UsageError("\n".join(wrong))
    return Asked(**{**own, **{name: value for name, value in given.items() if value is not None}})


def _section(file: Path) -> Mapping[str, Any]:
    """The section of a study file that was read when the study was run; nothing where the folder has no such file."""
    if not file.is_file():
        return {}
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8-sig")).get(SECTION, {})
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read: {error}.") from error
    return found if isinstance(found, Mapping) else {SECTION: found}


def refuse(study: Finished, asked: Asked) -> None:
    """Raises UsageError for numbers out of their limits and an axis that is not there; all of them at once."""
    names = [axis.name for axis in study.ways]
    wrong = []
    for option, value in (("share", asked.share), ("confidence", asked.confidence)):
        if not 0.0 < value < 1.0:
            wrong.append(f"--{option}: found {value:g}; allowed: a number between 0 and 1, such as 0.9.")
    if not 1 <= asked.tier <= 9:
        wrong.append(f"--tier: found {asked.tier}; allowed: 1 to 9.")
    if asked.axis and asked.axis not in names:
        wrong.append(f"--axis: found {asked.axis!r}; allowed: {', '.join(names)}.")
    if wrong:
        raise UsageError("\n".join(wrong))
