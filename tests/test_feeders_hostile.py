"""Files that try to run, read, write or fill something: each is refused in words, and nothing of it happens.

Every folder of ``tests/hostile`` is named after a format. A format whose reader is there is tested; those whose reader
is not there yet are listed, so that a new reader meets its files at once. ``CANARY`` in a file stands for a folder
that has to stay as it is.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from v2g.feeders import READERS

HERE = Path(__file__).parent
CORPUS = HERE / "hostile"
FORMATS = sorted(path.name for path in CORPUS.iterdir())
NOT_READ_YET: set[str] = set()
PARTS = "parts"
"""A folder of files that others name."""


def test_formats_without_a_reader_are_known() -> None:
    assert set(FORMATS) - set(READERS) == NOT_READ_YET


def test_corpus_says_what_each_file_tries() -> None:
    assert set(GENERATED) == set(FORMATS)
    for format_ in FORMATS:
        for path in entries(CORPUS / format_):
            told = path / "README.txt" if path.is_dir() else path
            first = told.read_bytes().split(b"\n")[0]
            assert len(first.split()) > 3, f"{path} does not say what it tries"


@pytest.mark.parametrize("format_", [name for name in FORMATS if name in READERS])
def test_hostile_files_are_refused(format_: str, tmp_path: Path) -> None:
    attacked = tmp_path / "files"
    shutil.copytree(CORPUS / format_, attacked)
    canary = tmp_path / "canary"
    canary.mkdir()
    for path in attacked.rglob("*.*"):
        path.write_bytes(path.read_bytes().replace(b"CANARY", str(canary).encode()))
    GENERATED[format_](attacked)
    before = everything(tmp_path)
    outcomes = read_all(format_, entries(attacked), tmp_path)
    assert [outcome for outcome in outcomes if outcome[1] != "typed"] == []
    assert len(outcomes) == len(entries(attacked)) > 0
    assert [outcome for outcome in outcomes if "root:" in outcome[2]] == [], "a file of the system was shown"
    assert everything(tmp_path) == before
    assert still_running(tmp_path) == []


def entries(folder: Path) -> list[Path]:
    """What a user would open: the files of a format, or its folders."""
    return sorted(path for path in folder.iterdir() if path.name != PARTS)


def read_all(format_: str, paths: list[Path], home: Path) -> list[list[str]]:
    """Name, kind of outcome, message and seconds of each, as one process met them one after the other."""
    scratch, desk = home / "scratch", home / "desk"
    environment = os.environ | {"HOME": str(desk), "TMPDIR": str(scratch)}
    done = subprocess.run(
        [sys.executable, "-B", str(HERE / "hostile_run.py"), format_, *map(str, paths)],
        cwd=desk, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def everything(folder: Path) -> list[tuple[str, int]]:
    """Every file below a folder, and its size; ``scratch`` and ``desk`` are made empty first."""
    for name in ("scratch", "desk"):
        (folder / name).mkdir(exist_ok=True)
    return sorted((str(path), path.lstat().st_size) for path in folder.rglob("*"))


def still_running(folder: Path) -> list[str]:
    """Processes that still work inside a folder; empty where the system does not tell."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            place = os.readlink(link)
        except OSError:
            continue
        if place.startswith(str(folder)):
            found.append(place)
    return found


