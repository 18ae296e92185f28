"""The verbs of the command line that report on what has been run, and that list the studies to run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from v2g.cli_export import WithFormats
from v2g.errors import UsageError
from v2g.reports.console import printable


class Report(WithFormats):
    """The verb `report`."""

    register = "v2g.reports.sources:SOURCES"
    heading = "What can be reported on"


@click.command(cls=Report)
@click.argument("source", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path),
    help="Of a study, the folder to write to; default: answers in it. Of a plan, the HTML file.",
)  # fmt: skip
@click.option("--axis", metavar="NAME", help="Look along this axis only; default: along each.")
@click.option("--tier", type=int, metavar="R", help="Whose loads are to live; default: 1.")
@click.option("--share", type=float, metavar="X", help="In how many of the draws all of them shall; default: 0.9.")
@click.option("--confidence", type=float, metavar="X", help="Of all intervals and bounds; default: 0.95.")
@click.option(
    "--as-of", metavar="TIME", help="Of a plan: tell the page as of then, not now, as 2026-01-15T18:00+00:00."
)
@click.option(
    "--remedies-within", type=float, metavar="SECONDS",
    help="Of a plan: solve the case again with single changes for so long, and tell which keep a load.",
)  # fmt: skip
@click.option("--json", "json_", is_flag=True, help="Print JSON for machines, and nothing else.")
def report(source: tuple[Path, ...], out: Path | None, json_: bool, **options: Any) -> int:
    """Say what SOURCE has come to: text here; tables, figures and a page in a folder, or one page of a plan.

    Of a study (finished or not): how much is enough, critical load-hours served, survival of tier-1 loads, what the
    next unit is worth, unserved power and energy, by start of the outage; each with its confidence interval.

    Of a plan, with --out FILE.html: one file that opens without a network. What is served and possible, what is missing
    and would help; the feeder, every critical load, the fleet and its energy over time; tables with search.
    """
    from v2g.reports.sources import source_of

    own = source_of(source)
    refuse_foreign(own.options, options)
    done = own.report(source, out, **{name: options[name] for name in own.options})
    click.echo(
        json.dumps(done.to_dict(), indent=2, ensure_ascii=True, allow_nan=False) if json_ else printable(done.text)
    )
    return 0


def refuse_foreign(own: tuple[str, ...], given: Mapping[str, Any]) -> None:
    """Raises UsageError for options that say nothing about this kind of source."""
    foreign = [name for name, value in given.items() if value is not None and name not in own]
    if foreign:
        allowed = ", ".join(f"--{name.replace('_', '-')}" for name in own)
        raise UsageError(
            f"--{foreign[0].replace('_', '-')} says nothing about what is reported on. Allowed: {allowed}."
        )


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
