"""Commands rebuilt from a scanned file leave the engine with the circuit that the file itself leaves it with."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest
from dss_engine import answers, outcomes
from feeders import COLLECTION, feeder

from v2g.errors import Finding, ImportRefused
from v2g.feeders.network import Weight
from v2g.feeders.opendss import words
from v2g.feeders.opendss.script import Script, cleaned

pytest.importorskip("opendssdirect", reason="the OpenDSS engine is not installed")

ASKED = {name: names for name, names in words.CLASSES.items() if name not in ("monitor", "reactor")}
START = "clear\nnew circuit.c basekv=12.47 bus1=a\n"


def script_of(folder: Path, text: str | bytes, **more: str | bytes) -> Script:
    return cleaned(written(folder, text, **more))


def written(folder: Path, text: str | bytes, **more: str | bytes) -> Path:
    """A circuit file, and others beside it, whose names have ``__`` where there is a dot."""
    for name, content in {"main__dss": text, **more}.items():
        data = content if isinstance(content, bytes) else content.encode()
        path = folder / name.replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder / "main.dss"


def texts(script: Script) -> list[str]:
    return [command.text for command in script.commands]


def faults(folder: Path, text: str | bytes, **more: str | bytes) -> tuple[Finding, ...]:
    with pytest.raises(ImportRefused) as refused:
        script_of(folder, text, **more)
    return refused.value.findings


# Agreement with the engine, statement by statement

SAME = {
    "comments": "new load.l bus1=a//b kw=5 ! kvar=9\n// new load.m\n!new load.n\nnew line.k bus1=a bus2=b/c",
    "block comment": "/* new load.m\nnew load.n\n*/ new load.o\nnew load.l bus1=a\n/* one line */\nnew load.p bus1=a",
    "continued": "new load.l kw=7\n\n  ! between\n~ kvar=3\nmore bus1=b\nm kv=4\nset maxiter=20\n~ pf=0.9",
    "separators": "new load.l kw = 4 , kvar\t=\t3,bus1=b,kv=7 phases =1",
    "quotes": (
        "new transformer.t windings=2 kvs=[115 12.47] kvas='500,500' conns=(delta wye) "
        'buses="a b.1.2.3" taps={1 1.05}'
    ),
    "name in quotes": 'new "line.k 1" bus1=a bus2=b length=3\nedit "Line.K 1" length=4',
    "matrix": 'new linecode.v_m nphases=2 rmatrix=(1 | 0.5 2) xmatrix=[2|0.5 3] cmatrix="0 | 0 0" units=km',
    "sums": (
        "new transformer.t kvs=[(115 3 sqrt /) 12.47] xhl=(8 1000 /) %r={.5 1000 / 2 *}\nnew load.l kw=(1 2 +)kvar=3"
    ),
    "positions": "new load.l 1 b.2 7.2 99\n~ 1 c\nnew line.k a b length=2 3",
    "position after a name": "new linecode.v_q normamps=202 {202 1.25 *}\nnew load.m bus1=a.1 7.2 phases=1 b.1 2.4",
    "positions of a circuit": "clear\nnew circuit.d 115 1.05 30\n~ b 12 r1=2",
    "abbreviations": (
        "ne load.l k=4 b=a ph=1 cv=3\nedi load.l m=2\nnew transformer.t wind=2 %l=1 x=7\nnew line.k len=4 r=3 sw=y"
    ),
    "by path": "new load.l kw=4\nnew load.m\nload.l.kw=5 kvar=6\nLOAD.M.b=q 7\nload.l.pf=0.5",
    "like": "new load.l kw=4 bus1=b.1 phases=1\nnew load.m like=l kw=6",
    "object=": "new object=load.l kw=4\nedit object=load.l kw=5",
    "select": "new load.l kw=4\nnew load.m kw=5\nselect load.l\n~ kvar=3",
    "variables": (
        "var @kv=7.2 @bus=b @list=[115 12.47]\nnew load.l kv=@kv bus1=@BUS.1.2 kw=(@kv 2 *)\n"
        "new transformer.t kvs=@list"
    ),
    "twice": "new linecode.v_q r1=1 r1=2\nnew linecode.v_q x1=3",
    "windings": "new transformer.t windings=3 bus=a kv=12.47\n~ wdg=2 bus=b kv=4.16 conn=delta\n~ wdg=3 buses=[a b c]",
    "switching": (
        "new line.k bus1=a bus2=b\nnew line.l bus1=b bus2=c\nopen line.k\nopen line.l 2 1\n"
        "close line.l 2 1\ndisable line.l"
    ),
    "batch": (
        "new load.l1 kw=4\nnew load.l2 kw=4\nnew load.m kw=4\nbatchedit load.l.* kw=9 kvar=1\n"
        "disable load.*\nenable load.m"
    ),
    "upper case": "NEW LOAD.L KW=5 BUS1=A.1 CONN=DELTA",
    "last value missing": "new load.l kw=5 kvar=3 daily=",
    "carriage returns": "new load.l kw=5\r~ kvar=3\r\nnew load.m kw=6\r",
    "quote inside a word": "new line.o'brien bus1=a'b bus2=b",
    "end of a name": "new line.a.b bus1=a bus2=b length=3\nnew load.l bus1=b.1",
    "exponents": "new load.l kw=1e3 kvar=.5E+01",
    "voltage bases": (
        "new line.k bus1=a bus2=b\nset voltageb=[12.47, 0.48] maxit=50\nsolve\ncalcv\nsetkvbase b kvll=4.16"
    ),
}


@pytest.fixture(scope="module")
def agreement(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[object, object]]:
    """What the engine makes of each text of ``SAME``: read by itself, and from our commands."""
    runs: list[list[str]] = []
    for number, text in enumerate(SAME.values()):
        path = tmp_path_factory.mktemp("same") / f"{number}.dss"
        path.write_bytes((START + text).encode())
        runs += [[f'compile "{path}"'], texts(cleaned(path))]
    found = outcomes(runs, ASKED)
    return dict(zip(SAME, zip(found[::2], found[1::2], strict=True), strict=True))


@pytest.mark.parametrize("case", SAME)
def test_agrees_with_the_engine(case: str, agreement: dict[str, tuple[object, object]]) -> None:
    by_file, by_commands = agreement[case]
    assert by_file == by_commands
    assert by_file.errors == []  # type: ignore[attr-defined]


def test_an_element_that_was_read_differs_from_one_that_was_not(agreement: dict[str, tuple[object, object]]) -> None:
    """The comparison above would be worth nothing if it did not see values: 5 kW, not the engine's 10."""
    by_file, _ = agreement["comments"]
    assert by_file.properties["load.l"]["bus1"] == "a"  # type: ignore[attr-defined]
    by_file, _ = agreement["upper case"]
    assert by_file.properties["load.l"]["kw"] == "5"  # type: ignore[attr-defined]


