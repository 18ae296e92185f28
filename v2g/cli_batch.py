"""The verbs `batch` and `reproduce` of the command line."""

from __future__ import annotations

import json
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from v2g.errors import Finding
from v2g.reports.console import counted, printable, show_findings, stderr

STATES = "States of a scenario: planned, refused (a fault of the changed case), no_plan, time_limit, died, defect."


@click.command(epilog=STATES)
@click.argument("study")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for results and tables.")
@click.option("--shard", metavar="I/N", help="A part of the scenarios, such as 1/8 to 8/8; shards may share a folder.")
@click.option("--workers", type=int, metavar="N", help="Processes here; default: one for each core.")
@click.option("--scheduler", metavar="ADDRESS", help="A dask.distributed scheduler, such as tls://host:8786.")
@click.option("--tls-ca", metavar="FILE", help="Certificate of who signed those of the cluster.")
@click.option("--tls-cert", metavar="FILE", help="Certificate of this client.")
@click.option("--tls-key", metavar="FILE", help="Its key.")
@click.option("--parquet", is_flag=True, help="Write the tables as Parquet too.")
@click.option("--dry-run", is_flag=True, help="Check the study, count its scenarios, and run nothing.")
@click.option("--json", "json_", is_flag=True, help="Print JSON for machines, and nothing else.")
def batch(study: str, out: Path, dry_run: bool, json_: bool, tls_ca: str | None, tls_cert: str | None,
          tls_key: str | None, **options: Any) -> int:  # fmt: skip
    """Run every scenario of STUDY, a TOML file, and collect tables of the results in a folder.

    The same command goes on where it was stopped. A scenario that fails is a row with its reason.
    """
    from v2g.batch.driver import batch as run
    from v2g.batch.driver import lay_out
    from v2g.batch.folder import StudyFolder
    from v2g.batch.stopping import interrupted_by_sigterm
    from v2g.batch.telling import Telling

    remarks: list[Finding] = []

    def remark(found: Sequence[Finding]) -> None:
        remarks.extend(found)
        if not json_:
            show_findings(found, stderr())

    if dry_run:
        laid = lay_out(study, StudyFolder(out))
        remark(laid.remarks)
        return _said({"name": laid.study.name, "scenarios": len(laid.tasks), "cases": len(laid.bases),
                      "warnings": list(map(str, remarks))},
                     f"{laid.study.name}: {counted(len(laid.tasks), 'scenario')} of "
                     f"{counted(len(laid.bases), 'case')}, nothing wrong", json_)  # fmt: skip
    tls = {name: file for name, file in (("ca", tls_ca), ("cert", tls_cert), ("key", tls_key)) if file}
    with interrupted_by_sigterm() as heard:
        try:
            with Telling(quiet=json_) as telling:
                done = run(study, out, tls=tls, tell=telling, remark=remark, **options)
        except KeyboardInterrupt as stop:
            stderr().print(printable(str(stop) or "Stopped."))
            return 128 + (heard[0] if heard else signal.SIGINT)
    states = ", ".join(f"{number} {status}" for status, number in done.counts.items())
    lines = [f"{'scenarios':<10}{done.scenarios}: {states}" + (f"; {done.known} known before" if done.known else "")]
    if done.missing:
        lines.append(f"{'missing':<10}{done.missing} of other shards; the last one writes the tables")
    else:
        lines.append(f"{'wrote':<10}{done.folder}")
    return _said({**done.to_dict(), "warnings": list(map(str, remarks))}, "\n".join(lines), json_)


@click.command()
@click.argument("result")
@click.option("--scenario", "scenarios", type=int, multiple=True, metavar="N", help="Number of a scenario; repeatable.")
@click.option("--to", type=click.Path(path_type=Path), help="Write the changed case and its plan to this folder.")
@click.option("--json", "json_", is_flag=True, help="Print JSON for machines, and nothing else.")
def reproduce(result: str, scenarios: tuple[int, ...], to: Path | None, json_: bool) -> int:
    """Solve scenarios of a study again, and compare everything but seconds.

    RESULT is a file in the folder results of a study, or the folder of the study. Inputs are those that the study
    keeps in its folder; where they were changed since, that is said. Exit code 1: another result.
    """
    from v2g.batch.reproduce import reproduce as again

    found = again(result, scenarios=scenarios, to=to)
    lines = [line for one in found for line in one.lines()]
    if to is not None:
        lines += [f"wrote {to / 'case'} and {to / 'plan'}  (next: v2g verify {to / 'case'} {to / 'plan'})"]
    _said({"ok": all(one.ok for one in found), "scenarios": [one.to_dict() for one in found]}, "\n".join(lines), json_)
    return 0 if all(one.ok for one in found) else 1


def _said(content: dict[str, Any], text: str, json_: bool) -> int:
    click.echo(json.dumps(content, indent=2, ensure_ascii=True) if json_ else printable(text))
    return 0
