"""Reads every file that it is given, and prints what came of it, for ``test_feeders_hostile.py``."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from v2g.errors import V2GError
from v2g.feeders import READERS


def outcome(format_: str, path: Path) -> list[str]:
    """``typed`` where the reader says what is wrong, else what it did."""
    try:
        READERS[format_].read(path)
    except V2GError as error:
        return ["typed", f"{type(error).__name__}: {error}"]
    except BaseException as error:
        return ["untyped", f"{type(error).__name__}: {error}"]
    return ["read", "as if nothing were wrong"]


if __name__ == "__main__":
    for name in sys.argv[2:]:
        begun = time.monotonic()
        said = outcome(sys.argv[1], Path(name))
        print(json.dumps([name, *said, round(time.monotonic() - begun, 2)]), flush=True)
