"""Lines of a model without comments: files that it includes in their place, definitions filled in."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

from v2g.errors import Finding, ImportRefused
from v2g.feeders.network import Note, Origin, Weight
from v2g.feeders.opendss.bundle import Barred, Bundle

DIRECTIVE = re.compile(r"#\s*(\w+)\s*(.*)", re.DOTALL)
SETTING = re.compile(r"([\w.:]+)\s*=\s*(.*)", re.DOTALL)
VARIABLE = re.compile(r"\$\{([^{}]*)\}")
NAME = re.compile(r"\w+\Z")
RUNS = ("system", "start", "exec", "command", "insert", "write", "wget", "gridlabd", "python", "begin", "on_exit")
"""Directives that run a program, or put its words into the model."""
SILENT = ("print", "warning", "error", "debug", "verbose", "option", "version", "binpath", "libpath", "incpath")
DEEPEST, MOST_VALUE, MOST_FAULTS = 16, 4_096, 50
MOST_TEXT = 64 << 20
"""Characters after definitions were filled in."""


class Source:
    """The text of a model; ``at`` says where a place in it came from."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.faults: list[Finding] = []
        self.notes: list[Note] = []
        self.defined: dict[str, str] = {}
        self._lines: list[str] = []
        self._origins: list[Origin] = []
        self._size = 0
        self._open: list[Path] = []
        self._told: set[str] = set()
        self._file(bundle.opened)
        self.text = "".join(self._lines)
        self._starts: list[int] = []
        place = 0
        for line in self._lines:
            self._starts.append(place)
            place += len(line)

    def at(self, place: int) -> Origin:
        """File and line of a character of ``text``."""
        if not self._starts:
            return Origin(self.bundle.name(self.bundle.opened))
        return self._origins[bisect_right(self._starts, place) - 1]

    def fault(self, origin: Origin, message: str, remedy: str, found: str | None = None) -> None:
        """One more fault; after too many of them reading ends."""
        shown = None if found is None else found.strip()[:120]
        self.faults.append(Finding(origin.file, message, remedy, row=origin.line, found=shown, code="glm-file"))
        if len(self.faults) >= MOST_FAULTS:
            raise ImportRefused(self.faults)

    def _file(self, path: Path) -> None:
        name = self.bundle.name(path)
        try:
            data = self.bundle.read(path)
        except Barred as error:
            raise ImportRefused([*self.faults, Finding(name, str(error), error.remedy, code="glm-file")]) from None
        text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
        self._open.append(path)
        states: list[bool] = []
        for number, line in enumerate(_uncommented(text), start=1):
            origin = Origin(name, number)
            bare = line.strip()
            if bare.startswith("#"):
                self._directive(bare, origin, path, states)
            elif all(states) and bare:
                self._take(self._filled(line, origin) + "\n", origin)
        if states:
            self.fault(Origin(name, number), "A condition (#if) does not end.", "Write #endif.")
        self._open.pop()

    def _take(self, line: str, origin: Origin) -> None:
        self._size += len(line)
        if self._size > MOST_TEXT:
            message = f"The model has more than {MOST_TEXT >> 20} million characters."
            raise ImportRefused([*self.faults, Finding(origin.file, message, "Leave out what a feeder does not need.")])
        self._lines.append(line)
        self._origins.append(origin)

    def _filled(self, line: str, origin: Origin) -> str:
        if "${" not in line:
            return line

        def value(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name in self.defined:
                return self.defined[name]
            known = "Define it before it is used." if NAME.match(name) else "Write the value itself."
            self.fault(origin, "A value is asked of the computer, or of a name that nobody defined.", known, match[0])
            return "0"

        return VARIABLE.sub(value, line)

    def _directive(self, text: str, origin: Origin, path: Path, states: list[bool]) -> None:
        match = DIRECTIVE.match(text)
        word, rest = (match[1].lower(), match[2].strip().rstrip(";").strip()) if match else ("", "")
        if word in ("ifdef", "ifndef"):
            states.append((rest in self.defined) == (word == "ifdef"))
        elif word in ("else", "endif"):
            self._condition(word, origin, states)
        elif not all(states):
            if word == "if":
                states.append(False)
        elif word in ("define", "set"):
            self._define(rest, origin)
        elif word == "undef":
            self.defined.pop(rest, None)
        elif word == "include":
            self._include(rest, origin, path)
        elif word in RUNS:
            self.fault(origin, f"#{word} runs a program.", "Take out the line.", text)
        elif word in SILENT:
            self._tell(f"#{word}", origin)
        else:
            self.fault(origin, f"The directive #{word} is not read.", "Take out the line.", text)

    def _condition(self, word: str, origin: Origin, states: list[bool]) -> None:
        if not states:
            self.fault(origin, f"#{word} stands without a condition.", "Take out the line.")
        elif word == "else":
            states[-1] = not states[-1]
        else:
            states.pop()

    def _define(self, text: str, origin: Origin) -> None:
        match = SETTING.match(text)
        if match is None:
            self.fault(origin, "A definition has no value.", "Write NAME=value.", text)
            return
        value = self._filled(match[2].strip().strip('"'), origin)
        if len(value) > MOST_VALUE:
            self.fault(
                origin, f"A definition has more than {MOST_VALUE:,} characters.", "Write the values out.", match[1]
            )
            value = ""
        self.defined[match[1]] = value

    def _include(self, text: str, origin: Origin, path: Path) -> None:
        if not (text.startswith('"') and text.endswith('"') and len(text) > 2):
            self.fault(origin, "Only a file in quotes can be included.", 'Write #include "file.glm".', text)
            return
        try:
            found = self.bundle.find(text[1:-1], path.parent)
        except Barred as error:
            self.fault(origin, str(error), error.remedy, text)
            return
        if found in self._open or len(self._open) >= DEEPEST:
            self.fault(origin, "Files include each other in a circle, or too deeply.", "Take out the line.", text)
            return
        self._file(found)

    def _tell(self, what: str, origin: Origin) -> None:
        if what not in self._told:
            self._told.add(what)
            self.notes.append(Note(Weight.UNUSED, f"{what} has no effect on a plan", origin))


def _uncommented(text: str) -> Iterator[str]:
    """Lines without comments (``//`` and ``/* */``); what stands in quotes is left alone.

    >>> list(_uncommented('a "http://x" // b')), list(_uncommented("a /* b\\nc */ d"))
    (['a "http://x" '], ['a ', ' d'])
    """
    inside = False
    for line in text.split("\n"):
        if not inside and "//" not in line and "/*" not in line:
            yield line
            continue
        kept, quoted, n = [], False, 0
        while n < len(line):
            pair = line[n : n + 2]
            if inside:
                inside = pair != "*/"
                n += 1 if inside else 2
                continue
            if not quoted and pair == "//":
                break
            if not quoted and pair == "/*":
                inside = True
                n += 2
                continue
            quoted ^= line[n] == '"'
            kept.append(line[n])
            n += 1
        yield "".join(kept)
