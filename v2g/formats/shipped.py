"""The cases that come along with the package."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

HEADER_FILE = "case.toml"


def datasets_folder() -> Path | None:
    """Where the cases lie: in the installed package, or beside it in a working copy."""
    try:
        package = import_module("v2g.datasets")
    except ImportError:
        beside = Path(__file__).resolve().parents[2] / "datasets"
        return beside if beside.is_dir() else None
    return Path(next(iter(package.__path__)))


def shipped_cases() -> dict[str, Path]:
    """Folders of the cases that come along, by name."""
    folder = datasets_folder()
    if folder is None:
        return {}
    return {child.name: child for child in sorted(folder.iterdir()) if (child / HEADER_FILE).is_file()}


def locate(where: str | Path) -> Path:
    """The folder a path or the name of a shipped case stands for; a folder that exists wins.

    What is neither comes back as the path it is, for the reader to refuse.
    """
    path = Path(where)
    try:
        if path.expanduser().exists():
            return path
    except (OSError, ValueError, RuntimeError):
        return path
    return shipped_cases().get(str(where), path)
