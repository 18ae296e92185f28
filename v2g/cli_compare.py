"""The verb that says what a plan changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from v2g.reports.console import printable

if TYPE_CHECKING:
    from v2g.errors import CaseError, Finding
    from v2g.plan import Plan

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
    from v2g.reading import read

    folder = None if out is None else resolved(out)
    if folder is not None:
        _refuse(folder, overwrite)
    done = compared_of(*_plans(first, second), [read(case) for case in cases])
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


def _plans(first: Path, second: Path) -> tuple[Plan, Plan]:
    """Both plans; raises InvalidCase with the faults of both, each with the plan whose it is."""
    from v2g.errors import CaseError, InvalidCase
    from v2g.formats.plan_folder import read_plan

    read: list[Plan] = []
    refused: list[tuple[str, CaseError]] = []
    for which, path in (("FIRST", first), ("SECOND", second)):
        try:
            read.append(read_plan(path))
        except CaseError as error:
            refused.append((f"{which}, {path}", error))
    if refused:
        raise InvalidCase([finding for plan, error in refused for finding in _findings(plan, error)])
    return read[0], read[1]


def _findings(plan: str, error: CaseError) -> Iterator[Finding]:
    """The faults of a plan, told as its own."""
    from v2g.errors import Finding, InvalidCase

    if isinstance(error, InvalidCase):
        yield from (replace(finding, file=f"{plan}, {finding.file}") for finding in error.findings)
    else:
        yield Finding(plan, str(error), "Give a folder that solve wrote.", code="no-plan")


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