SHAPES = {
    "interval": "new loadshape.v_s npts=3 interval=1 csvfile=One.csv",
    "fewer rows than points": "new loadshape.v_s npts=5 interval=1 csvfile=one.csv",
    "more rows than points": "new loadshape.v_s npts=2 interval=1 csvfile=one.csv",
    "hours": "new loadshape.v_s npts=2 interval=0 csvfile=two.csv",
    "list": "new loadshape.v_s npts=3 interval=1 mult=(file=one.csv) qmult=[file=one.csv]",
    "column and header": "new loadshape.v_s npts=2 interval=1 mult=(file=head.csv, column=2, header=yes)",
    "both powers": "new loadshape.v_s npts=2 interval=1 pqcsvfile=two.csv",
    "points by a sum": "new loadshape.v_s npts=(1 2 +) interval=1 csvfile=one.csv",
    "copy": "new loadshape.v_r npts=2 interval=1 mult=[1 2]\nnew loadshape.v_s like=v_r csvfile=two.csv",
    "curve": "new xycurve.v_s npts=2 csvfile=two.csv",
    "spectrum": "new spectrum.v_s numharm=2 csvfile=two.csv",
    "growth": "new growthshape.v_s npts=2 csvfile=two.csv",
    "temperature": "new tshape.v_s npts=2 interval=0 csvfile=two.csv",
    "price": "new priceshape.v_s npts=3 interval=1 csvfile=one.csv",
    "doubles": "new loadshape.v_s npts=2 interval=1 dblfile=two.dbl",
    "singles in a list": "new loadshape.v_s npts=2 interval=1 mult=(sngfile=two.sng)",
}
POINTS = {
    "loadshape": ("npts", "interval", "mult", "hour", "qmult"),
    "xycurve": ("npts", "xarray", "yarray"),
    "spectrum": ("numharm", "harmonic", "%mag", "angle"),
    "growthshape": ("npts", "year", "mult"),
    "tshape": ("npts", "temp", "hour"),
    "priceshape": ("npts", "price"),
}
NUMBERS: dict[str, str | bytes] = {
    "one__csv": "1\n2\n3\n",
    "two__csv": "5, 50\r\n6, 60\r\n",
    "head__csv": "hour,value\n1,10\n2,20\n3,30\n",
    "two__dbl": bytes.fromhex("000000000000f03f0000000000000440"),  # 1.0, 2.5 in IEEE 754, least byte first
    "two__sng": bytes.fromhex("0000803f00002040"),
}


