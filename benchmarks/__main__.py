"""Run the benchmarks, print their tables, and put them into the README: ``python -m benchmarks``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.child import ROOT
from benchmarks.studies import STUDIES

HERE = ROOT / "benchmarks"


def main() -> None:
    """Measure, print, and keep: a trial run keeps nothing unless it is told where."""
    asked = _arguments()
    folder = asked.to or (None if asked.quick else HERE)
    for name in asked.only or STUDIES:
        study = STUDIES[name]
        print(f"\n{study.title}", flush=True)
        runs = study.runs(asked.quick, asked.limit, lambda text: print(f"  {text}", flush=True))
        print("\n".join(study.table(runs)), flush=True)
        if folder is not None:
            _keep(folder, name, {"machine": machine.describe(), "limit": asked.limit, "runs": runs})
            write_tables(folder)


def _keep(folder: Path, name: str, found: dict[str, Any]) -> None:
    kept = folder / "results" / f"{name}.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def write_tables(folder: Path) -> None:
    """Replace what stands between the markers in the README by the tables of the kept results."""
    readme = folder / "README.md"
    text = readme.read_text(encoding="utf-8")
    for name, study in STUDIES.items():
        kept, begin, end = folder / "results" / f"{name}.json", f"<!-- {name} -->", f"<!-- end {name} -->"
        if kept.exists() and begin in text:
            found = json.loads(kept.read_text(encoding="utf-8"))
            head, _, rest = text.partition(begin)
            table = "\n".join([*study.table(found["runs"]), "", f"{found['machine']}."])
            text = f"{head}{begin}\n\n{table}\n\n{end}{rest.partition(end)[2]}"
    readme.write_text(text, encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one small case of each study, to see that all works")
    parser.add_argument(
        "--only", action="append", choices=STUDIES, metavar="STUDY", help=f"one of {', '.join(STUDIES)}"
    )
    parser.add_argument("--limit", type=float, default=300.0, help="seconds for a whole job (300)")
    parser.add_argument("--to", type=Path, help="folder with README.md and results (benchmarks; with --quick none)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