def more_opendss(folder: Path) -> None:
    """Those too large, or too odd, to keep as files."""
    start = b"clear\nnew circuit.c\n"
    (folder / "link_outside.dss").write_bytes(start + b"redirect parts/link.dss\n")
    (folder / "parts" / "link.dss").symlink_to("/etc/passwd")
    (folder / "link_folder.dss").write_bytes(start + b"redirect parts/up/../etc/passwd\n")
    (folder / "parts" / "up").symlink_to("/etc")
    (folder / "pipe.dss").write_bytes(start + b"redirect parts/pipe\n")
    os.mkfifo(folder / "parts" / "pipe")
    (folder / "endless.dss").write_bytes(start + b"redirect parts/zero\n")
    (folder / "parts" / "zero").symlink_to("/dev/zero")
    (folder / "link_circle.dss").write_bytes(start + b"redirect parts/round\n")
    (folder / "parts" / "round").symlink_to(folder / "parts" / "about")
    (folder / "parts" / "about").symlink_to(folder / "parts" / "round")
    shape = b"new loadshape.s npts=2 mult=(file=parts/circle.dss column=%s)\nopen vsource.source %s\n"
    (folder / "long_numbers.dss").write_bytes(start + shape % (b"9" * 9_999, b"9" * 9_999))
    for level in range(30):
        (folder / "parts" / f"deep{level}.dss").write_bytes(f"redirect deep{level + 1}.dss\n".encode())
    (folder / "deep_files.dss").write_bytes(start + b"redirect parts/deep0.dss\n")
    for level in range(6):
        (folder / "parts" / f"wide{level}.dss").write_bytes(f"redirect wide{level + 1}.dss\n".encode() * 10)
    (folder / "parts" / "wide6.dss").write_bytes(b"! the millionth\n")
    (folder / "million_files.dss").write_bytes(start + b"redirect parts/wide0.dss\n")
    (folder / "long_line.dss").write_bytes(start + b"new transformer.t kvs=[" + b"1 " * (2 << 20))
    (folder / "many_faults.dss").write_bytes(start + b"fileedit x\n" * 100_000)
    (folder / "nothing_but_nul.dss").write_bytes(bytes(1 << 20))
    (folder / "nothing.dss").write_bytes(b"")
    (folder / "noise.dss").write_bytes(bytes(range(256)) * 64)


def more_cim(folder: Path) -> None:
    """Depth and width."""
    start = b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:cim="http://iec.ch/TC57/CIM100#">'
    (folder / "deep.xml").write_bytes(start + b"<cim:A>" * 200_000 + b"</cim:A>" * 200_000 + b"</rdf:RDF>")
    (folder / "wide_attribute.xml").write_bytes(start + b'<cim:A note="' + b"x" * (8 << 20))
    many = b" ".join(b'a%d="x"' % number for number in range(100_000))
    (folder / "many_attributes.xml").write_bytes(start + b"<cim:A " + many)


def more_pandapower(folder: Path) -> None:
    """Depth."""
    (folder / "deep.json").write_bytes(b'{"_object": ' * 100_000 + b"1" + b"}" * 100_000)
    (folder / "deep_list.json").write_bytes(b"[" * 100_000 + b"]" * 100_000)


def more_matpower(folder: Path) -> None:
    """Depth and width."""
    start = b"function mpc = deep\nmpc.baseMVA = 1;\n"
    (folder / "deep_brackets.m").write_bytes(start + b"mpc.baseMVA = " + b"(" * 100_000 + b"1" + b")" * 100_000 + b";")
    (folder / "wide_row.m").write_bytes(start + b"mpc.bus = [" + b"1 " * (2 << 20))


def more_gridlabd(folder: Path) -> None:
    """Depth."""
    (folder / "deep.glm").write_bytes(b"object node {\n" * 100_000 + b"}\n" * 100_000)


def more_pypsa(folder: Path) -> None:
    """Width."""
    giant = folder / "giant"
    shutil.copytree(folder / "path", giant)
    (giant / "buses.csv").write_bytes(b"name,v_nom\n" + b"a" * (8 << 20) + b",nought\n")
    outside = folder / "link_outside"
    shutil.copytree(folder / "path", outside)
    (outside / "lines.csv").unlink()
    (outside / "lines.csv").symlink_to("/etc/passwd")


GENERATED = {
    "opendss": more_opendss,
    "cim": more_cim,
    "pandapower": more_pandapower,
    "matpower": more_matpower,
    "gridlabd": more_gridlabd,
    "pypsa": more_pypsa,
}
