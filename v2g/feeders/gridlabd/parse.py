"""Objects of a model with their properties, in the order of the file; code and programs are refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from v2g.errors import ImportRefused
from v2g.feeders.gridlabd.source import Source
from v2g.feeders.network import Note, Origin, Weight

DEEPEST, MOST_VALUE = 32, 4_096
MOST_OBJECTS = 2_000_000
SPACE = re.compile(r"[\s;]*")
WORD = re.compile(r"[A-Za-z_][\w.:]*")
OBJECT = re.compile(r'object\s+([A-Za-z_][\w.]*)\s*(?::\s*([\w.\-]*))?\s*(?:"[^"\n]*")?\s*\{')
NESTED = re.compile(r"([A-Za-z_]\w*)\s+(?=object\s)")
VALUE = re.compile(r'((?:"[^"\n]*+"|\'[^\'\n]*+\'|[^;{}"\']++)*+)(;|(?=\}))')
MODULE = re.compile(r'module\s+("?)([A-Za-z_]\w*)\1\s*(?=[;{])')
UNUSED = ("clock", "class", "schedule", "module", "global", "filter", "dateformat")
RUNS = ("script", "extern", "import", "link", "export", "library", "runtime", "intrinsic")
"""Statements that run, compile or load something."""


@dataclass(eq=False)
class Thing:
    """One object; ``key`` is its number where it has one, such as ``node:12``; property names are in lower case."""

    kind: str
    key: str
    origin: Origin
    values: dict[str, str] = field(default_factory=dict)
    outer: Thing | None = None
    """The object that it is written inside of."""

    @property
    def name(self) -> str:
        """As others call it, or what its place gives."""
        return self.values.get("name") or self.key or f"{self.kind}_{self.origin.line}"


@dataclass
class Parsed:
    """Everything of a model."""

    things: list[Thing] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


def parse(source: Source) -> Parsed:
    """All objects. Raises ``ImportRefused`` where the text ends in the middle of one; other faults go to ``source``."""
    return _Parsing(source).run()


class _Parsing:
    def __init__(self, source: Source) -> None:
        self.source, self.text, self.place = source, source.text, 0
        self.parsed = Parsed(notes=list(source.notes))
        self.stack: list[tuple[Thing, str]] = []
        self.told: set[str] = set()

    def run(self) -> Parsed:
        while self._skip() < len(self.text):
            self._inside() if self.stack else self._outside()
        if self.stack:
            self._stop(f"The object {self.stack[-1][0].kind} does not end.", "Write its closing bracket.")
        return self.parsed

    def _skip(self) -> int:
        match = SPACE.match(self.text, self.place)
        self.place = match.end() if match else self.place
        return self.place

    def _here(self) -> Origin:
        return self.source.at(min(self.place, max(len(self.text) - 1, 0)))

    def _stop(self, message: str, remedy: str) -> None:
        line = self.text[self.place : self.place + 120].split("\n")[0]
        self.source.fault(self._here(), message, remedy, line or None)
        raise ImportRefused(self.source.faults)

    def _outside(self) -> None:
        if self._begin_object(""):
            return
        match = WORD.match(self.text, self.place)
        word = match[0].lower() if match else ""
        if word in RUNS or word.startswith("on_"):
            self._refuse(word)
        elif word == "module":
            self._module()
        elif word in UNUSED:
            self._tell(word)
            self._pass_over()
        else:
            self._stop("This is neither an object nor a statement of a model.", "Correct or delete it.")

    def _refuse(self, word: str) -> None:
        line = self.text[self.place : self.place + 120].split("\n")[0]
        self.source.fault(self._here(), f"The statement {word} runs or loads something.", "Take it out.", line)
        self._pass_over()

    def _module(self) -> None:
        match = MODULE.match(self.text, self.place)
        if match is None:
            self._refuse("module")
            return
        self._tell("module")
        start = match.end()
        self.place = start
        self._pass_over()
        for key, value in re.findall(r"(\w+)\s+([^;{}\n]+);", self.text[start : self.place]):
            self.parsed.settings[f"{match[2].lower()}.{key.lower()}"] = value.strip()

    def _tell(self, word: str) -> None:
        if word not in self.told:
            self.told.add(word)
            text = f"statements {word}: what they say has no effect on a plan"
            self.parsed.notes.append(Note(Weight.UNUSED, text, self._here()))

    def _pass_over(self) -> None:
        """To the end of a statement: a semicolon, or the bracket that closes its own."""
        depth = 0
        for match in re.compile(r'"[^"\n]*"|[{};]').finditer(self.text, self.place):
            mark = match[0]
            depth += (mark == "{") - (mark == "}")
            if (mark == ";" and depth == 0) or (mark == "}" and depth <= 0):
                self.place = match.end()
                return
        self._stop("A statement does not end.", "Write its end.")

    def _begin_object(self, into: str) -> bool:
        """Where an object begins; ``into`` is the property of the outer one that it is the value of."""
        match = OBJECT.match(self.text, self.place)
        if match is None:
            return False
        kind, number = match[1].lower(), match[2] or ""
        if number.startswith(".."):
            message = f"One statement makes several objects {kind}."
            self.source.fault(self._here(), message, "Write each of them.", match[0])
        if len(self.stack) == DEEPEST or len(self.parsed.things) == MOST_OBJECTS:
            self._stop("Objects lie too deeply in each other, or are too many.", "Write them one after the other.")
        outer = self.stack[-1][0] if self.stack and not into else None
        thing = Thing(kind, f"{kind}:{number}" if number.isalnum() else "", self._here(), outer=outer)
        self.parsed.things.append(thing)
        self.stack.append((thing, into))
        self.place = match.end()
        return True

    def _inside(self) -> None:
        thing = self.stack[-1][0]
        if self.text[self.place] == "}":
            self.place += 1
            self._end_object()
            return
        if self._begin_object(""):
            return
        nested = NESTED.match(self.text, self.place)
        if nested:
            self.place = nested.end()
            if self._begin_object(nested[1].lower()):
                return
        match = WORD.match(self.text, self.place)
        if match is None:
            self._stop(f"This is not a property of an object {thing.kind}.", "Correct or delete it.")
            return
        word, start = match[0].lower(), self._here()
        self.place = match.end()
        value = VALUE.match(self.text, self.place)
        if value is None:
            self._stop(f"The value of {word} does not end.", "Write a semicolon.")
            return
        self.place = value.end()
        if len(value[1]) > MOST_VALUE:
            self._stop(f"The value of {word} has more than {MOST_VALUE:,} characters.", "Shorten it.")
        if word.startswith("on_") or word in RUNS:
            self.source.fault(start, f"The property {word} runs something.", "Take it out.", value[1])
        thing.values[word] = value[1].strip().strip("\"'").strip()

    def _end_object(self) -> None:
        thing, into = self.stack.pop()
        if self.stack and into:
            self.stack[-1][0].values[into] = thing.name
