"""Circuits of OpenDSS: the feeder of a case, and a plan of it to run in daily mode."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from v2g.ac.elements import LEAST_OHM
from v2g.exports.exporter import Asked, Exported
from v2g.exports.opendss_feeder import Feeder
from v2g.exports.opendss_plan import Dispatch
from v2g.exports.opendss_readme import readme
from v2g.formats.draft import csv_bytes, text_frame
from v2g.formats.folder_out import case_files
from v2g.formats.plan_folder import guarded

NOT_PLAIN = re.compile(r"[^\x20-\x7e]+")
PARTS = ("Sources", "Lines", "Transformers", "Capacitors", "Shunts", "Loads", "Generators", "Storage", "Solar")
NOTHING = "! none"


class OpenDss:
    """Files that OpenDSS opens: `Master.dss`, and with a plan `Run.dss`."""

    name = "opendss"
    title = "OpenDSS circuit"

    def export(self, asked: Asked) -> Exported:
        """All files; the case itself goes along in `case`, since OpenDSS has no place for most of it."""
        feeder, record = Feeder(asked.case), asked.record
        head = [f"! {_plain(asked.case.title or asked.case.name)}", f"! {_plain(asked.origin_line)}"]
        bodies = {part: list(getattr(feeder, part.lower())()) for part in PARTS}
        bodies["VoltageBases"] = list(feeder.voltage_bases())
        files = {f"{part}.dss": dss(head, body) for part, body in bodies.items()}
        lonlat = asked.case.header.get("coordinates") == "lonlat"
        places = coordinates(feeder, lonlat)
        if places:
            files["Buscoords.csv"] = places
        opened = master(feeder, "LatLongCoords" if lonlat else "BusCoords", bool(places))
        files = {"Master.dss": dss(head, opened)} | files
        if record is not None:
            files |= planned(Dispatch(feeder, record), head)
        files["names.csv"] = names_csv(feeder)
        files["README.md"] = readme(asked, feeder).encode()
        files |= {f"case/{name}": data for name, data in case_files(asked.case).items()}
        return Exported(files, tuple(warnings(feeder)), "Run.dss" if asked.plan else "Master.dss")


def dss(head: Sequence[str], body: Iterable[str]) -> bytes:
    """A file of commands."""
    lines = list(body) or [NOTHING]
    return ("\n".join([*head, *lines]) + "\n").encode("ascii")


def coordinates(feeder: Feeder, lonlat: bool) -> bytes:
    """Bus, x and y; latitude and longitude the other way round, as OpenDSS wants them."""
    places = ((bus, y, x) if lonlat else (bus, x, y) for bus, x, y in feeder.coordinates())
    return "".join(f"{bus}, {one!r}, {other!r}\n" for bus, one, other in places).encode("ascii")


def master(feeder: Feeder, how: str, located: bool) -> Iterator[str]:
    """The circuit, part by part, solved once at nominal load."""
    yield f"! Lines and transformers without impedance have a reactance of {LEAST_OHM:g} ohm. See README.md."
    yield "Clear"
    yield "Set DefaultBaseFrequency=60"
    yield from (f"Redirect {part}.dss" for part in PARTS)
    yield f"Set VoltageBases=({' '.join(f'{level:.9g}' for level in feeder.levels)})"
    yield "Set ControlMode=off MaxIterations=200 Tolerance=1e-9"
    yield "CalcVoltageBases"
    yield "! Buses that are dead in the circuit as it stands get their voltage base here."
    yield "Redirect VoltageBases.dss"
    if located:
        yield f"{how} Buscoords.csv"
    yield "Solve"


def planned(dispatch: Dispatch, head: Sequence[str]) -> dict[str, bytes]:
    """The files of a plan."""
    files = {"LoadShapes.dss": dss(head, dispatch.shapes()), "Dispatch.dss": dss(head, dispatch.elements())}
    run = ["Redirect Master.dss", "Redirect LoadShapes.dss", "Redirect Dispatch.dss"]
    run += ["! Monitors go here: a run leaves no more than its last step.",
            "! _SolveDirect: a period starts from a linear solution, not from what the last one left at dead buses.",
            f"Set Mode=daily StepSize={dispatch.step_s}s"]  # fmt: skip
    for number, (span, count, commands) in enumerate(dispatch.periods(), start=1):
        name, title = f"Periods/period_{number:03d}.dss", f"! {_plain(dispatch.title(span))}"
        files[name] = dss([*head, title], commands)
        run += [title, f"Redirect {name}", "_SolveDirect", f"Set Number={count}", "Solve"]
    return files | {"Run.dss": dss(head, run)}


def names_csv(feeder: Feeder) -> bytes:
    """Names that OpenDSS cannot hold as they are; empty but for its header where it can hold all."""
    rows = [(kind, guarded(name), guarded(written)) for kind, name, written in feeder.names.renamed if name]
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    frame, _ = text_frame(("class", "name", "name_in_opendss"), columns, "")
    return csv_bytes(frame)


def warnings(feeder: Feeder) -> Iterator[str]:
    """What a user has to know at once; the README says the rest."""
    unused = [bus for bus in feeder.kv if bus not in feeder.used]
    if unused:
        yield f"{len(unused)} buses have nothing on them that OpenDSS knows, such as {unused[0]}; left out"
    if not feeder.grid_parts:
        yield "the case has no grid: Master.dss is dead by itself"


def _plain(text: str) -> str:
    """Text for a comment: one line of ASCII."""
    return " ".join(NOT_PLAIN.sub("?", text).split())