def test_shapes_from_files_agree_with_the_engine(tmp_path: Path) -> None:
    runs = []
    for number, text in enumerate(SHAPES.values()):
        path = written(tmp_path / str(number), START + text, **NUMBERS)
        runs += [[f'compile "{written(tmp_path / f"{number}e", START + text.replace("One", "one"), **NUMBERS)}"']]
        runs += [texts(cleaned(path))]
    found = outcomes(runs, POINTS)
    for case, by_file, by_commands in zip(SHAPES, found[::2], found[1::2], strict=True):
        assert any(name.endswith(".v_s") for name in by_file.properties), case
        assert by_file.properties == by_commands.properties, case


LISTS = """
import json, sys
import opendssdirect as engine
do = engine.Text.Command
names = engine.Executive
answer = {"verbs": [names.Command(n + 1) for n in range(names.NumCommands())]}
answer["options"] = [names.Option(n + 1) for n in range(names.NumOptions())]
setup = ("new circuit.x", "new line.l bus1=a bus2=b", "new transformer.t buses=[b c]", "new capacitor.k bus1=c")
for text in ("clear", *setup):
    do(text)
answer["properties"] = {}
for name, needs in json.load(sys.stdin)["needs"].items():
    do("new " + name + ".zz " + needs)
    answer["properties"][name] = engine.Element.AllPropertyNames()
print("ANSWERS" + json.dumps(answer))
"""
NEEDS = {
    "regcontrol": "transformer=t winding=2",
    "capcontrol": "element=line.l capacitor=k",
    "swtcontrol": "switchedobj=line.l",
    "monitor": "element=line.l",
    "sensor": "element=line.l",
    "energymeter": "element=line.l",
} | dict.fromkeys(("gendispatcher", "storagecontroller", "espvlcontrol"), "element=line.l") | dict.fromkeys(
    ("relay", "recloser", "fuse"), "monitoredobj=line.l"
)  # fmt: skip


def test_words_are_those_of_the_engine() -> None:
    found = answers({"needs": {name: NEEDS.get(name, "") for name in words.CLASSES}}, LISTS)
    assert found["verbs"] == list(words.VERBS)
    assert found["options"] == list(words.OPTIONS)
    assert {name: tuple(names) for name, names in found["properties"].items()} == words.CLASSES


