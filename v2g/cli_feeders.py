"""Verbs of the command line about feeders of other tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from v2g.reports.console import printable

if TYPE_CHECKING:
    from v2g.feeders.importing import Imported

SHOWN_TIES = 8


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help="Folder to write the case to.")
@click.option("--from", "format_", metavar="FORMAT", help="Format of FILE; default: told from its content.")
@click.option(
    "--fold/--keep-secondaries", "fold", default=None,
    help="Move what hangs on secondaries to their primary buses, and merge chains of lines; "
    "default: where the feeder is large or has split-phase secondaries.",
)  # fmt: skip
@click.option("--accept", is_flag=True, help="Take the feeder without what cannot be carried over.")
@click.option("--json", "json_", is_flag=True, help="Print JSON for machines, and nothing else.")
def import_(file: Path, target: Path, format_: str | None, fold: bool | None, accept: bool, json_: bool) -> int:
    """Write the feeder in FILE, of another tool, as a case: one hour at its load, supply present.

    Its wiring is checked, and nothing is lost in silence: import.csv in the case folder says what was changed or left
    out, with file and line. Where data would be lost that a plan needs, nothing is written, unless you accept that.
    """
    from v2g.feeders.importing import import_feeder

    done = import_feeder(file, target, format_, fold, accept)
    if json_:
        click.echo(json.dumps(done.to_dict(), indent=2, ensure_ascii=True, allow_nan=False))
    else:
        click.echo(printable(report(done)))
    return 0


def report(done: Imported) -> str:
    """What was read, folded, noted and written."""
    about = done.to_dict()
    read, notes = about["read"], about["notes"]
    counted = [f"{read[kind]:,} {kind}" for kind in ("buses", "nodes", "lines", "transformers", "loads")]
    files = "1 file" if len(done.files) == 1 else f"{len(done.files)} files"
    lines = [f"read  {done.reader}, {files}: {', '.join(counted)}, {about['load_kw']:,.0f} kW"]
    if done.folded is not None:
        lines.append(
            f"folded  {done.folded:,} secondary buses into their primary; chains: {done.merged:,} buses merged"
        )
    if done.ties:
        more = ", ..." if len(done.ties) > SHOWN_TIES else ""
        lines.append(f"open  {len(done.ties)}: {', '.join(done.ties[:SHOWN_TIES])}{more}")
    said = [f"{count} {weight}" for weight, count in notes.items() if count]
    lines.append(f"notes  {', '.join(said) or 'none'}: {done.folder / 'import.csv'}")
    if notes["lost"]:
        loads = done.case.tables["loads"]
        lines.append(f"kept  {len(loads):,} loads, {loads['kw'].sum():,.0f} kW")
    lines.append(f"wrote  {done.folder}  (next: v2g check {done.folder})")
    return "\n".join(lines)
