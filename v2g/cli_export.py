"""The verb that writes cases and plans for other tools."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from v2g.reports.console import printable


class WithFormats(click.Command):
    """A command whose help ends with what a register holds; it is loaded for the help alone."""

    register = ""
    heading = "Formats"

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line for each entry."""
        module, _, name = self.register.partition(":")
        known = getattr(import_module(module), name)
        with formatter.section(self.heading):
            formatter.write_dl([(key, known[key].title) for key in known])


class Export(WithFormats):
    """The verb `export`."""

    register = "v2g.exports:EXPORTS"


@click.command("export", cls=Export)
@click.argument("case")
@click.argument("plan", type=click.Path(path_type=Path), required=False)
@click.option("--to", "format_", required=True, metavar="FORMAT", help="Format to write, one of those below.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write to.")
@click.option("--overwrite", is_flag=True, help="Replace an export that is in the folder already.")
@click.option("--place", is_flag=True, help="Put buses without coordinates at the mean of their neighbours (geojson).")
@click.option(
    "--language",
    multiple=True,
    metavar="CODE",
    help="en or ja; may be repeated for a folder each (orders, sitrep; default: en).",
)
@click.option("--as-of", metavar="TIME", help="Time of the pages, ISO 8601 with offset (orders, sitrep; default: now).")
@click.option("--since", type=click.Path(path_type=Path), help="Folder of an earlier plan; say what changed (sitrep).")
@click.option("--json", "json_", is_flag=True, help="Print JSON for machines, and nothing else.")
def export_(
    case: str, plan: Path | None, format_: str, out: Path, overwrite: bool, place: bool, since: Path | None,
    json_: bool, **options: Any,
) -> int:  # fmt: skip
    """Write CASE, and what PLAN makes of it, for another tool, or for people.

    With a PLAN (a folder that solve wrote), the OpenDSS circuit runs it in daily mode, and maps and tables have its key
    figures by element. What a format has no place for is said in a file beside it.
    """
    from v2g.exports.exporting import export
    from v2g.formats.plan_folder import read_plan
    from v2g.reading import read

    earlier = read_plan(since) if since else None
    made = read_plan(plan) if plan else None
    done = export(read(case), format_, out, made, overwrite=overwrite, place=place, since=earlier, **options)
    if json_:
        click.echo(json.dumps(done.to_dict(), indent=2, ensure_ascii=True, allow_nan=False))
        return 0
    for warning in done.warnings:
        click.echo(printable(f"note: {warning}."), err=True)
    click.echo(printable(f"wrote  {done.folder}: {len(done.files)} files  (open: {done.first})"))
    return 0
