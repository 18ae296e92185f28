"""The command line: the verbs of the package, and a demonstration.

Beside the exit codes below: 70 is a defect of the program itself, 130 an interrupt.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from v2g.cli_batch import batch, reproduce
from v2g.cli_benchmark import benchmark
from v2g.cli_compare import compare
from v2g.cli_export import export_
from v2g.cli_feeders import import_
from v2g.cli_populate import populate
from v2g.cli_report import report, studies
from v2g.cli_schema import schema
from v2g.errors import Finding, InvalidCase, V2GError
from v2g.reports.console import Progress, printable, show_findings, stderr, tolerant_output

OK, FINDINGS, WRONG_USE, INTERNAL, STOPPED = 0, 1, 2, 70, 130
EXIT_CODES = (
    "Exit codes: 0 done, 1 findings in a case or violations in a plan, 2 wrong use, 3 no plan, 4 solver missing."
)
EFFORTS = (
    "Assumed efforts: 1 an open line or switch closed; 2 the reserve of one vehicle lowered; 3 a vehicle that "
    "stands idle, at a free plug; 4 one more vehicle like one of the case, at a free plug; 5 more fuel in a "
    "tank or generator; 6 all reserves lowered; 7 one plug more for a vehicle that stands idle or only "
    "charges; 8 one plug more, and one more vehicle like one of the case; 9 more energy at the start in a "
    "vehicle or battery; 10 one more vehicle of the catalogue, at a free plug; 11 a mobile generator."
)
DEMO = "ieee123-storm"
FIGURE = "service.svg"

Command = Callable[..., Any]
as_json = click.option("--json", "json_", is_flag=True, help="Print JSON for machines, and nothing else.")
extra_parts = click.option("--with", "extra", type=click.Path(path_type=Path), multiple=True, metavar="FILE.py",
                           help="Take further parts of the model from a file; may be repeated.")  # fmt: skip
verbosely = click.option("-v", "--verbose", is_flag=True, help="Say every step; show tracebacks.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}, epilog=EXIT_CODES)
@click.version_option(version("v2g"), prog_name="v2g")
def v2g() -> None:
    """Dispatch electric vehicles into a feeder that has lost its supply.

    As many critical loads as possible are kept alive, tier by tier, and every vehicle keeps its mobility
    reserve. A CASE is a folder, or the name of one that comes along (see: v2g cases).
    """


@v2g.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("out/demo"), show_default=True, help="Folder.")
@verbosely
def demo(out: Path, verbose: bool) -> int:
    """Solve a two-day storm on a 123-node feeder with 200 vehicles, audit the plan and draw it."""
    from v2g.formats.plan_folder import refuse_folder
    from v2g.replay import audit
    from v2g.reports.figure import need_matplotlib, write_figure
    from v2g.reports.text import verdict_report

    need_matplotlib()
    refuse_folder(out, overwrite=True)
    case = _read(DEMO, (), warn=False)
    plan = _solved(case, {}, verbose, quiet=False)
    folder = _write(plan, out, overwrite=True)
    figure = write_figure(case, plan, folder / FIGURE)
    verdict = audit(case, _plan(folder))
    _say(_report(case, plan))
    _say(f"read back from its files: {verdict_report(verdict).splitlines()[0]}")
    _say(f"figure: {figure}\nplan: {folder}")
    return OK if verdict.ok else FINDINGS


@v2g.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--from", "source", default="village", show_default=True, help="A case that comes along, or a folder.")
def new(folder: Path, source: str) -> int:
    """Copy a case to FOLDER, as a start for your own."""
    from v2g.formats.copying import copy_case

    target, files = copy_case(source, folder)
    _say(f"{len(files)} files from {source}: {', '.join(files)}")
    _say(f"next: edit them, then run  v2g check {folder}\ncase: {target}")
    return OK


@v2g.command()
@click.argument("case")
@extra_parts
@as_json
def check(case: str, extra: Sequence[Path], json_: bool) -> int:
    """Look for faults in CASE; all of them at once."""
    from v2g.reading import check as findings_of
    from v2g.reading import read
    from v2g.reports.text import case_line

    parts = _parts(extra)
    findings = findings_of(case, parts)
    wrong = any(f.severity == "error" for f in findings)
    if json_:
        _json({"ok": not wrong, "findings": [_plain(f) for f in findings]})
    else:
        show_findings(findings, stderr())
        if not wrong:
            _say(case_line(read(case, parts)) + (", no findings." if not findings else "."))
    return FINDINGS if wrong else OK


@v2g.command()
@click.argument("case")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write the plan to.")
@click.option("--network", help="lindistflow (voltages) or transport; default: what the case says.")
@click.option("--policy", help="What is worth what; default: what the case says.")
@click.option("--solver", default="highs", show_default=True, help="highs, highs:ipx, ..., or pyomo:NAME.")
@click.option("--gap", type=float, default=1e-3, show_default=True, help="Relative gap at which to stop.")
@click.option("--time-limit", type=float, help="Seconds for solving.")
@extra_parts
@click.option("--overwrite", is_flag=True, help="Replace a plan that is in the folder already.")
@click.option("--figure", is_flag=True, help=f"Draw the plan as {FIGURE} as well.")
@click.option("--ac", is_flag=True, help="Correct the plan by AC solutions (OpenDSS) until it holds under AC.")
@as_json
@verbosely
def solve(case: str, out: Path, extra: Sequence[Path], figure: bool, ac: bool, json_: bool, verbose: bool,
          **options: Any) -> int:  # fmt: skip
    """Plan the dispatch of CASE, audit the plan, and write it to a folder."""
    from v2g.formats.plan_folder import refuse_folder
    from v2g.reports.figure import need_matplotlib, write_figure

    overwrite = options.pop("overwrite")
    refuse_folder(out, overwrite=overwrite)
    if figure:
        need_matplotlib()
    parts = _parts(extra)
    read = _read(case, parts, warn=not json_)
    plan = _solved(read, {**options, "parts": parts}, verbose, quiet=json_, ac=ac)
    folder = _write(plan, out, overwrite=overwrite)
    drawn = write_figure(read, plan, folder / FIGURE) if figure else None
    if json_:
        _json({"plan": str(folder), "figure": str(drawn) if drawn else None, "summary": plan.summary})
    else:
        _say(_report(read, plan, folder))
    return OK


@v2g.command()
@click.argument("case")
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--exact", is_flag=True, help="Recompute the proof of the bounds in exact rational numbers; slow.")
@click.option("--ac", is_flag=True, help="Replay the plan in OpenDSS as well: AC voltages, overloads, losses.")
@extra_parts
@as_json
def verify(case: str, plan: Path, exact: bool, ac: bool, extra: Sequence[Path], json_: bool) -> int:
    """Audit PLAN against CASE with separate code: physics, totals, and the proof of its bounds."""
    from v2g.ac.verdict import verify as replay_ac
    from v2g.certify import certify
    from v2g.replay import audit
    from v2g.reports.ac import ac_report
    from v2g.reports.text import certificate_report, verdict_report

    parts = _parts(extra)
    read, found = _read(case, parts, warn=False), _plan(plan)
    verdict = audit(read, found)
    proof = certify(read, found, parts=parts, exact=exact)
    truth = replay_ac(read, found) if ac else None
    if json_:
        _json({**verdict.to_dict(), "certificate": proof.to_dict(), **({"ac": truth.to_dict()} if truth else {})})
    else:
        _say(f"{verdict_report(verdict)}\n{certificate_report(proof)}")
        if truth is not None:
            _say(ac_report(truth, corrected="ac" in found.summary))
    return OK if verdict.ok and proof.ok and (truth is None or truth.secure) else FINDINGS


@v2g.command(epilog=EFFORTS)
@click.argument("case")
@click.argument("plan", type=click.Path(path_type=Path))
@click.option(
    "--remedies/--no-remedies",
    default=None,
    help="Look for the cheapest single change that would keep each load; default: where the case is small.",
)
@click.option("--time-limit", type=float, default=60.0, show_default=True, help="Seconds for remedies, all together.")
@click.option("--values", is_flag=True, help="List what one more kWh, kW, plug or litre would be worth, and where.")
@extra_parts
@as_json
@verbosely
def explain(case: str, plan: Path, remedies: bool | None, time_limit: float, values: bool, extra: Sequence[Path],
            json_: bool, verbose: bool) -> int:  # fmt: skip
    """Say why loads of CASE are not served in PLAN, what stands in the way, and what would help.

    A remedy is told only if it works: the changed case is solved again with all loads kept that were served
    before, and the plan is audited. Remedies are ranked by assumed effort, from a switch that is closed (1)
    to a mobile generator that comes with fuel (11).
    """
    from v2g.explain import explain as reasons_of
    from v2g.explain import small
    from v2g.reports.text import reasons_report, values_report
    from v2g.values import values as worth_of

    parts = _parts(extra)
    read, found = _read(case, parts, warn=False), _plan(plan)
    search = small(found) if remedies is None else remedies
    with Progress(verbose=verbose, quiet=json_) as progress:
        if search:
            progress.keep(f"Reasons, then remedies for at most {time_limit:g} s (--no-remedies: reasons alone).")
        reasons = reasons_of(read, found, search, time_limit=time_limit, parts=parts, progress=progress)
    worth = worth_of(read, found, parts=parts) if values else None
    if json_:
        listed = {} if worth is None else {"values": worth.to_dict("records")}
        _json({"reasons": [reason.to_dict() for reason in reasons], **listed})
    else:
        _say(reasons_report(reasons))
        if any(reason.subject == "load" for reason in reasons) and not search and remedies is None:
            _say("Remedies were not looked for, as the case is large: ask for them with --remedies.")
        if worth is not None:
            _say(values_report(worth))
    return OK


@v2g.command()
@click.argument("case")
@click.option("--tier", type=int, default=1, show_default=True, help="Which critical loads are to be kept alive.")
@click.option("--plan", type=click.Path(path_type=Path), help="A plan to compare with; default: solve the case.")
@click.option("--network", help="lindistflow (voltages) or transport; default: what the case says.")
@click.option("--time-limit", type=float, help="Seconds for the search.")
@extra_parts
@as_json
@verbosely
def survive(case: str, tier: int, plan: Path | None, extra: Sequence[Path], json_: bool, verbose: bool,
            **options: Any) -> int:  # fmt: skip
    """Say how long all loads of a tier of CASE could be served, if nothing else counted, and what a plan reaches."""
    from v2g.survival import survive as longest

    options["parts"] = _parts(extra)
    read = _read(case, options["parts"], warn=not json_)
    beside = _solved(read, dict(options), verbose, quiet=json_) if plan is None else _plan(plan)
    with Progress(verbose=verbose, quiet=json_) as progress:
        found = longest(read, tier, plan=beside, progress=progress, **options)
    if json_:
        _json(found.to_dict())
    else:
        _say(found.text)
    return OK


@v2g.command()
@click.argument("table", required=False)
def columns(table: str | None) -> int:
    """List the tables of a case, or the columns of TABLE: what they hold, in which unit, within which limits."""
    from v2g.register import choose, declarations
    from v2g.reports.columns import table_lines, tables_lines

    known = declarations()
    _say("\n".join(tables_lines(known) if table is None else table_lines(choose("table", table, known))))
    return OK


@v2g.command("math")
def mathematics() -> int:
    """Print the equations."""
    _say(resources.files("v2g.models").joinpath("README.md").read_text(encoding="utf-8"))
    return OK


@v2g.command()
@as_json
def cases(json_: bool) -> int:
    """List the cases that come along."""
    from v2g.formats.copying import title_of
    from v2g.formats.shipped import shipped_cases

    found = {name: title_of(folder) for name, folder in shipped_cases().items()}
    if json_:
        _json({"cases": found})
    else:
        _say("\n".join(f"{name:<18} {title}" for name, title in found.items()) or "No cases come along.")
    return OK


v2g.add_command(import_)
v2g.add_command(export_)
v2g.add_command(compare)
v2g.add_command(populate)
v2g.add_command(report)
v2g.add_command(studies)
v2g.add_command(schema)
v2g.add_command(benchmark)
v2g.add_command(batch)
v2g.add_command(reproduce)


def _read(case: str, parts: Sequence[type[Any]], warn: bool = True) -> Any:
    """The case, with its warnings said aloud; raises InvalidCase where it has errors."""
    from v2g.reading import check as findings_of
    from v2g.reading import read

    found = read(case, parts)
    if warn:
        show_findings(findings_of(case, parts), stderr())
    return found


def _parts(files: Sequence[Path]) -> tuple[type[Any], ...]:
    from v2g.outside import load_parts

    return tuple(part for file in files for part in load_parts(file))


def _solved(case: Any, options: dict[str, Any], verbose: bool, quiet: bool, ac: bool = False) -> Any:
    from v2g.ac.secure import solve_secure
    from v2g.planning import solve as plan_of

    with Progress(verbose=verbose, quiet=quiet) as progress:
        return (solve_secure if ac else plan_of)(case, progress=progress, **options)


def _write(plan: Any, out: Path, *, overwrite: bool) -> Path:
    from v2g.formats.plan_folder import note_write_time, write_plan

    started = time.perf_counter()
    folder = write_plan(plan, out, overwrite=overwrite)
    note_write_time(plan, folder, time.perf_counter() - started)
    return folder


def _plan(folder: Path) -> Any:
    from v2g.formats.plan_folder import read_plan

    return read_plan(folder)


def _report(case: Any, plan: Any, folder: Path | None = None) -> str:
    from v2g.reports.text import plan_report

    return plan_report(case, plan, folder)


def _say(text: str) -> None:
    """Print to standard output; names cannot steer the terminal."""
    click.echo(printable(text))


def _json(content: Any) -> None:
    from v2g.formats.plan_folder import plain

    click.echo(json.dumps(plain(content), indent=2, ensure_ascii=True, allow_nan=False))


def _plain(finding: Finding) -> dict[str, Any]:
    keys = ("file", "row", "column", "severity", "code", "message", "found", "allowed", "remedy")
    return {key: getattr(finding, key) for key in keys}


def run(arguments: Sequence[str]) -> int:
    """Run a command line (without the program's name); returns the exit code. Raises nothing."""
    verbose = any(word in ("-v", "--verbose") for word in arguments)
    machine = "--json" in arguments
    try:
        code = v2g.main(args=list(arguments), prog_name="v2g", standalone_mode=False)
        return code if isinstance(code, int) else OK
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return WRONG_USE
    except (click.Abort, KeyboardInterrupt):
        stderr().print("Stopped.")
        return STOPPED
    except BrokenPipeError:
        return OK
    except V2GError as error:
        return _refused(error, machine)
    except Exception as error:
        return _broken(error, verbose)


def _refused(error: V2GError, machine: bool) -> int:
    """Say what is wrong with what was asked for."""
    findings = error.findings if isinstance(error, InvalidCase) else ()
    if machine:
        kind, listed = type(error).__name__, [_plain(f) for f in findings]
        _json({"ok": False, "error": kind, "message": str(error), "findings": listed, "exit_code": error.exit_code})
    elif findings:
        show_findings(findings, stderr())
    else:
        stderr().print(f"v2g: {printable(str(error))}")
    return error.exit_code


def _broken(error: Exception, verbose: bool) -> int:
    """Say that the program itself is at fault; the details only where they were asked for."""
    if verbose:
        traceback.print_exception(error)
    line = printable(f"{type(error).__name__}: {error}".splitlines()[0][:300])
    more = "" if verbose else " Run it again with -v for the details."
    stderr().print(f"v2g: this is a defect of the program, please report it: {line}.{more}")
    return INTERNAL


def main() -> None:
    """Entry point of the program."""
    tolerant_output()
    sys.exit(run(sys.argv[1:]))
