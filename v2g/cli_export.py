"""The verb that writes cases and plans for other tools."""

from __future__ import annotations

import json
from pathlib import Path

import click

from v2g.reports.console import printable


@click.command("export")
@click.argument("case")
@click.argument("plan", type=click.Path(path_type=Path), required=False)
@click.option("--to", "format_", required=True, metavar="FORMAT", help="opendss, geojson or csv.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write to.")
@click.option("--overwrite", is_flag=True, help="Replace an export that is in the folder already.")
@click.option("--place", is_flag=True, help="Put buses without coordinates at the mean of their neighbours (geojson).")
@click.option("--json", "json_", is_flag=True, help="Print JSON for machines, and nothing else.")
def export_(case: str, plan: Path | None, format_: str, out: Path, overwrite: bool, place: bool, json_: bool) -> int:
    """Write CASE, and what PLAN makes of it, for another tool: a circuit of OpenDSS, a map, or tables.

    With a plan, the circuit runs it in daily mode, and maps and tables have its key figures by element.
    """
    from v2g.exports.exporting import export
    from v2g.formats.plan_folder import read_plan
    from v2g.reading import read

    done = export(read(case), format_, out, read_plan(plan) if plan else None, overwrite=overwrite, place=place)
    if json_:
        click.echo(json.dumps(done.to_dict(), indent=2, ensure_ascii=True, allow_nan=False))
        return 0
    for warning in done.warnings:
        click.echo(printable(f"note: {warning}."), err=True)
    start = {"opendss": "Run.dss" if plan else "Master.dss", "geojson": "feeder.geojson", "csv": "buses.csv"}
    opened = done.folder / start.get(format_, "")
    click.echo(printable(f"wrote  {done.folder}: {len(done.files)} files  (open: {opened})"))
    return 0
