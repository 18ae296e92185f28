"""What is known of the tables of an emergency before `populate` draws it: columns, and words of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from v2g.batch.changes.rows import Misfit, require
from v2g.check.cells import Fault
from v2g.check.columns import parsed
from v2g.check.words import did_you_mean, listed
from v2g.formats.draft import as_text
from v2g.populate.catalog import table
from v2g.populate.making import KEPT
from v2g.register import declarations
from v2g.remedies.tables import Tables
from v2g.schema import TableSpec
from v2g.tables import OPEN_TABLES

LASTING = frozenset({"buses", "lines"})
"""Tables whose rows are those of the feeder in every emergency."""
MADE = ("loads", "sites", "vehicles", "chargers", "profiles", "stays", "trips")
"""Tables that `populate` writes beside those of the feeder that it keeps."""


def foreseen(name: str, keys: Mapping[str, Any], feeder: Tables) -> None:
    """Raises Misfit where no emergency on a feeder can have what an axis with ``keys`` names of a table.

    Asked are its table, its column, the columns of ``where``, and what stands in these as far as that is known.
    """
    which = keys.get("where")
    if name in LASTING:
        return require(feeder, name, which)
    every = (*KEPT, *MADE)
    if name not in every:
        message = f"An emergency of populate has no table {name}, so that nothing can be changed in it."
        raise Misfit("table", message, found=name, allowed=", ".join(every), remedy=did_you_mean(name, every))
    spec, own = declarations()[name], list(map(str, feeder.frame(name)))
    if name in OPEN_TABLES:
        return None
    for key, columns in (("column", [keys["column"]] if "column" in keys else []), ("where", list(which or {}))):
        for column in columns:
            _refuse_column(key, column, spec, own, keys[key])
    for column, wanted in (which or {}).items():
        words = _words(name, column, feeder)
        for one in wanted if isinstance(wanted, list) else [wanted]:
            _refuse_word(spec, column, one, words, dict(which or {}))
    return None


def _refuse_column(key: str, column: str, spec: TableSpec, own: list[str], found: object) -> None:
    known = [*(one.name for one in spec.columns), *own]
    if column not in known:
        raise Misfit(key, f"{spec.name} has no column {column}.", found=found, allowed=listed(known, 40),
                     remedy=did_you_mean(column, known))  # fmt: skip


def _refuse_word(spec: TableSpec, column: str, asked: object, words: list[str] | None, found: object) -> None:
    """A word that stands in no emergency, or that the column cannot hold."""
    text = as_text(asked)
    if words is not None and text not in words:
        raise Misfit("where", f"No row of {spec.name} has {column} = {text} in any emergency of populate.", found=found,
                     allowed=listed(words, 40), remedy=did_you_mean(text, words))  # fmt: skip
    declared = spec.column(column)
    if declared is not None and text:
        try:
            parsed(spec, declared, text)
        except Fault as fault:
            raise Misfit("where", f"No row of {spec.name} has {column} = {text}: {fault.message}", found=found,
                         allowed=fault.allowed or "", remedy=fault.remedy) from fault  # fmt: skip


def _words(name: str, column: str, feeder: Tables) -> list[str] | None:
    """All that can stand in a column; None where that is drawn, or not known."""
    kept = feeder.frame(name)
    own = kept[column].tolist() if name in (*KEPT, "loads") and column in kept else []
    kinds = [row["kind"].replace("_", " ") for row in table("site_kinds")]
    known: Mapping[tuple[str, str], list[str]] = {
        ("vehicles", "model"): [row["model"] for row in table("vehicles")],
        ("chargers", "type"): [row["type"] for row in table("chargers")],
        ("sites", "kind"): kinds,
        ("loads", "kind"): [*kinds, ""],
        (name, "bus"): feeder.frame("buses")["bus"].tolist(),
    }
    words = known.get((name, column))
    return None if words is None else [*words, *own]
