"""The verb `import_feeder`: from a file of another tool to a case folder, with a note on all that changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from v2g.case import Case
from v2g.errors import Finding, ImportRefused, InvalidCase, UsageError
from v2g.feeders import READERS, guess
from v2g.feeders.chains import Merged, merge_chains
from v2g.feeders.fold import Folded, Moved, fold, wants_folding
from v2g.feeders.names import with_valid_names
from v2g.feeders.network import Network, Note, Weight
from v2g.feeders.reader import Reader
from v2g.feeders.tables import Tabled, tabled
from v2g.feeders.wiring import acceptable, inspect, without_adrift
from v2g.formats.atomic import place_folder, resolved
from v2g.formats.draft import csv_bytes, text_frame
from v2g.formats.folder import MAP_FILE, NOTES_FILE
from v2g.formats.folder_out import case_files
from v2g.reading import read
from v2g.register import choose, declarations

PROVENANCE_FILE = "import.json"
OTHER_NAMES = {"batteries": "storage", "grid": "sources"}
"""Tables of a case that a network calls differently."""


@dataclass(frozen=True)
class Imported:
    """A case that was written, and how it came about.

    ``network`` is the file's own, before anything was folded; ``ties`` are the branches that stand open.
    """

    folder: Path
    case: Case
    network: Network
    reader: str
    files: tuple[str, ...]
    folded: int | None
    merged: int
    notes: tuple[Note, ...]
    ties: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and text, for JSON."""
        weights = {str(weight): sum(note.weight is weight for note in self.notes) for weight in Weight}
        return {
            "case": str(self.folder), "reader": self.reader, "files": list(self.files), "read": self.network.counts(),
            "load_kw": load_kw(self.network), "folded_buses": self.folded, "merged_buses": self.merged,
            "notes": weights, "open": list(self.ties),
            "written": {name: len(frame) for name, frame in self.case.tables.items() if len(frame)},
        }  # fmt: skip


def load_kw(network: Network) -> float:
    """Demand of all loads at nominal voltage, in kW."""
    return sum(load.kw for load in network.loads)


def import_feeder(
    path: str | Path, to: str | Path, format: str | None = None, fold: bool | None = None, accept: bool = False
) -> Imported:
    """Read a feeder file, check its wiring, and write it as a case folder, whole or not at all.

    ``fold`` moves secondaries onto their primary buses and merges chains of lines; left to itself it does so for
    feeders that are large or have split-phase secondaries. ``accept`` takes the feeder without the data that would be
    lost. Raises ImportRefused with every fault (file and line), ReaderStopped, CaseError, or UsageError for a folder
    that holds something already.
    """
    source, folder = resolved(path), resolved(to)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} holds something already; give another folder.")
    name = format or guess(source)
    reader: Reader = choose("format", name, READERS)
    network = with_valid_names(reader.read(source))
    sound, ties = _sound(network, accept)
    return _written(sound, network, folder, (source, name, ties), fold, accept)


def _sound(network: Network, accept: bool) -> tuple[Network, tuple[str, ...]]:
    """The network without what its user accepts to lose; raises ImportRefused with everything else at once."""
    wiring = inspect(network)
    refusing = [fault for fault in wiring.faults if not (accept and acceptable(fault))]
    if refusing:
        raise ImportRefused([*refusing, *([] if accept else _lost(network.notes))])
    left = without_adrift(network, wiring) if wiring.faults else network
    return left, tuple(branch.name for branch in wiring.ties)


def _lost(notes: Sequence[Note]) -> list[Finding]:
    remedy = "Change the file, or accept the loss (--accept)."
    return [
        Finding(note.origin.file, f"{note.text[:1].upper()}{note.text[1:]}.", remedy, note.origin.line, code="lost")
        for note in notes
        if note.weight is Weight.LOST
    ]