def test_every_verb_and_option_has_its_place() -> None:
    """What is kept, left out or harmful is a word of the engine: a slip in a list would allow or refuse nothing."""
    verbs, options = {v.lower() for v in words.VERBS}, {o.lower() for o in words.OPTIONS}
    properties = {name.lower() for names in words.CLASSES.values() for name in names}
    assert verbs >= words.LEFT_OUT_VERBS
    assert words.KEPT_OPTIONS | set(words.HARMFUL_OPTIONS) <= options
    assert not words.KEPT_OPTIONS & set(words.HARMFUL_OPTIONS)
    assert set(words.HARMFUL_PROPERTIES) | words.LEFT_OUT_PROPERTIES | words.NAMES <= properties
    assert set(words.MOST) <= options | properties
    assert set(words.COLUMNS) | words.NOT_ELEMENTS <= set(words.CLASSES)


@pytest.mark.parametrize(
    "class_",
    [
        "transformer",
        *(pytest.param(n, marks=pytest.mark.slow) for n in ("line", "load", "generator", "storage", "linecode")),
    ],
)
def test_abbreviations_agree_with_the_engine(class_: str) -> None:
    """Every beginning of every property, set to 3, changes what its full name changes."""
    names = [name.lower() for name in words.CLASSES[class_]]
    short = sorted({name[:end] for name in names for end in range(1, len(name))} - set(names))
    runs: list[list[str]] = []
    told = []
    for word in short:
        place = words.place(class_, word)
        assert place is not None
        if names[place] in ("like", "spectrum", "yearly", "daily", "duty"):
            continue
        told.append(word)
        for name in (word, names[place]):
            runs.append(["clear", "new circuit.c", f"new {class_}.v_x", f"edit {class_}.v_x {name}=3"])
    found = outcomes(runs, ASKED)
    for word, by_short, by_full in zip(told, found[::2], found[1::2], strict=True):
        assert by_short.properties == by_full.properties, word


# Whole feeders


def references() -> list[tuple[str, Path]]:
    return [
        (str(path.relative_to(COLLECTION)), path)
        for path in sorted(COLLECTION.glob("**/*ummary.json"))
        if _is_dss(path)
    ]


def _is_dss(path: Path) -> bool:
    return str(json.loads(path.read_text()).get("master", "")).lower().endswith(".dss")


QUICK = ("ieee13/reference/summary.json", "dss_units/reference/trans_3w_center_tap/summary.json")
OVER_TIME = ("dss_units/reference/case3_balanced_battery/summary.json",)
"""Solved for hours of a day, which we read as a snapshot."""


@pytest.mark.parametrize(
    "name",
    [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n, _ in references() if n not in OVER_TIME],
)
def test_feeder_is_what_the_engine_reads(name: str) -> None:
    """Same elements, buses and nodes, same losses to a milliwatt; losses also as in the reference."""
    told = json.loads(feeder(name).read_text())
    master = next(folder / told["master"] for folder in feeder(name).parents if (folder / told["master"]).exists())
    after = [*(text for text in told["extra_commands"] if not text.startswith("buscoords")), "solve"]
    found = texts(cleaned(master))
    # Each in an engine of its own: a model of the earth stays set when a circuit is cleared.
    (by_file,) = outcomes([[*told["pre_commands"], f'compile "{master}"', *after]])
    (by_commands,) = outcomes([[*told["pre_commands"], *found, *after]])
    assert by_commands.errors == []
    assert by_commands.elements == {kind: n for kind, n in by_file.elements.items() if kind != "monitor"}
    assert (by_commands.buses, by_commands.nodes) == (by_file.buses, by_file.nodes) == (told["buses"], told["nodes"])
    assert by_commands.losses_w == pytest.approx(by_file.losses_w, abs=1e-3)
    assert by_commands.losses_w / 1000 == pytest.approx(told["losses_kw"], rel=1e-3, abs=0.01)


def test_every_circuit_of_the_collection_passes() -> None:
    feeder("ieee13")
    masters = [path for path in COLLECTION.rglob("*.[dD][sS][sS]") if _is_master(path)]
    assert len(masters) >= 55  # 35 of one feature, 8 IEEE and their variants, EPRI, PSIL, CIM pairs, faulty ones
    for master in masters:
        assert cleaned(master).commands, master


