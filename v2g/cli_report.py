"""The verbs of the command line that report on what has been run, and that list the studies to run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from v2g.cli_export import WithFormats
from v2g.reports.console import printable


class Report(WithFormats):
    """The verb `report`."""

    register = "v2g.reports.sources:SOURCES"
    heading = "What can be reported on"


@click.command(cls=Report)
@click.argument("source", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder to write to; default: answers in the study folder."
)
@click.option("--axis", metavar="NAME", help="Look along this axis only; default: along each.")
@click.option("--tier", type=int, metavar="R", help="Whose sites are to live; default: 1.")
@click.option("--share", type=float, metavar="X", help="In how many of the draws all of them shall; default: 0.9.")
@click.option("--confidence", type=float, metavar="X", help="Of all intervals and bounds; default: 0.95.")
@click.option("--json", "json_", is_flag=True, help="Print JSON for machines, and nothing else.")
def report(source: tuple[Path, ...], out: Path | None, json_: bool, **options: Any) -> int:
    """Say what SOURCE has come to: text here; tables, figures and a page in a folder.

    Of a study (finished or not): how much is enough, critical load-hours served, survival of tier-1 sites, what the
    next unit is worth, unserved power and energy, by start of the outage; each with its confidence interval.
    """
    from v2g.reports.sources import source_of

    own = source_of(source)
    done = own.report(source, out, **{name: options[name] for name in own.options})
    click.echo(
        json.dumps(done.to_dict(), indent=2, ensure_ascii=True, allow_nan=False) if json_ else printable(done.text)
    )
    return 0


@click.command()
@click.option("--json", "json_", is_flag=True, help="Print JSON for machines, and nothing else.")
def studies(json_: bool) -> int:
    """List the studies that come along."""
    from v2g.batch.study import shipped_studies
    from v2g.formats.copying import title_of

    found = {name: title_of(file.parent, file.name) for name, file in shipped_studies().items()}
    text = "\n".join(f"{name:<18} {title}" for name, title in found.items()) or "No studies come along."
    click.echo(json.dumps({"studies": found}, indent=2, ensure_ascii=True) if json_ else printable(text))
    return 0
