"""The ways in and out on the page for those who come from another tool run as they are written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.feeders import SMALL
from v2g.cli import run
from v2g.exports import EXPORTS

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "coming_from.md").read_text(encoding="utf-8")
BLOCKS = {
    title: re.findall(r"^v2g (.*)$", part, flags=re.MULTILINE)
    for title, part in re.findall(r"^## From (\w+)\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
}


def test_each_tool_has_its_way_in_and_out() -> None:
    assert set(BLOCKS) == {"OpenDSS", "pandapower", "PyPSA"}
    for title, lines in BLOCKS.items():
        assert lines[0].startswith("import ") and f"--to {title.lower()}" in " ".join(lines)


@pytest.mark.parametrize("title", BLOCKS)
def test_the_commands_run_as_written(
    title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if title == "OpenDSS":
        pytest.importorskip("opendssdirect")
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    (tmp_path / "net.json").symlink_to(SMALL / "lane.json")
    (tmp_path / "quay").symlink_to(SMALL / "quay")
    monkeypatch.chdir(tmp_path)
    for line in BLOCKS[title]:
        assert run(shlex.split(line)) == 0, (line, capsys.readouterr())


def test_the_page_of_exports_names_formats_that_are_there() -> None:
    text = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE))
    assert named == {"opendss", "pandapower", "pypsa", "geojson", "csv", "xlsx", "parquet"} <= set(EXPORTS)
