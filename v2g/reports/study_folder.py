"""Answers of a study as a folder: a page, a table for each answer, figures, and all of it for machines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from v2g.batch.answers import Answers, answers
from v2g.batch.answers.finished import FAILED
from v2g.batch.tables import cell
from v2g.errors import UsageError
from v2g.formats.atomic import place_folder, resolved
from v2g.reports.study import GAPS, loose, machine, page, records, study_report
from v2g.reports.study_figure import chart_bytes

MARK, PAGE = "answers.json", "answers.md"
PLACES = 9


@dataclass(frozen=True)
class Written:
    """Answers, where they were written, and figures by the name of their answer."""

    found: Answers
    folder: Path
    figures: Mapping[str, str]

    @property
    def text(self) -> str:
        """For a terminal."""
        lines = [study_report(self.found)]
        if find_spec("matplotlib") is None:
            lines.append('figures: none, as matplotlib is not installed: pip install "v2g[plot]"')
        return "\n".join([*lines, f"wrote  {self.folder}  (open: {self.folder / PAGE})"])

    def to_dict(self) -> dict[str, Any]:
        """For machines."""
        return {"folder": str(self.folder), **machine(self.found, self.figures)}


def report_study(study: Path | str, out: Path | str | None = None, **asked: Any) -> Written:
    """Answer all questions of a study folder, and write the answers; by default into ``answers`` in that folder.

    ``asked`` are those of `v2g.batch.answers.answers`. Answers of an earlier run are replaced; what else
    is in the folder stays. Raises CaseError where there is no study, UsageError for a folder that holds other things.
    """
    found = answers(study, **asked)
    folder = found.study.folder / "answers" if out is None else resolved(out)
    kept = _kept(folder)
    drawn = {
        answer.name: chart_bytes(answer.chart)
        for each in found.each.values()
        for answer in each
        if answer.chart is not None and answer.chart.shows and find_spec("matplotlib") is not None
    }
    figures = {name: f"{name}.svg" for name in drawn}
    content = {f"{name}.svg": data for name, data in drawn.items()}
    content |= {f"{answer.name}.csv": table_bytes(answer.table) for each in found.each.values() for answer in each}
    for name, rows, last in ((FAILED, found.study.failed, ("status", "reason")), (GAPS, loose(found.study), ("gap",))):
        if len(rows):
            content[name] = table_bytes(rows.reset_index()[[*_settings(found), *last]])
    content[PAGE] = page(found, figures).encode("utf-8", "replace")
    listed = machine(found, figures) | {"files": sorted([*content, MARK])}
    content[MARK] = json.dumps(listed, indent=1, ensure_ascii=True, allow_nan=False).encode() + b"\n"
    place_folder(folder, content, [entry for entry in kept if entry.name not in content])
    return Written(found, folder, figures)


def _settings(found: Answers) -> list[str]:
    """Columns that say which scenario a row is."""
    return ["scenario", "key", "case", "seed", *(axis.name for axis in found.study.axes)]


def _kept(folder: Path) -> list[Path]:
    """What is in the folder and not of an earlier report. Raises UsageError where there is no mark of one."""
    if not folder.exists():
        return []
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    if folder.is_dir() and not entries:
        return []
    try:
        own = set(json.loads((folder / MARK).read_bytes())["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{folder} holds other things than answers; give another folder (--out).") from error
    return [entry for entry in entries if entry.name not in own]


def table_bytes(frame: pd.DataFrame) -> bytes:
    """A table as CSV: numbers with nine places, blank where not known; no text that a spreadsheet runs."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([cell(str(name)) for name in frame.columns])
    for row in records(frame):
        writer.writerow([cell(round(one, PLACES) + 0.0 if isinstance(one, float) else one) for one in row.values()])
    return out.getvalue().encode("utf-8", "surrogatepass")
