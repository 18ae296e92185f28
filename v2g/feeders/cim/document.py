"""RDF/XML as objects with their properties; whatever else XML can do is refused before it happens.

A document type is refused as such, so there are no entities to expand or fetch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from v2g.errors import Finding, ImportRefused

CIM = "http://iec.ch/TC57/CIM100#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
GAP = "\n"
"""Between a namespace and a name: it cannot stand in either."""
ENCODINGS = ("utf-8", "us-ascii", "iso-8859-1", "utf-16")
MOST_BYTES = 256 << 20
MOST_OBJECTS = 5_000_000
MOST_PENDING = 1 << 20
"""Bytes of one tag: the parser keeps them until it ends."""
MOST_TEXT = 1 << 16
"""Characters of one value."""
DEPTH = 3
"""The file, its objects, their properties."""
CHUNK = 1 << 16


@dataclass
class Thing:
    """An object: ``values`` are texts, ``links`` names of other objects or of kinds such as ``SinglePhaseKind.A``."""

    id: str
    kind: str
    line: int
    values: dict[str, str] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As people call it; its id where it has none."""
        return self.values.get("IdentifiedObject.name", "").strip() or self.id


def parse(path: Path) -> list[Thing]:
    """All objects of a file, in its order. Raises ``ImportRefused``."""
    return _Parsing(path.name).run(path)


class _Parsing:
    def __init__(self, file: str) -> None:
        self.file = file
        self.things: list[Thing] = []
        self.texts: list[str] = []
        self.size = 0
        self.open: list[str] = []
        self.property = ""
        self.parser = expat.ParserCreate(namespace_separator=GAP)
        self.parser.XmlDeclHandler = self._declaration
        self.parser.StartDoctypeDeclHandler = self._document_type
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.buffer_text = False

    def run(self, path: Path) -> list[Thing]:
        fed = 0
        try:
            with open(path, "rb") as stream:
                while chunk := stream.read(CHUNK):
                    fed += len(chunk)
                    if fed > MOST_BYTES:
                        self._refuse(f"The file holds more than {MOST_BYTES >> 20} MB.", "Export one feeder.")
                    self.parser.Parse(chunk, False)
                    if fed - max(self.parser.CurrentByteIndex, 0) > MOST_PENDING:
                        self._refuse("A tag of this file does not end.", "Export the file again.")
            self.parser.Parse(b"", True)
        except expat.ExpatError as error:
            message = f"This is not well-formed XML: {expat.ErrorString(error.code)}."
            self._refuse(message, "Export the file again.", error.lineno)
        except (ValueError, LookupError):
            self._refuse("The text of this file is in an encoding that is not read.", "Save it as UTF-8.")
        except OSError as error:
            self._refuse(f"The file cannot be read: {error.strerror}.", "Give leave to read it.")
        return self.things

    def _refuse(self, message: str, remedy: str, line: int | None = None, **more: Any) -> None:
        row = line or self.parser.CurrentLineNumber
        raise ImportRefused([Finding(self.file, message, remedy, row=row, code="cim-file", **more)])

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ENCODINGS:
            allowed = ", ".join(ENCODINGS)
            message = "The text of this file is in an encoding that is not read."
            self._refuse(message, "Save it as UTF-8.", found=encoding[:80], allowed=allowed)

    def _document_type(self, name: str, *_: object) -> None:
        self._refuse("The file brings a document type of its own, and with it entities.", "Take out <!DOCTYPE ...>.")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.open.append(tag)
        depth = len(self.open)
        if depth == 1:
            if tag != f"{RDF}{GAP}RDF":
                self._refuse("The file is not RDF.", "Give a file that begins with <rdf:RDF>.", found=_shown(tag))
        elif depth == 2:
            self._object(tag, attributes)
        elif depth == DEPTH:
            self._property(tag, attributes)
        else:
            message = "An object lies inside another one."
            self._refuse(message, "Give every object at the top, and name it by rdf:resource.", found=_shown(tag))

    def _object(self, tag: str, attributes: dict[str, str]) -> None:
        kind = self._cim(tag)
        line = self.parser.CurrentLineNumber
        identity = _plain(attributes.get(f"{RDF}{GAP}about") or attributes.get(f"{RDF}{GAP}ID") or f"line-{line}")
        if len(self.things) == MOST_OBJECTS:
            self._refuse(f"The file holds more than {MOST_OBJECTS:,} objects.", "Export one feeder.")
        self.things.append(Thing(identity, kind, line))

    def _property(self, tag: str, attributes: dict[str, str]) -> None:
        self.property = self._cim(tag)
        self.texts, self.size = [], 0
        link = attributes.get(f"{RDF}{GAP}resource")
        if link is not None:
            self.things[-1].links.setdefault(self.property, []).append(_plain(link))

    def _cim(self, tag: str) -> str:
        space, _, name = tag.rpartition(GAP)
        if space != CIM:
            message = "An element is not of CIM100."
            self._refuse(message, "Export the file as CIM100.", found=_shown(tag), allowed=CIM)
        return name

    def _end(self, tag: str) -> None:
        if len(self.open) == DEPTH:
            text = "".join(self.texts).strip()
            if text:
                self.things[-1].values[self.property] = text
        self.open.pop()

    def _text(self, text: str) -> None:
        if len(self.open) == DEPTH:
            self.size += len(text)
            if self.size > MOST_TEXT:
                self._refuse(f"A value has more than {MOST_TEXT:,} characters.", "Shorten it.")
            self.texts.append(text)


def _plain(name: str) -> str:
    """An id without what differs between declaring and naming it.

    >>> _plain("urn:uuid:AB"), _plain("#_AB"), _plain(CIM + "SinglePhaseKind.A")
    ('AB', '_AB', 'SinglePhaseKind.A')
    """
    for start in ("urn:uuid:", CIM, "#"):
        if name.startswith(start):
            return name[len(start) :]
    return name


def _shown(tag: str) -> str:
    return tag.replace(GAP, "")[:120]
