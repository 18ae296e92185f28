"""The page `docs/case.md`, from the declarations of the program: ``python docs/reference.py --write``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from v2g.check.header import KEYS, REQUIRED
from v2g.register import declarations
from v2g.reports.columns import holds
from v2g.schema import TableSpec

PAGE = Path(__file__).resolve().parent / "case.md"
HEAD = """# What a case may hold

A case is a folder: `case.toml`, and a CSV file for each table. What is not marked "needed" may be left out, tables and
columns. A blank cell is the default, or "not known", which never binds. Powers are in kW, energies in kWh; times carry
their offset from UTC. This page is made from the declarations that the checker reads
(`python docs/reference.py --write`); the same as JSON Schema is [schema/case.schema.json](schema/case.schema.json),
and on the command line `v2g columns TABLE`.

## case.toml

| key | meaning |
| --- | --- |
"""
COLUMNS = "| column | holds | meaning |\n| --- | --- | --- |\n"


def page() -> str:
    """The whole page."""
    keys = "".join(f"| `{key}`{' (needed)' if key in REQUIRED else ''} | {text} |\n" for key, text in KEYS.items())
    return HEAD + keys + "".join(f"\n{_table(spec)}" for spec in declarations(()).values())


def _table(spec: TableSpec) -> str:
    needed = " (needed)" if spec.required else ""
    head = (
        f"## {spec.name}.csv{needed}\n\n{_sentence(spec.help)}\n\n| column | holds | meaning |\n| --- | --- | --- |\n"
    )
    return head + "".join(_rows(spec))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith(".") else ".")


def _rows(spec: TableSpec) -> Iterator[str]:
    for column in spec.columns:
        cells = (f"`{column.name}`", holds(column), column.help)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        sys.exit(0 if PAGE.read_text(encoding="utf-8") == page() else "docs/case.md is not up to date")
