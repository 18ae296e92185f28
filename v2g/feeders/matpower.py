"""The reader of MATPOWER cases (``.m``): its matrices after the arithmetic at the end of the file.

Most distribution cases are in ohm and kW until statements at their end convert them, so the statements have to be
understood and not only the matrices. powerio 0.11.6 gives the same figures for the cases that MATPOWER has, where the
statements stand as in case33bw, to the letter; with another wording (``kv = mpc.bus(1, 10)``, a power factor) it gives
the figures as they were, a thousand times too large, with a warning, and after ``mpc = loaduty(mpc);`` without one.
Hence the interpreter of our own, ``matlab``: what it does not understand refuses the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from v2g.errors import CaseError, Finding, ImportRefused
from v2g.feeders.balanced import MEGA, Build, Limits, Matters, Record, amperes, finite
from v2g.feeders.matlab import Workspace
from v2g.feeders.network import PRIMARY, Bus, Network, Origin, Weight, Winding

MOST_BYTES = 32 << 20
OWN = re.compile(
    rb"^[ \t]*(?:function\s+mpc\b|function\s*\[\s*baseMVA\b|mpc\.(?:version|baseMVA|bus|branch|gen)\b)", re.MULTILINE
)
COLUMNS = {
    "bus": ("bus_i", "type", "Pd", "Qd", "Gs", "Bs", "area", "Vm", "Va", "baseKV"),
    "gen": ("bus", "Pg", "Qg", "Qmax", "Qmin", "Vg", "mBase", "status", "Pmax", "Pmin"),
    "branch": ("fbus", "tbus", "r", "x", "b", "rateA", "rateB", "rateC", "ratio", "angle", "status"),
}
BRANCH_MATTERS: Matters = {
    "rateB": ("branches with a rating for a short time, which is left out", 0.0),
    "rateC": ("branches with a rating for emergencies, which is left out", 0.0),
}
READ = {"version", "baseMVA", "name", *COLUMNS}
UNUSED = {"gencost", "gentype", "genfuel", "areas"}
"""What a case may say besides, and no plan needs."""
VMAX, VMIN = 11, 12
"""Columns of ``mpc.bus``, which may end before them."""
REFERENCE, ISOLATED = 3.0, 4.0


class Matpower:
    """Cases of MATPOWER, balanced."""

    name = "matpower"
    title = "MATPOWER case"

    def looks_like(self, path: Path, head: bytes) -> bool:
        """A file that fills ``mpc``.

        >>> Matpower().looks_like(Path("case33bw.m"), b"function mpc = case33bw")
        True
        """
        return OWN.search(head) is not None

    def read(self, path: Path, bundle: Path | None = None) -> Network:
        """All of it, in the order of the file. Raises ``ImportRefused``, with the line of every fault."""
        try:
            with open(path, "rb") as stream:
                data = stream.read(MOST_BYTES + 1)
        except OSError as error:
            raise CaseError(f"{path} cannot be read: {error.strerror or error}.") from error
        if len(data) > MOST_BYTES:
            raise ImportRefused([Finding(path.name, f"The file holds more than {MOST_BYTES >> 20} MB.")])
        return network(data.decode("utf-8", "replace"), path.name, path.stem)


def network(text: str, file: str, name: str) -> Network:
    """A network from the text of a case."""
    workspace = Workspace()
    workspace.run(text, file)
    if workspace.findings:
        raise ImportRefused(workspace.findings)
    _from_the_first_version(workspace)
    build = Build(Matpower.name)
    base = workspace.values.get("mpc.baseMVA")
    if not isinstance(base, float) or not 0.0 < base < np.inf:
        build.findings.append(Finding(file, "mpc.baseMVA is not a number above 0.", "Write the base in MVA."))
        base = 1.0
    tables = {table: list(_records(build, workspace, file, table)) for table in COLUMNS}
    references = _buses(build, tables["bus"], _voltage_limits(workspace))
    for record in tables["branch"]:
        _branch(build, record, base)
    _generators(build, tables["gen"], references)
    _others(build, workspace, file)
    return build.network(name)


def _from_the_first_version(workspace: Workspace) -> None:
    """Cases of version 1 give their matrices one by one, without ``mpc``."""
    for field in ("baseMVA", *COLUMNS, *UNUSED):
        if field in workspace.values and f"mpc.{field}" not in workspace.values:
            workspace.values[f"mpc.{field}"] = workspace.values.pop(field)
            workspace.lines[f"mpc.{field}"] = workspace.lines.get(field, [])


def _records(build: Build, workspace: Workspace, file: str, table: str) -> Iterator[Record]:
    """Rows of a matrix, each with the line it was written in."""
    matrix, columns = workspace.values.get(f"mpc.{table}"), COLUMNS[table]
    if not isinstance(matrix, np.ndarray) or matrix.size == 0 or matrix.shape[1] < len(columns):
        build.findings.append(
            Finding(file, f"There is no matrix mpc.{table} with {len(columns)} columns or more.", "Add it.")
        )
        return
    lines = workspace.lines.get(f"mpc.{table}", [])
    for k, row in enumerate(matrix[:, : len(columns)].tolist()):
        yield Record(file, lines[k] if k < len(lines) else None, dict(zip(columns, row, strict=True)), build.findings)


def _key(record: Record, column: str) -> str:
    """The number of a bus, as a name."""
    number = record.number(column, above=0.0)
    if number != round(number):
        record.refuse(column, "The number of a bus is not whole.", "Correct it.", number)
    return f"{number:.0f}"


def _buses(build: Build, records: list[Record], limits: Mapping[str, Limits]) -> dict[str, Record]:
    """Buses with their loads and shunts; those that hold the voltage, by their key."""
    references: dict[str, Record] = {}
    for plain in records:
        key = _key(plain, "bus_i")
        record = Record(plain.file, plain.row, plain.cells, plain.findings, key)
        kind = record.number("type")
        if kind == ISOLATED:
            build.idle.add(key)
            build.gather(Weight.UNUSED, "isolated buses", record, key)
            continue
        build.bus(record, key, record.number("baseKV", above=0.0), limits=limits.get(key, (None, None)))
        if kind == REFERENCE:
            references[key] = record
        bus = build.places[key]
        build.load(record, f"load_{key}", bus, MEGA * record.number("Pd"), MEGA * record.number("Qd"))
        build.shunt(record, f"shunt_{key}", bus, MEGA * record.number("Gs"), MEGA * record.number("Bs"))
    return references


def _at(build: Build, record: Record, column: str) -> Bus | None:
    return build.at(Record(record.file, record.row, {column: _key(record, column)}, record.findings), column)


def _branch(build: Build, record: Record, base_mva: float) -> None:
    """A line, or a transformer where it has a ratio or joins two voltages; per unit of the voltage of ``tbus``."""
    one, two = _at(build, record, "fbus"), _at(build, record, "tbus")
    if one is None or two is None:
        return
    name = f"{one.name}-{two.name}"
    kv = 3.0**0.5 * two.kv_ln
    ratio, rate = record.number("ratio", at_least=0.0), record.number("rateA", at_least=0.0)
    z = complex(record.number("r", at_least=0.0), record.number("x"))
    closed, b = record.number("status") > 0.0, record.number("b")
    higher = {column: said for column, said in BRANCH_MATTERS.items() if record.number(column) not in (0.0, rate)}
    build.left_out(record, name, higher)
    if ratio or record.number("angle") or not np.isclose(one.kv_ln, two.kv_ln, rtol=1e-3):
        _transformer(build, record, name, (one, two), z, ratio or 1.0, base_mva)
    else:
        ohm = kv**2 / base_mva
        rating = amperes(rate, kv) if rate else None
        build.line(record, name, (one, two), z * ohm, 1e6 * b / ohm, rating, closed=closed)


def _transformer(
    build: Build, record: Record, name: str, ends: tuple[Bus, Bus], z: complex, ratio: float, base_mva: float
) -> None:
    """Two windings in wye: ``ratio`` is the tap at ``fbus``, the impedance lies behind it."""
    kva = MEGA * base_mva
    connections, lead = build.turned(record, name, record.number("angle"), ends)
    one, two = (
        Winding(bus.name, PRIMARY, connection, 3.0**0.5 * bus.kv_ln, kva, tap, 50.0 * z.real)
        for bus, connection, tap in zip(ends, connections, (ratio, 1.0), strict=True)
    )
    rate = record.number("rateA", at_least=0.0)
    rating = MEGA * rate if rate else None
    build.transformer(record, name, (one, two), 100.0 * z.imag, rating, record.number("status") > 0.0, lead)
    if record.number("b"):
        build.gather(Weight.CHANGED, "transformers without their susceptance to ground", record, name)


def _generators(build: Build, records: list[Record], references: dict[str, Record]) -> None:
    """The first one at a reference bus is supply from outside, others can be dispatched."""
    supplied: set[str] = set()
    for record in records:
        key = _key(record, "bus")
        if record.number("status") <= 0.0:
            build.gather(Weight.UNUSED, "generators out of service", record, f"gen_{key}")
            continue
        bus = _at(build, record, "bus")
        if bus is None:
            continue
        if key in references and key not in supplied:
            supplied.add(key)
            build.source(record, f"source_{key}", bus, record.number("Vg", above=0.0))
            continue
        most, least, kw = (MEGA * record.number(column) for column in ("Pmax", "Pmin", "Pg"))
        if least < 0.0 and most == 0.0:
            build.gather(Weight.CHANGED, "loads written as negative generators, at their set-point", record, key)
            build.load(record, f"load_{key}", bus, -kw, -MEGA * record.number("Qg"))
        else:
            build.gather(Weight.CHANGED, "generators hold no voltage, and give what a plan asks for", record, key)
            if _kvar_limit(record) < most:
                text = "limits of kvar of generators are left out; their rating alone holds"
                build.gather(Weight.CHANGED, text, record, f"gen_{key}")
            if least > 0.0:
                text = "generators that have to give a least power (Pmin), and here none"
                build.gather(Weight.CHANGED, text, record, f"gen_{key}")
            build.generator(record, f"gen_{key}", bus, most, kw, None)


def _kvar_limit(record: Record) -> float:
    """The nearer of both limits; ``Inf``, which a case may write here, is none."""
    given, taken = (MEGA * float(str(record.cells[column])) for column in ("Qmax", "Qmin"))
    return min(given, -taken)


def _voltage_limits(workspace: Workspace) -> dict[str, Limits]:
    """Least and most voltage of each bus, in per unit; a matrix may end before them."""
    matrix = workspace.values.get("mpc.bus")
    if not isinstance(matrix, np.ndarray) or matrix.ndim != 2 or matrix.shape[1] <= VMIN:
        return {}
    return {f"{row[0]:.0f}": (finite(row[VMIN]), finite(row[VMAX])) for row in matrix.tolist()}


def _others(build: Build, workspace: Workspace, file: str) -> None:
    """Whatever else the case holds."""
    for name, value in workspace.values.items():
        field = name.removeprefix("mpc.")
        if field == name or field in READ or np.size(np.asarray(value, dtype=object)) == 0:
            continue
        origin = Origin(file, next(iter(workspace.lines.get(name, [])), None))
        if field == "bus_name":
            build.note(Weight.CHANGED, f"{name}: buses are called by their number instead", origin)
        elif field in UNUSED:
            build.note(Weight.UNUSED, f"{name}: no plan needs it", origin)
        else:
            build.note(Weight.LOST, f"{name} is not taken over", origin)


READER = Matpower()