def _is_master(path: Path) -> bool:
    text = path.read_bytes().lower()
    return b"clear" in text and (b"new circuit." in text or b"redirect" in text or b"new object=circuit" in text)


def test_scan_of_a_large_feeder_is_quick() -> None:
    """1.4 MB in 12 files, 7,579 commands."""
    path = feeder("ieee8500/Master-unbal.dss")
    begun = time.process_time()
    script = cleaned(path)
    assert time.process_time() - begun < 2.0
    assert len(script.files) == 12 and next(iter(script.files)) == "Master-unbal.dss"


def test_nul_bytes_are_noted_where_they_stand() -> None:
    notes = [note for note in cleaned(feeder("epri_ckt5/Master_ckt5.dss")).notes if "NUL" in note.text]
    assert sorted(str(note.origin) for note in notes) == ["LineGeometry_ckt5.dss:124", "Loads_ckt5.dss:808"]


# Files


def test_files_are_found_in_another_case_and_with_either_slash(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "lines.dss").write_text("! lines\nnew line.k bus1=a bus2=b\n")
    (tmp_path / "parts" / "xy.csv").write_text("a, 1, 2\nB 3\t4 ! end\n\nnobody\n")
    script = script_of(tmp_path, START + "redirect Parts\\LINES\nbuscoords parts/XY.CSV")
    assert tuple(script.files) == ("main.dss", "parts/lines.dss", "parts/xy.csv")
    assert texts(script)[-1] == "New Line.k bus1=a bus2=b"
    assert str(script.commands[-1].origin) == "parts/lines.dss:2"
    assert [(place.bus, place.x, place.y) for place in script.coordinates] == [("a", 1, 2), ("b", 3, 4)]
    assert [str(note.origin) for note in script.notes] == ["parts/xy.csv:4"]
    assert not script.lonlat


