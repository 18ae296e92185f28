"""Verbs of the command line about feeders of other tools."""

from __future__ import annotations

import json
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from v2g.cli_export import WithFormats
from v2g.formats.words import counted
from v2g.reports.console import printable

if TYPE_CHECKING:
    from v2g.feeders.importing import Imported

SHOWN_TIES = 8
FLEET, OUTAGE_H = 200, 48
"""Vehicles and hours of the emergency that is proposed."""
COUNTED = {
    "buses": ("bus", "buses"), "nodes": ("node",), "lines": ("line",), "transformers": ("transformer",),
    "loads": ("load",),
}  # fmt: skip


class Import(WithFormats):
    """The verb `import`."""

    register = "v2g.feeders:READERS"


@click.command("import", cls=Import)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help="Folder to write the case to.")
@click.option(
    "--from", "format_", metavar="FORMAT", help="Format of FILE, one of those below; default: told from its content."
)
@click.option(
    "--fold/--keep-secondaries", "fold", default=None,
    help="Move what hangs on secondaries to their primary buses, and merge chains of lines; "
    "default: where the feeder is large or has split-phase secondaries.",
)  # fmt: skip
@click.option("--accept", is_flag=True, help="Take the feeder even so, without what would be lost.")
@click.option(
    "--bundle", type=click.Path(path_type=Path), metavar="FOLDER",
    help="Folder that all files of the feeder lie in; no other is read. Default: that of FILE.",
)  # fmt: skip
@click.option("--json", "json_", is_flag=True, help="Print JSON for machines, and nothing else.")
def import_(
    file: Path, target: Path, format_: str | None, fold: bool | None, accept: bool, bundle: Path | None, json_: bool
) -> int:  # fmt: skip
    """Write the feeder in FILE, of another tool, as a case: one hour at its load, supply present.

    FILE is a folder where the format is one of folders. Its wiring is checked, and nothing is lost in silence:
    import.csv in the case folder says what was changed or left out, with file and line. Where data would be lost that a
    plan needs, nothing is written, unless you accept that.
    """
    from v2g.feeders.importing import import_feeder

    done = import_feeder(file, target, format_, fold, accept, bundle)
    if json_:
        click.echo(json.dumps(done.to_dict(), indent=2, ensure_ascii=True, allow_nan=False))
    else:
        click.echo(printable(report(done)))
    return 0


def report(done: Imported) -> str:
    """What was read, folded, noted and written."""
    about = done.to_dict()
    read, notes = about["read"], about["notes"]
    found = [counted(read[kinds], *words) for kinds, words in COUNTED.items()]
    by = [done.reader, counted(len(done.files), "file"), *([f"solved by {about['engine']}"] if about["engine"] else [])]
    lines = [f"read  {', '.join(by)}: {', '.join(found)}, {about['load_kw']:,.0f} kW"]
    if done.folded is not None:
        secondary, merged = (
            counted(done.folded, "secondary bus", "secondary buses"),
            counted(done.merged, "bus", "buses"),
        )
        lines.append(f"folded  {secondary} into their primary; chains: {merged} merged")
    if done.ties:
        more = ", ..." if len(done.ties) > SHOWN_TIES else ""
        lines.append(f"open  {len(done.ties)}: {', '.join(done.ties[:SHOWN_TIES])}{more}")
    said = [f"{count} {weight}" for weight, count in notes.items() if count]
    lines.append(f"notes  {', '.join(said) or 'none'}: {done.folder / 'import.csv'}")
    if notes["lost"]:
        loads = done.case.tables["loads"]
        lines.append(f"kept  {counted(len(loads), 'load')}, {loads['kw'].sum():,.0f} kW")
    here = quote(str(done.folder))
    populate = f"v2g populate {here} --to {quote(f'{done.folder}-storm')} --vehicles {FLEET} --outage {OUTAGE_H}"
    lines.append(f"wrote  {done.folder}  (next: v2g check {here}; {populate})")
    return "\n".join(lines)
