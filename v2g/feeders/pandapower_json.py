"""Tables of the JSON that pandapower writes, as text and numbers; the classes that it names are never loaded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from v2g.errors import CaseError, Finding, ImportRefused

MOST_BYTES = 128 << 20
DATA = ("pandas.", "pandapower.", "numpy", "networkx.", "shapely.", "builtins")
"""Modules whose objects are data; they are not loaded either."""


@dataclass(frozen=True)
class Table:
    """A table of the network: names of columns, and rows by their index."""

    columns: list[str]
    index: list[object]
    rows: list[list[object]]


def parsed(path: Path) -> dict[str, Any]:
    """The parts of a network, still as they are written. Raises ``ImportRefused``, CaseError."""
    try:
        with open(path, "rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise CaseError(f"{path} cannot be read: {error.strerror or error}.") from error
    if len(data) > MOST_BYTES:
        raise ImportRefused([Finding(path.name, f"The file holds more than {MOST_BYTES >> 20} MB.")])
    try:
        whole = json.loads(data.decode("utf-8", "replace"))
    except RecursionError:
        raise ImportRefused([Finding(path.name, "The file is nested too deeply.", "Export it again.")]) from None
    except ValueError as error:
        line = getattr(error, "lineno", None)
        raise ImportRefused([Finding(path.name, f"This is not JSON: {error}.", "Export it again.", line)]) from None
    if (
        not isinstance(whole, dict)
        or whole.get("_class") != "pandapowerNet"
        or not isinstance(whole.get("_object"), dict)
    ):
        raise ImportRefused([Finding(path.name, "This is not a network of pandapower.", "Export it by to_json.")])
    found: dict[str, Any] = whole["_object"]
    return found


def tables_of(parts: dict[str, Any], file: str, findings: list[Finding]) -> tuple[dict[str, Table], dict[str, object]]:
    """Tables that have rows, and everything that is not a table."""
    tables: dict[str, Table] = {}
    plain: dict[str, object] = {}
    for name, part in parts.items():
        if not isinstance(part, dict) or "_module" not in part:
            plain[name] = part
            continue
        module = str(part["_module"])
        if not module.startswith(DATA) or (module == "builtins" and part.get("_class") not in ("set", "tuple")):
            findings.append(
                Finding(
                    f"{file}/{name}", "This is an object of a program, and not a table.", "Delete it.",
                    found=f"{module}.{part.get('_class')}"[:120], allowed="tables of pandas", code="not-data",
                )
            )  # fmt: skip
        elif part.get("_class") == "DataFrame":
            table = _table(part.get("_object"))
            if table is None:
                message = "This table cannot be read: it needs columns of different names, an index, and rows as long."
                findings.append(Finding(f"{file}/{name}", message, "Export it by to_json.", code="not-a-table"))
            elif table.rows:
                tables[name] = table
    return tables, plain


def _table(written: object) -> Table | None:
    if isinstance(written, str):
        try:
            written = json.loads(written)
        except (ValueError, RecursionError):
            return None
    if not isinstance(written, dict):
        return None
    columns, index, rows = (written.get(key) for key in ("columns", "index", "data"))
    if not (isinstance(columns, list) and isinstance(index, list) and isinstance(rows, list)):
        return None
    if len(index) != len(rows) or len(set(map(str, columns))) < len(columns):
        return None
    if not all(isinstance(row, list) and len(row) == len(columns) for row in rows):
        return None
    return Table([str(column) for column in columns], index, rows)
