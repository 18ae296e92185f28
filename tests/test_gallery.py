"""The worked emergencies run as their page has them, and print what it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from v2g.cli import run

PAGE = Path(__file__).parent.parent / "docs" / "gallery.md"
EMERGENCY = re.compile(
    r"<!-- GALLERY(?P<long> long)? -->\n```sh\n(?P<typed>.*?)```\n\n```text\n(?P<told>.*?)```", re.DOTALL
)


def emergencies() -> list[object]:
    found = list(EMERGENCY.finditer(PAGE.read_text(encoding="utf-8")))
    assert len(found) == PAGE.read_text(encoding="utf-8").count("<!-- GALLERY")
    marks = {True: [pytest.mark.slow], False: []}
    return [
        pytest.param(one["typed"], one["told"], marks=marks[bool(one["long"])], id=shlex.split(one["typed"])[2])
        for one in found
    ]


@pytest.mark.parametrize(("typed", "told"), emergencies())
def test_an_emergency_runs_as_written(
    typed: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for line in typed.splitlines():
        assert run(shlex.split(line, comments=True)[1:]) == 0, line
    out = capsys.readouterr().out
    for line in told.splitlines():
        assert line in out, line
