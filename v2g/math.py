"""Print the equations of all parts, or write them to ``models/README.md``: ``python -m v2g.math [--write]``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from v2g import models
from v2g.readings.paper import model_readme

README = Path(models.__file__).parent / "README.md"


def text() -> str:
    """The equations of the parts in the register, as Markdown."""
    return model_readme(models.DEVICES, models.NETWORKS, models.POLICIES, models.TOTALS)


def main(arguments: Sequence[str]) -> int:
    """Print, or write with ``--write``; returns the exit code."""
    if list(arguments) == ["--write"]:
        README.write_text(text(), encoding="utf-8")
    elif not arguments:
        sys.stdout.write(text())
    else:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