def test_names_of_files_are_of_the_folder_that_the_engine_stands_in(tmp_path: Path) -> None:
    """``Redirect`` returns to its folder, ``Compile`` stays in that of the compiled file: as the engine does."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "first.dss").write_text("redirect second.dss\n")
    (tmp_path / "sub" / "second.dss").write_text("new load.of_sub\n")
    for opening in ("redirect", "compile"):
        path = written(
            tmp_path, START + f"{opening} sub/first.dss\nredirect second.dss", second__dss="new load.of_top\n"
        )
        if opening == "compile":
            (tmp_path / "sub" / "second.dss").write_text("new load.of_sub\nedit load.of_sub kw=5\n")
            (finding,) = faults(tmp_path, path.read_bytes(), second__dss="new load.of_top\n")
            assert "twice" in finding.message and str(finding.found) == "Load.of_sub"
        else:
            names = ["Load.of_sub", "Load.of_top"]
            assert [text.split()[1] for text in texts(cleaned(path)) if "Load" in text] == names
            (by_file,) = outcomes([[f'compile "{path}"']])
            assert by_file.elements["load"] == 2


def test_latitude_stands_before_longitude(tmp_path: Path) -> None:
    script = script_of(tmp_path, START + "latlong xy.csv", xy__csv="a 47.1 8.5\n")
    assert script.lonlat and (script.coordinates[0].x, script.coordinates[0].y) == (8.5, 47.1)


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    script = script_of(tmp_path, b"\xef\xbb\xbf" + START.encode() + b"new load.z\xc3\xbcrich\n", x__dss=b"")
    assert texts(script)[-1] == "New Load.zürich" and script.notes == ()
    script = script_of(tmp_path, START.encode() + b"new load.z\xfcrich\n")
    assert texts(script)[-1] == "New Load.zürich"
    assert [(note.weight, str(note.origin)) for note in script.notes] == [(Weight.CHANGED, "main.dss:3")]


def test_what_no_plan_needs_is_left_out_with_a_note(tmp_path: Path) -> None:
    text = "new line.k bus1=a bus2=b\nshow voltages\nnew monitor.m element=line.k\n"
    text += "set markswitches=yes maxiter=20\nplot daisy"
    script = script_of(
        tmp_path,
        START + text + "\n? line.k.r1\nexport powers x.csv\nset mode=daily number=24\nsolve\nset mode=snap\nsolve",
    )
    assert texts(script)[2:] == ["New Line.k bus1=a bus2=b", "Set maxiterations=20", "Set mode=snapshot", "Solve"]
    lines = [(note.origin.line, note.weight) for note in script.notes]
    unused, changed = Weight.UNUSED, Weight.CHANGED
    assert lines == [(4, unused), (5, unused), (6, unused), (7, unused), (8, unused), (9, unused), (10, changed),
                     (10, unused), (11, unused)]  # fmt: skip


# Faults

REFUSED = {
    "frobnicate all": ("frobnicate", None),
    "fileedit x": ("fileedit", None),
    "new load": ("load", None),
    "new load.l nosuch=3": ("nosuch", "nosuch"),
    "new loa.l": ("loa", None),
    "new load.l bus1=b,,kw=3": (",kw=3", None),
    "new load.l bus1= kw=3": ("new load.l bus1=", None),
    "new load.l kw==3": ("=3", None),
    'new load.l conn="" kw=3': ("Conn=", "Conn"),
    "new load.l kw=(1 2 +": ("(1 2 +", None),
    "new load.l kw=(0 0 /)": ("0 0 /", None),
    "new load.l kw=-inf": ("-inf", "kW"),
    "new load.l bus1=@nowhere": ("@nowhere", None),
    "new circuit.d": ("Circuit.d", None),
    "new vsource.source bus1=b": ("Vsource.source", None),
    "edit line.nowhere r1=1": ("Line.nowhere", None),
    "open line.nowhere": ("Line.nowhere", None),
    "set nosuch=1": ("nosuch", "nosuch"),
    "set 12": ("12", None),
    "set allowduplicates=yes": ("allowduplicates=yes", "allowduplicates"),
    "set maxiterations=1e9": ("1e9", "maxiterations"),
    "~ usermodel=x": ("usermodel", "usermodel"),
    "kw=5": ("kw", None),
    "edit circuit.c basekv=3": ("Circuit.c", None),
    "redirect nowhere.dss": ("nowhere.dss", None),
    "redirect a.dss b.dss": ("redirect", None),
    "setkvbase a": ("setkvbase", None),
    "batchedit load.(a+)+$ kw=3": ("(a+)+$", None),
    "new loadshape.s action=sngsave": ("sngsave", "action"),
}


@pytest.mark.parametrize("line", REFUSED)
def test_refused(line: str, tmp_path: Path) -> None:
    (finding,) = faults(tmp_path, START + line + "\nnew line.k bus1=a bus2=b")
    assert (finding.file, finding.row) == ("main.dss", 3)
    assert (str(finding.found).strip(), finding.column) == REFUSED[line]
    assert finding.message and finding.remedy


def test_continuing_nothing_is_refused(tmp_path: Path) -> None:
    (finding,) = faults(tmp_path, "~ kw=5\n")
    assert finding.row == 1 and "continue" in finding.message


def test_all_faults_are_told_at_once_with_file_and_line(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        START + "redirect part.dss\nset editor=vi\nsave circuit",
        part__dss="! a part\ncd /\nnew generator.g bus1=a userm=x",
    )
    assert [(finding.file, finding.row) for finding in found] == [
        ("part.dss", 2), ("part.dss", 3), ("main.dss", 4), ("main.dss", 5),
    ]  # fmt: skip


def test_a_link_inside_the_folder_is_followed_and_one_out_of_it_is_not(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    written(inside, START + "redirect near.dss", real__dss="new load.l\n")
    (inside / "near.dss").symlink_to(inside / "real.dss")
    assert texts(cleaned(inside / "main.dss"))[-1] == "New Load.l"
    shutil.move(inside / "real.dss", tmp_path / "real.dss")
    (inside / "near.dss").unlink()
    (inside / "near.dss").symlink_to(tmp_path / "real.dss")
    with pytest.raises(ImportRefused, match="outside the folder"):
        cleaned(inside / "main.dss")
