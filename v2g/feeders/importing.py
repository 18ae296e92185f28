"""The verb `import_feeder`: from a file of another tool to a case folder, with a note on all that changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from v2g.case import Case
from v2g.errors import Finding, ImportRefused, InvalidCase, UsageError
from v2g.feeders import READERS, guess, pandapower
from v2g.feeders.chains import Merged, merge_chains
from v2g.feeders.dead import with_dead_noted
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

    ``network`` is the file's own, before anything was folded; ``files`` are all that were read, with their SHA-256;
    ``ties`` are the branches that stand open.
    """

    folder: Path
    case: Case
    network: Network
    reader: str
    files: Mapping[str, str]
    folded: int | None
    merged: int
    notes: tuple[Note, ...]
    ties: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and text, for JSON."""
        weights = {str(weight): sum(note.weight is weight for note in self.notes) for weight in Weight}
        return {
            "case": str(self.folder), "reader": self.reader, "engine": self.network.engine, "files": list(self.files),
            "read": self.network.counts(), "load_kw": load_kw(self.network), "folded_buses": self.folded,
            "merged_buses": self.merged, "notes": weights, "open": list(self.ties),
            "written": {name: len(frame) for name, frame in self.case.tables.items() if len(frame)},
        }  # fmt: skip


def load_kw(network: Network) -> float:
    """Demand of all loads at nominal voltage, in kW."""
    return sum(load.kw for load in network.loads)


def import_feeder(
    source: str | Path | Mapping[str, Any], to: str | Path, format: str | None = None, fold: bool | None = None,
    accept: bool = False, bundle: str | Path | None = None,
) -> Imported:  # fmt: skip
    """Read a feeder of another tool, check its wiring, and write it as a case folder, whole or not at all.

    Parameters
    ----------
    source
        A file, a folder where the format is one of folders, or a network of pandapower in memory (``net``).
    to
        The folder of the case: kW, kvar, ohm and kV, one hour at the load of the file, supply present.
    format
        A name in `v2g.feeders.READERS`; by default it is told from the content.
    fold
        Move secondaries onto their primary buses and merge chains of lines; by default where the feeder is large or
        has split-phase secondaries.
    accept
        Take the feeder without the data that would be lost.
    bundle
        The folder that all files of the feeder lie in, that of the file itself if not given; no other file is read.

    Raises
    ------
    ImportRefused
        With every fault (file and line); ``ReaderStopped`` for a reader that was killed, ``CaseError`` for what cannot
        be opened, ``UsageError`` for a folder that holds something already, for a format that is not known, and where
        the engine of a format is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "two.m").write_text('''function mpc = two
    ... mpc.version = "2"; mpc.baseMVA = 1;
    ... mpc.bus = [1 3 0 0 0 0 1 1 0 11 1 1.1 0.9; 2 1 0.3 0.1 0 0 1 1 0 11 1 1.1 0.9];
    ... mpc.gen = [1 0 0 1 -1 1 1 1 1 0];
    ... mpc.branch = [1 2 0.01 0.02 0 0 0 0 0 0 1];
    ... ''')
    >>> done = import_feeder(folder / "two.m", folder / "case")
    >>> done.reader, done.case.table("loads")["kw"].to_list()
    ('matpower', [300.0])
    """
    folder = resolved(to)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} holds something already; give another folder.")
    opened, name, network = (
        _in_memory(source, format) if isinstance(source, Mapping) else _opened(resolved(source), format, bundle)
    )
    network = with_valid_names(network)
    sound, ties = _sound(network, accept)
    return _written(sound, network, folder, (opened, name, ties), fold, accept)


def _opened(source: Path, format: str | None, bundle: str | Path | None) -> tuple[Path, str, Network]:
    name = format or guess(source)
    reader: Reader = choose("format", name, READERS)
    try:
        return source, name, reader.read(source, _bundle(bundle, source))
    except ImportRefused:
        if format and (other := _otherwise(source, format)):
            raise UsageError(f"{source} is not of format {format}, but of {other}: leave out --from.") from None
        raise


def _otherwise(source: Path, format: str) -> str:
    """Another format that the content is of; blank where it is of the one that was named, or cannot be told."""
    try:
        found = guess(source)
    except UsageError:
        return ""
    return "" if found == format else found


def _in_memory(net: Mapping[str, Any], format: str | None) -> tuple[None, str, Network]:
    """A network that is no file; of those that are mappings, only pandapower's is known."""
    name = pandapower.READER.name
    if format not in (None, name):
        raise UsageError(f"A network in memory is read as {name}, and not as {format}: give a file.")
    return None, name, pandapower.network_of(net)


def _bundle(given: str | Path | None, source: Path) -> Path | None:
    """The folder of all files; raises UsageError where the one opened does not lie in it."""
    if given is None:
        return None
    folder = resolved(given)
    if not folder.is_dir() or not source.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"--bundle: {source.name} does not lie in {folder}. Name a folder above it.")
    return folder


def _sound(network: Network, accept: bool) -> tuple[Network, tuple[str, ...]]:
    """The network without what its user accepts to lose; raises ImportRefused with everything else at once."""
    wiring = inspect(network)
    refusing = [fault for fault in wiring.faults if not (accept and acceptable(fault))]
    if refusing:
        raise ImportRefused([*refusing, *([] if accept else _lost(network.notes))])
    left = without_adrift(network, wiring) if wiring.faults else network
    return with_dead_noted(left), tuple(branch.name for branch in wiring.ties)


def _lost(notes: Sequence[Note]) -> list[Finding]:
    remedy = "Change the file, or accept the loss (--accept)."
    return [
        Finding(note.origin.file, f"{note.text[:1].upper()}{note.text[1:]}.", remedy, note.origin.line, code="lost")
        for note in notes
        if note.weight is Weight.LOST
    ]


def _written(
    sound: Network, asked: Network, folder: Path, origin: tuple[Path | None, str, tuple[str, ...]],
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
        folder, case, asked, name, asked.files or ({source.name: _digest(source)} if source else {}),
        folded.buses if does_fold else None, len(merged.buses), made.network.notes, ties,
    )  # fmt: skip
    content = case_files(case)
    content[NOTES_FILE] = _notes_csv(done.notes)
    if moved := (*folded.moved, *_gone(merged)):
        content[MAP_FILE] = _map_csv(moved)
    content[PROVENANCE_FILE] = _provenance(done).encode()
    place_folder(folder, content)
    return done


def _checked(made: Tabled) -> Case:
    """The case of a draft; raises ImportRefused with its faults where they stand in the file that was read."""
    try:
        return read(made.draft)
    except InvalidCase as invalid:
        errors = [finding for finding in invalid.findings if finding.severity == "error"]
        raise ImportRefused([_in_the_file(finding, made) for finding in errors]) from invalid


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


def _provenance(done: Imported) -> str:
    """Where the case is from: files with their SHA-256, reader, versions, counts."""
    about = {
        "reader": done.reader, "format": done.network.format, "v2g": version("v2g"),
        "sha256": dict(done.files),
    }  # fmt: skip
    counts = {key: value for key, value in done.to_dict().items() if key not in ("case", "reader", "files")}
    return json.dumps(about | counts, indent=2, ensure_ascii=False) + "\n"


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
