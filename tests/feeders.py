"""Where a collection of feeders beside the project is, for the tests that compare with it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SMALL = Path(__file__).parent / "feeders_small"
"""Small feeders with figures of our own, always there."""
COLLECTION = Path(os.environ.get("V2G_FEEDERS") or Path(__file__).parents[2] / "shared" / "feeders")


def feeder(name: str) -> Path:
    """A folder or file of the collection; the test is skipped where it is not there."""
    path = COLLECTION / name
    if not path.exists():
        pytest.skip(f"needs {name} of a collection of feeders, which is not here; V2G_FEEDERS names its folder")
    return path
