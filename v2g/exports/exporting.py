"""The verb `export`: a folder in the format of another tool, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from v2g.case import Case
from v2g.errors import AuditFailed, UsageError
from v2g.exports import EXPORTS
from v2g.exports.exporter import Asked, Exporter, ForAction, WithOptions
from v2g.formats.atomic import place_folder, resolved
from v2g.plan import Plan
from v2g.register import choose
from v2g.replay import audit

MARK_FILE = "export.json"
"""Says what a folder was written from, and lists its files: only those may be overwritten."""


@dataclass(frozen=True)
class Done:
    """What was written, and where."""

    folder: Path
    format: str
    files: tuple[str, ...]
    warnings: tuple[str, ...]
    first: Path

    def to_dict(self) -> dict[str, Any]:
        """Plain text, for JSON."""
        return {"folder": str(self.folder), "format": self.format, "files": list(self.files),
                "warnings": list(self.warnings), "open": str(self.first)}  # fmt: skip


def export(
    case: Case, to: str, out: str | Path, plan: Plan | None = None, *, overwrite: bool = False, place: bool = False,
    **options: Any,
) -> Done:  # fmt: skip
    """Write a case, or a case and a plan of it, to a folder in the format ``to``.

    ``overwrite`` replaces an export, and nothing else; ``place`` puts buses without coordinates at the mean of their
    neighbours on a map. ``options`` are those of the format: of `orders` and `sitrep` ``language`` (codes) and
    ``as_of`` (a time, by default now), of `sitrep` ``since`` (an earlier plan). Raises UsageError for a folder that
    holds something, for a plan of another case, and for an option that the format does not take; AuditFailed where
    the audit refuses the plan and the format is one that people or chargers act on.
    """
    exporter: Exporter = choose("format", to, EXPORTS)
    folder = resolved(out)
    refuse(folder, overwrite, to)
    if plan is not None:
        _same(case, plan)
    asked = Asked(case, plan, place, _own_options(to, exporter, options))
    doubts = () if plan is None else _doubts(case, plan, exporter)
    made = exporter.export(asked)
    files, warnings = (*made.files, MARK_FILE), (*doubts, *made.warnings)
    mark = {"format": to, **asked.origin, "files": list(files), "warnings": list(warnings)}
    content = {**made.files, MARK_FILE: (json.dumps(mark, indent=2, ensure_ascii=False) + "\n").encode()}
    place_folder(folder, content)
    return Done(folder, to, files, warnings, folder / made.first)


def _own_options(to: str, exporter: Exporter, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options that were given; raises UsageError for one that the format does not take."""
    given = {name: value for name, value in options.items() if value not in (None, ())}
    foreign = [name for name in given if name not in options_of(exporter)]
    if foreign:
        takers = [name for name, one in EXPORTS.items() if foreign[0] in options_of(one)]
        flag = f"--{foreign[0].replace('_', '-')}"
        known = f"Formats that do: {', '.join(takers)}." if takers else "No format does."
        raise UsageError(f"{flag}: the format {to} does not take it. {known}")
    return given


def options_of(exporter: Exporter) -> tuple[str, ...]:
    """Options of its own that an exporter takes."""
    return exporter.options if isinstance(exporter, WithOptions) else ()


def _doubts(case: Case, plan: Plan, exporter: Exporter) -> tuple[str, ...]:
    """What the audit finds now, in a line. Raises AuditFailed where people or chargers would act on it."""
    verdict = audit(case, plan)
    if verdict.ok:
        return ()
    said = f"the audit refuses the plan: {len(verdict.failed)} of {len(verdict.checks)} checks fail"
    if isinstance(exporter, ForAction) and exporter.for_action:
        raise AuditFailed(f"{said[:1].upper()}{said[1:]}. Nobody should act on it, so nothing was written. "
                          "v2g verify says which; solve again.")  # fmt: skip
    return (f"{said}; v2g verify says which",)


def _same(case: Case, plan: Plan) -> None:
    provenance: Mapping[str, Any] = plan.summary.get("provenance") or {}
    known = provenance.get("case_sha256")
    if known not in (None, case.sha256):
        raise UsageError(f"The plan is of another case than {case.name}, or of an earlier state of it. Solve again.")


def refuse(folder: Path, overwrite: bool, to: str) -> None:
    """Raises UsageError unless an export in the format ``to`` may be written to a folder."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file; give a folder.")
    held = sorted(entry.relative_to(folder).as_posix() for entry in folder.rglob("*") if not entry.is_dir())
    if not held and not any(folder.iterdir()):
        return
    if MARK_FILE not in held:
        raise UsageError(f"{folder} holds other things than an export; give another folder.")
    if not overwrite:
        raise UsageError(f"{folder} holds an export already; give another folder, or overwrite it (--overwrite).")
    known, own = _marked(folder / MARK_FILE)
    if known != to:
        raise UsageError(
            f"{folder} holds an export to {known}, which one to {to} does not replace; give another folder."
        )
    foreign = sorted(set(held) - own)
    if foreign:
        more = ", ..." if len(foreign) > 4 else ""
        raise UsageError(f"{folder} holds more than an export ({', '.join(foreign[:4])}{more}); move that elsewhere.")


def _marked(mark: Path) -> tuple[str, set[str]]:
    """The format of an export, and the files that it lists as its own."""
    try:
        found = json.loads(mark.read_text(encoding="utf-8"))
        listed, format_ = found.get("files", []), found.get("format", "")
    except (OSError, ValueError, AttributeError) as error:
        raise UsageError(f"{mark} cannot be read; give another folder.") from error
    return str(format_), {name for name in listed if isinstance(name, str)} if isinstance(listed, list) else set()
