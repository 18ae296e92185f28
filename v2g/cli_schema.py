"""The verb that writes JSON Schemas of cases and plans."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from v2g.reports.console import printable


@click.command("schema")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write to.")
@click.option("--with", "extra", type=click.Path(path_type=Path), multiple=True, metavar="FILE.py",
              help="Take further parts of the model from a file; may be repeated.")  # fmt: skip
def schema(out: Path, extra: Sequence[Path]) -> int:
    """Write JSON Schemas (draft 2020-12) of a case and of a plan, for programs that write one or read the other."""
    from v2g.json_schema import CASE_FILE, PLAN_FILE, write_schemas
    from v2g.outside import load_parts

    folder = write_schemas(out, tuple(part for file in extra for part in load_parts(file)))
    click.echo(printable(f"wrote  {folder}: {CASE_FILE}, {PLAN_FILE}"))
    return 0
