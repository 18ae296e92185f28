"""The verb `populate` of the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from v2g.reports.console import printable


@click.command()
@click.argument("case")
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help="Folder to write the case to.")
@click.option("--vehicles", metavar="N", help="How many vehicles; needed.")
@click.option("--outage", metavar="HOURS", help="How long supply is gone; needed.")
@click.option("--seed", metavar="S", help="Another seed, another draw; default: 1.")
@click.option("--v2g-share", metavar="X", help="Share of vehicles that can give to the feeder; default: 0.3.")
@click.option("--v2h-share", metavar="X", help="Share that stands at a critical site and can feed it; default: 0.05.")
@click.option("--v2l-share", metavar="X", help="Share parked at a critical site, with sockets; default: 0.05.")
@click.option("--critical", metavar="N|auto|FILE", help="Critical sites: by the feeder's size, a number, or a CSV file "
              "with columns site, kind, and kw, bus, phases, tier, people, plug_kw; default: auto.")  # fmt: skip
@click.option("--critical-share", metavar="X", help="Critical kW over the feeder's load; default: 0.15.")
@click.option("--residual", metavar="X", help="Factor for the feeder's own loads, not critical; default: 0.5.")
@click.option("--solar-share", metavar="X", help="kW of rooftop panels over the feeder's load; default: 0.15.")
@click.option("--formers", metavar="WORD", help="What forms each island: both (a battery, and a diesel beside it), "
              "battery, diesel, none (the feeder is dead); default: both.")  # fmt: skip
@click.option("--former-share", metavar="X", help="kW of that unit over its island's critical kW; default: 0.6.")
@click.option("--drive", metavar="X", help="Days with a car over the usual ones, 0 to 1; default: 0.5.")
@click.option(
    "--start", metavar="UTC", help="When supply is lost, such as 2026-01-16T00:00; default: when the case starts."
)
@click.option("--step-min", metavar="MIN", help="Length of an interval; default: 30.")
@click.option("--after", metavar="HOURS", help="Hours after supply is back; default: 0.")
@click.option("--behind", metavar="HOURS", help="Local time behind UTC; default: 6.")
@click.option("--json", "json_", is_flag=True, help="Print JSON for machines, and nothing else.")
def populate(case: str, target: Path, json_: bool, **options: Any) -> int:
    """Put an emergency on the feeder of CASE: vehicles, critical sites, units that form islands, and supply lost.

    CASE is a bare feeder, such as an imported one or ieee123-base. The same seed makes the same files everywhere;
    README.md in the new folder says how, with every assumption. Shares are between 0 and 1.
    """
    from v2g.populate import populate as made

    done = made(case, target, **options)
    if json_:
        click.echo(json.dumps({"case": str(done.folder), **done.told.to_dict()}, indent=2, ensure_ascii=True))
        return 0
    wrote = f"{'wrote':<9} {done.folder}"
    then = f"{'next':<9} v2g check {target}; v2g solve {target} --out {target}-plan"
    click.echo(printable("\n".join([*done.told.lines(), wrote, then])))
    return 0
