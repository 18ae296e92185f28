"""A study folder as answers read it: every scenario that was asked for, and what became of those that have ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from v2g.batch.answers.axis import Axis, kind_of
from v2g.batch.folder import MANIFEST, StudyFolder, read_json
from v2g.batch.tables import TABLES, cell
from v2g.errors import CaseError

PLANNED, OPEN, REFUSED = "planned", "not run yet", "refused"
CASE = "case"
FAILED = "failed.csv"
"""Where scenarios that failed are listed with their reasons, among the answers."""


@dataclass(frozen=True)
class Finished:
    """Scenarios of a study with what they gave.

    ``rows`` has one row for each scenario of the manifest, indexed by its number: ``key``, ``case``, ``seed``, a
    column for each axis, ``status`` (`OPEN` where it has no result), ``reason``. ``measures`` has the same rows, NaN
    where there is no plan (an axis may be called like a measure). ``loads``, ``unserved`` and ``values`` are the tables
    of scenarios that were planned, with a column ``scenario``.
    """

    folder: Path
    manifest: Mapping[str, Any]
    axes: tuple[Axis, ...]
    rows: pd.DataFrame
    measures: pd.DataFrame
    loads: pd.DataFrame
    unserved: pd.DataFrame
    values: pd.DataFrame

    @property
    def name(self) -> str:
        """Name of the study."""
        return str(self.manifest["name"])

    @property
    def title(self) -> str:
        """Its title, or its name."""
        return str(self.manifest.get("title") or self.name)

    @property
    def is_grid(self) -> bool:
        """Whether each seed sees every point of the axes."""
        return str(self.manifest["sample"]) == "grid"

    @cached_property
    def planned(self) -> pd.DataFrame:
        """Rows that have a plan."""
        return self.rows[self.rows["status"] == PLANNED]

    @cached_property
    def failed(self) -> pd.DataFrame:
        """Rows that have ended without one."""
        return self.rows[~self.rows["status"].isin((PLANNED, OPEN))]

    @property
    def incomplete(self) -> str:
        """Why nothing is known where no draw is complete: some are still to be run, or all have failed."""
        if self.open:
            return "No draw is complete yet."
        ended = ", ".join(f"{count} {status}" for status, count in self.failed["status"].value_counts().items())
        return (
            f"No draw is complete: each has a scenario that failed ({ended}): the reasons are at the head of this "
            f"report, and in {FAILED}."
        )

    @property
    def open(self) -> int:
        """How many have no result yet."""
        return int((self.rows["status"] == OPEN).sum())

    @property
    def counts(self) -> dict[str, int]:
        """Scenarios by how they ended."""
        return {str(status): int(count) for status, count in self.rows["status"].value_counts(sort=False).items()}

    @cached_property
    def ways(self) -> tuple[Axis, ...]:
        """Axes that can be looked along: those with several values that are no part of what is random.

        Base cases are one where there are several. Where there is none, the first axis is taken.
        """
        several = not any(axis.change == CASE for axis in self.axes)
        every = ((Axis(CASE, CASE, "word"),) if several else ()) + self.axes
        found = tuple(axis for axis in every if not axis.drawn and self.rows[axis.name].nunique() > 1)
        return found or self.axes[:1] or every[:1]

    def measure(self, name: str) -> pd.Series:
        """A measure of each scenario; NaN where it has none."""
        if name in self.measures:
            return self.measures[name].astype(float)
        return pd.Series(np.nan, index=self.rows.index)


def read_finished(path: Path | str) -> Finished:
    """Read a study folder, complete or not. Raises CaseError where it is none, or a result cannot be read."""
    folder = StudyFolder(path)
    manifest = folder.manifest()
    if manifest is None:
        raise CaseError(f"{folder.path} is no folder of a study: it holds no {MANIFEST}. Run v2g batch first.")
    results = {entry["number"]: _result(folder, entry["key"]) for entry in manifest["scenarios"]}
    rows = _rows(manifest, results)
    tables = {name: _inner(results, name) for name in TABLES}
    return Finished(folder.path, manifest, _axes(manifest, rows), rows, _measures(results), **tables)


def _result(folder: StudyFolder, key: str) -> Mapping[str, Any] | None:
    file = folder.result(key)
    return read_json(file) if file.is_file() else None


def _rows(manifest: Mapping[str, Any], results: Mapping[int, Mapping[str, Any] | None]) -> pd.DataFrame:
    found = []
    for entry in manifest["scenarios"]:
        result = results[entry["number"]] or {"status": OPEN, "reason": ""}
        first = {"scenario": entry["number"], "key": entry["key"], "case": entry["case"], "seed": entry["seed"]}
        settings = {name: _plain(value) for name, value in entry["settings"].items()}
        found.append({**first, **settings, "status": result["status"], "reason": result["reason"]})
    return pd.DataFrame(found).set_index("scenario")


def _measures(results: Mapping[int, Mapping[str, Any] | None]) -> pd.DataFrame:
    return pd.DataFrame([{"scenario": n, **(one["measures"] if one else {})} for n, one in results.items()]).set_index(
        "scenario"
    )


def _plain(value: Any) -> Any:
    """Numbers as they are, all else as the text that stands in the table of scenarios."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else cell(value)


def _inner(results: Mapping[int, Mapping[str, Any] | None], name: str) -> pd.DataFrame:
    rows = [
        {"scenario": number, **row}
        for number, result in results.items()
        if result is not None and result["status"] == PLANNED
        for row in result[name]
    ]
    return pd.DataFrame(rows, columns=["scenario", *TABLES[name]])


def _axes(manifest: Mapping[str, Any], rows: pd.DataFrame) -> tuple[Axis, ...]:
    grid = manifest["sample"] == "grid"
    found = []
    for axis in manifest["axes"]:
        values = [entry["settings"][axis["axis"]] for entry in manifest["scenarios"]]
        drawn = grid and _by_seed(rows["seed"].to_numpy(), [cell(value) for value in values])
        found.append(Axis(axis["axis"], axis["change"], kind_of(values), drawn, axis.get("keys", {})))
    return tuple(found)


def _by_seed(seeds: Any, words: Sequence[str]) -> bool:
    """Whether values differ, and each seed has but one."""
    pairs = set(zip(np.asarray(seeds).tolist(), words, strict=True))
    return len(set(words)) > 1 and len(pairs) == len({seed for seed, _ in pairs})
