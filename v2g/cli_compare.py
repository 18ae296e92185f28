"""The verb that says what a plan changes."""

from __future__ import annotations

import json
from pathlib import Path

import click

from v2g.reports.console import printable

TABLE = "changes.csv"


@click.command()
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.option(
    "--case",
    "cases",
    multiple=True,
    help="Case that the plans are of; repeat it if they are of two states of it. One that comes along is found.",
)
@click.option("--out", type=click.Path(path_type=Path), help=f"Folder for {TABLE}, a row for each change.")
@click.option("--overwrite", is_flag=True, help="Replace the table that is in the folder already.")
@click.option("--json", "json_", is_flag=True, help="Print JSON for machines, and nothing else.")
def compare(
    first: Path, second: Path, cases: tuple[str, ...], out: Path | None, overwrite: bool, json_: bool
) -> int:  # fmt: skip
    """Say what the plan SECOND changes against FIRST, the earlier one, and for whom.

    Loads newly served or lost, dark earlier or later; vehicles with other orders; reserves; hours by tier; energy by
    source. Of plans for different times what both cover is compared.
    """
    from v2g.compare import compare as compared_of
    from v2g.exports.tables import table_bytes
    from v2g.formats.atomic import resolved
    from v2g.formats.plan_folder import read_plan
    from v2g.reading import read

    folder = None if out is None else resolved(out)
    if folder is not None:
        _refuse(folder, overwrite)
    done = compared_of(read_plan(first), read_plan(second), [read(case) for case in cases])
    if folder is not None:
        _write(folder, table_bytes(done.table))
    if json_:
        written = {} if folder is None else {"table": str(folder / TABLE)}
        click.echo(json.dumps({**done.to_dict(), **written}, indent=2, ensure_ascii=True, allow_nan=False))
        return 0
    click.echo(printable(done.text))
    if folder is not None:
        click.echo(printable(f"table: {folder / TABLE}"))
    return 0


def _refuse(folder: Path, overwrite: bool) -> None:
    from v2g.errors import UsageError

    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; give a folder.")
    held = sorted(entry.name for entry in folder.iterdir()) if folder.exists() else []
    if held and held != [TABLE]:
        raise UsageError(f"{folder} holds other things than {TABLE}; give another folder.")
    if held and not overwrite:
        raise UsageError(f"{folder} holds {TABLE} already; give another folder, or overwrite it (--overwrite).")


def _write(folder: Path, data: bytes) -> None:
    from v2g.formats.atomic import place_folder

    place_folder(folder, {TABLE: data})