def _written(
    sound: Network, asked: Network, folder: Path, origin: tuple[Path, str, tuple[str, ...]],
    folding: bool | None, accept: bool,
) -> Imported:  # fmt: skip
    """Fold, merge, tabulate, check, and write."""
    source, name, ties = origin
    does_fold = wants_folding(sound) if folding is None else folding
    folded = fold(sound) if does_fold else Folded(sound, (), 0)
    merged = merge_chains(folded.network) if does_fold else Merged(sound, {}, {})
    made = tabled(merged.network, {t: [c.name for c in spec.columns] for t, spec in declarations().items()})
    lost = [] if accept else _lost(made.network.notes)
    if lost:
        raise ImportRefused(lost)
    case = _checked(made)
    done = Imported(
        folder, case, asked, name, _files(source, asked), folded.buses if does_fold else None, len(merged.buses),
        made.network.notes, ties,
    )  # fmt: skip
    content = case_files(case)
    content[NOTES_FILE] = _notes_csv(done.notes)
    if moved := (*folded.moved, *_gone(merged)):
        content[MAP_FILE] = _map_csv(moved)
    content[PROVENANCE_FILE] = _provenance(done, source).encode()
    place_folder(folder, content)
    return done


def _checked(made: Tabled) -> Case:
    """The case of a draft; raises ImportRefused with its faults where they stand in the file that was read."""
    try:
        return read(made.draft)
    except InvalidCase as invalid:
        raise ImportRefused([_in_the_file(finding, made) for finding in invalid.findings]) from invalid


def _in_the_file(finding: Finding, made: Tabled) -> Finding:
    """A fault in a row of the case, at the line that the row is from; as it is where no such line is known."""
    table = finding.file.removesuffix(".csv")
    frame = made.draft.tables.get(table)
    if frame is None or finding.row is None or not 2 <= finding.row < len(frame) + 2:
        return finding
    name = str(frame.iloc[finding.row - 2, 0])
    for element in getattr(made.network, OTHER_NAMES.get(table, table), ()):
        if element.name == name and element.origin.file:
            message = f"As {name} in {finding.file} of the case: {finding.message}"
            return replace(finding, file=element.origin.file, row=element.origin.line, message=message)
    return finding


def _gone(merged: Merged) -> tuple[Moved, ...]:
    """Buses and lines that went into another line."""
    lines = (Moved("lines", line, "", "", into) for line, into in merged.lines.items())
    return (*(Moved("buses", bus, bus, "", into) for bus, into in merged.buses.items()), *lines)


def _files(source: Path, network: Network) -> tuple[str, ...]:
    """Files that elements come from, relative to the folder of the one that was opened; that one first.

    Tables inside a file (``net.json/load``) are no files, and neither is a folder that was opened.
    """
    kinds = (getattr(network, kind) for kind in ("buses", "lines", "transformers", "loads", "capacitors", "sources"))
    named = {element.origin.file for elements in kinds for element in elements} | {n.origin.file for n in network.notes}
    if source.is_dir():
        return tuple(sorted(name for name in named if (source / name).is_file()))
    others = (name for name in named - {"", source.name} if not name.startswith(f"{source.name}/"))
    return (source.name, *sorted(others))


def _notes_csv(notes: Sequence[Note]) -> bytes:
    rank = list(Weight)
    ordered = sorted(notes, key=lambda note: (rank.index(note.weight), note.origin.file, note.origin.line or 0))
    rows = [(str(note.weight), note.origin.file, note.origin.line, note.text) for note in ordered]
    return _csv(("weight", "file", "line", "text"), rows)


def _map_csv(moved: Sequence[Moved]) -> bytes:
    rows = [(m.table, m.name, m.was_at, m.now_at, m.via, m.kva) for m in moved]
    return _csv(("table", "name", "was_at_bus", "now_at_bus", "via", "kva"), rows)


def _csv(names: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    columns = list(zip(*rows, strict=True)) or [() for _ in names]
    frame, _ = text_frame(names, columns, "")
    return csv_bytes(frame)


def _provenance(done: Imported, source: Path) -> str:
    """Where the case is from: files with their SHA-256, reader, versions, counts."""
    base = source if source.is_dir() else source.parent
    digests = {name: _digest(base / name) for name in done.files}
    about = {
        "reader": done.reader, "format": done.network.format, "v2g": version("v2g"),
        "sha256": {name: digest for name, digest in digests.items() if digest},
    }  # fmt: skip
    counts = {key: value for key, value in done.to_dict().items() if key not in ("case", "reader", "files")}
    return json.dumps(about | counts, indent=2, ensure_ascii=False) + "\n"


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
