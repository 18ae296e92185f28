"""Names that one table takes from another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from v2g.check.columns import FIRST_ROW
from v2g.check.words import did_you_mean, shortened
from v2g.errors import Finding
from v2g.formats.draft import file_of
from v2g.schema import Column, TableSpec
from v2g.tables import OPEN_TABLES

EVERY = frozenset({"all", "any", "each", "every", "everyone", "everybody", "*"})
BLANK_IS_EVERY = frozenset({("needs", "vehicle")})
"""Columns that stand for every row of the other table where they are blank."""

MAX_SUGGESTIONS = 20
"""Per column: a search for near names takes a millisecond, and nobody reads a thousand of them."""


def unknown_references(
    specs: Mapping[str, TableSpec],
    frames: Mapping[str, pd.DataFrame],
    origin: Mapping[str, str],
    unread: frozenset[str],
) -> Iterable[Finding]:
    """Every name that stands nowhere; ``unread`` names tables of which nothing is known."""
    for spec in specs.values():
        for column in spec.columns:
            targets = (
                column.refers_to.split("|") if column.refers_to else ["profiles"] if column.name == "profile" else []
            )
            targets = [target for target in targets if target in specs]
            if targets and len(frames[spec.name]) and unread.isdisjoint(targets):
                known = [name for target in targets for name in _names(specs[target], frames[target])]
                file = origin.get(spec.name, file_of(spec.name))
                every = (spec.name, column.name) in BLANK_IS_EVERY
                yield from _unknown(column, frames[spec.name], known, targets, file, every=every)


def _names(spec: TableSpec, frame: pd.DataFrame) -> list[str]:
    """What can be referred to in a table: its keys, or the columns that the user named."""
    if spec.name in OPEN_TABLES:
        declared = {column.name for column in spec.columns}
        return [name for name in frame.columns if name not in declared]
    return frame[spec.key].to_list() if spec.key else []


def _unknown(
    column: Column, frame: pd.DataFrame, known: list[str], targets: list[str], file: str, *, every: bool
) -> Iterable[Finding]:
    names = frame[column.name]
    wrong = (~names.isin(known) & (names != "")).to_numpy(bool)
    where = " or ".join(file_of(target) for target in targets)
    suggestions: dict[str, str] = {}
    for row in np.flatnonzero(wrong).tolist():
        name = names.iloc[row]
        if name not in suggestions and len(suggestions) < MAX_SUGGESTIONS:
            suggestions[name] = did_you_mean(name, known)
        remedy = suggestions.get(name) or (f"Add it to {where}." if known else f"{where} is missing or has no rows.")
        if every and name.casefold() in EVERY:
            remedy = "Leave the cell blank: that stands for every one."
        message = f"There is no {shortened(name)!r} in {where}."
        yield Finding(file, message, remedy, row + FIRST_ROW, column.name, shortened(name), code="unknown-reference")
