"""The reader of GridLAB-D models: text, objects, then a ``Network`` from what they name each other."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from v2g.errors import Finding, ImportRefused
from v2g.feeders.finite import beyond_numbers
from v2g.feeders.gridlabd import buses, lines, loads, transformers
from v2g.feeders.gridlabd.model import NODES, Model, said
from v2g.feeders.gridlabd.parse import parse
from v2g.feeders.gridlabd.source import Source
from v2g.feeders.network import Capacitor, Load, Network, Weight
from v2g.feeders.opendss.bundle import Bundle

SUFFIX = ".glm"
STARTS = re.compile(rb"^[ \t]*(?:module[ \t]+powerflow\b|object[ \t]+\w+(?:[ \t]*:[ \t]*\w+)?[ \t\r\n]*\{)", re.M)
MAIN = re.compile(r"^\s*module\s+powerflow\b", re.MULTILINE)
MOST_MODELS = 200
FREQUENCY_HZ = 60.0
USED = {
    "line_configuration", "line_spacing", "overhead_line_conductor", "regulator", "regulator_configuration",
    "series_reactor", "transformer", "transformer_configuration", "triplex_line_conductor",
    "triplex_line_configuration", "underground_line_conductor", lines.OVERHEAD, lines.TRIPLEX, lines.UNDERGROUND,
    *lines.SWITCHES, *NODES,
}  # fmt: skip
UNUSED = {
    "assert", "billdump", "climate", "collector", "complex_assert", "csv_reader", "currdump", "double_assert",
    "emissions", "enum_assert", "fault_check", "frequency_gen", "group_recorder", "histogram", "impedance_dump",
    "int_assert", "jsondump", "metrics_collector", "metrics_collector_writer", "multi_recorder", "player", "pole",
    "pole_configuration", "power_metrics", "recorder", "restoration", "schedule", "shaper", "violation_recorder",
    "volt_var_control", "voltdump", "weather",
}  # fmt: skip
"""Classes that measure, write or act in time."""


class GridLabD:
    """Models of GridLAB-D (``.glm``), or a folder with one of them and the files that it includes."""

    name = "gridlabd"
    title = "GridLAB-D model"

    def looks_like(self, path: Path, head: bytes) -> bool:
        """A file with its statements, or a folder of such files.

        >>> GridLabD().looks_like(Path("x.glm"), b"object node {")
        True
        """
        if path.is_dir():
            return any(path.glob(f"*{SUFFIX}")) or any(path.glob(f"*/*{SUFFIX}"))
        return path.suffix.lower() == SUFFIX and STARTS.search(head) is not None

    def read(self, path: Path, bundle: Path | None = None) -> Network:
        """All of it. Raises ``ImportRefused`` with every fault found."""
        source = Source(Bundle(_main(path), bundle or (path if path.is_dir() else None)))
        model = Model(parse(source))
        made = replace(_network(model, path.stem), files=source.bundle.digests)
        faults = [*source.faults, *model.faults] or beyond_numbers(made)
        if faults:
            raise ImportRefused(faults)
        return made


READER = GridLabD()


def _main(path: Path) -> Path:
    """The file itself; in a folder the one that loads the powerflow module."""
    if not path.is_dir():
        return path
    found = sorted({*path.glob(f"*{SUFFIX}"), *path.glob(f"*/*{SUFFIX}")})[:MOST_MODELS]
    main = [file for file in found if file.is_file() and MAIN.search(_text(file))]
    if len(main) == 1:
        return main[0]
    names = ", ".join(file.name for file in main[:6])
    message = f"The folder holds {len(main)} models that begin a run (module powerflow); one is needed."
    remedy = "Give the file itself." if main else "Give a folder with one."
    raise ImportRefused([Finding(path.name, message, remedy, found=names or None, code="glm-file")])


def _text(file: Path) -> str:
    with open(file, "rb") as stream:
        return stream.read(1 << 20).decode("utf-8", "replace")


def _network(model: Model, stem: str) -> Network:
    frequency = _frequency(model)
    kv = buses.nominal(model)
    demand = tuple(loads.loads(model, kv))
    _note_others(model)
    nodes, sources = tuple(buses.buses(model, kv)), tuple(buses.sources(model, kv))
    if not nodes:
        model.faults.append(Finding(stem, "The model holds no nodes, and so no feeder.", "Give another file."))
    return Network(
        stem, READER.name, buses=nodes,
        lines=(*lines.lines(model, frequency), *lines.switches(model), *lines.reactors(model)),
        transformers=(*transformers.transformers(model, kv), *transformers.regulators(model, kv)),
        loads=tuple(one for one in demand if isinstance(one, Load)),
        capacitors=(*(one for one in demand if isinstance(one, Capacitor)), *loads.capacitors(model, kv)),
        sources=sources, notes=tuple(model.all_notes()), lonlat=any(bus.x is not None for bus in nodes),
        frequency_hz=frequency,
    )  # fmt: skip


def _frequency(model: Model) -> float:
    text = model.settings.get("powerflow.nominal_frequency", "")
    try:
        return float(text) if text and 1.0 <= float(text) <= 1000.0 else FREQUENCY_HZ
    except ValueError:
        return FREQUENCY_HZ


def _note_others(model: Model) -> None:
    """Objects that are not taken over are lost, each with its line; classes without effect are counted."""
    for kind, things in model.kinds.items():
        for thing in things:
            if kind in UNUSED:
                model.gather(Weight.UNUSED, f"objects of class {kind}", thing)
            elif kind not in USED:
                model.note(Weight.LOST, f"{said(thing)}: objects of this class are not taken over", thing)
