"""Statements of OpenDSS files, one after the other: what each verb may do, and what of it goes on to the engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from v2g.errors import Finding
from v2g.feeders.network import Note, Origin, Weight
from v2g.feeders.opendss import coordinates, words
from v2g.feeders.opendss.bundle import Barred, Bundle
from v2g.feeders.opendss.properties import Properties, Refusal, Target, check_finite, check_size
from v2g.feeders.opendss.scan import Misread, Word, lines
from v2g.feeders.opendss.scan import words as divided
from v2g.feeders.opendss.sums import is_number
from v2g.feeders.opendss.values import define, filled, written

DEEPEST = 20
"""Files that open files that open files."""
MOST_FAULTS = 1_000
SHOWN = 80
"""Characters of what was found that an error repeats."""
FEEDER_WORDS = "New, Edit, Set, Solve, Redirect, Open, Close, Enable, Disable, CalcVoltageBases, BusCoords"


class Reading:
    """What has been read so far, and what it means for the lines to come."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.folder = bundle.root
        self.commands: list[tuple[str, Origin]] = []
        self.coordinates: list[tuple[str, float, float, Origin]] = []
        self.lonlat = False
        self.notes: list[Note] = []
        self.faults: list[Finding] = []
        self.origin = Origin()
        self._open_files: list[Path] = []
        self._active: Target | None = None
        self._objects: dict[tuple[str, str], Origin] = {}
        self._circuit = False
        self._snapshot = True
        self._properties = Properties(bundle, self._leave_out)
        self._verbs: dict[str, Callable[[list[Word]], None]] = {
            "new": self._new, "edit": self._edit, "more": self._more, "m": self._more, "~": self._more,
            "select": self._select, "batchedit": self._edit_batch, "var": self._define,
            "set": self._set, "solve": self._solve, "clear": self._clear, "clearall": self._clear,
            "compile": self._compile, "redirect": self._redirect,
            "open": self._switch, "close": self._switch, "enable": self._enable, "disable": self._enable,
            "buscoords": self._place, "latlongcoords": self._place,
            "calcvoltagebases": self._alone, "allocateloads": self._alone, "setloadandgenkv": self._alone,
            "setkvbase": self._set_base,
        }  # fmt: skip

    # Files

    def open(self) -> None:
        """Read the file that was opened, and those that it names, line by line."""
        try:
            self._read(self.bundle.opened)
        except Barred as barred:
            self._fault(Refusal(str(barred), self.bundle.opened.name, None, barred.remedy))

    def _read(self, path: Path) -> None:
        if path in self._open_files:
            raise Barred("This file opens itself.", "Take out the line.")
        if len(self._open_files) >= DEEPEST:
            raise Barred(f"Files open files more than {DEEPEST} deep.", "Put the circuit into fewer files.")
        text = self._text(path)
        name, before = self.bundle.name(path), self.origin
        self._open_files.append(path)
        for number, line in lines(text):
            self.origin = Origin(name, number)
            self._take(line)
            if len(self.faults) >= MOST_FAULTS:
                break
        self._open_files.pop()
        self.origin = before

    def _text(self, path: Path) -> str:
        data = self.bundle.read(path)
        name = self.bundle.name(path)
        if b"\0" in data:
            first = data[: data.index(b"\0")].count(b"\n") + 1
            self.notes.append(Note(Weight.UNUSED, "NUL bytes, left out", Origin(name, first)))
            data = data.replace(b"\0", b"")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            self.notes.append(Note(Weight.CHANGED, "not UTF-8: read as Latin-1", Origin(name, line)))
            return data.decode("latin-1")

    # Statements

    def _take(self, line: str) -> None:
        try:
            found = divided(line)
            if found:
                self._statement(found)
        except Refusal as refusal:
            self._fault(refusal)
        except Misread as misread:
            self._fault(Refusal(str(misread), misread.found, None, misread.remedy))

    def _statement(self, found: list[Word]) -> None:
        first = found[0]
        if first.name is not None:
            self._edit_property(found)
            return
        verb = words.verb(first.value)
        if verb is None:
            raise Refusal("This is no command of OpenDSS.", first.value, FEEDER_WORDS, "Take out the line.")
        handler = self._verbs.get(verb)
        if handler is not None:
            handler([Word(None, verb), *found[1:]])
        elif verb == "export" and len(found) > 1 and found[1].value.lower().startswith("incm"):
            raise Refusal("Export IncMatrix crashes the engine.", "Export IncMatrix", None, "Take out the line.")
        elif verb in words.LEFT_OUT_VERBS:
            self._leave_out(f"{verb}: no plan needs it")
            if verb == "?":
                self._active = None
        elif verb != "//":
            raise Refusal("This command is not one that a feeder needs.", verb, FEEDER_WORDS, "Take out the line.")

    def _send(self, text: str) -> None:
        self.commands.append((text, self.origin))

    def _leave_out(self, text: str) -> None:
        self.notes.append(Note(Weight.UNUSED, text, self.origin))

    def _fault(self, refusal: Refusal) -> None:
        found = refusal.found if len(refusal.found) <= SHOWN else f"{refusal.found[:SHOWN]}..."
        self.faults.append(
            Finding(
                file=self.origin.file or self.bundle.opened.name,
                row=self.origin.line,
                column=refusal.column,
                message=str(refusal),
                found="".join(mark if mark.isprintable() else " " for mark in found),
                allowed=refusal.allowed,
                remedy=refusal.remedy,
                code="opendss",
            )
        )

    # Objects and their properties

    def _new(self, found: list[Word]) -> None:
        target = self._target(found, "New")
        if target.class_ == "circuit":
            self._new_circuit(target, found[2:])
            return
        known = self._objects.get(target.key)
        if known is not None and target.class_ not in words.NOT_ELEMENTS:
            raise Refusal(
                "This element is defined twice.", str(target), None, f"Rename one of them; the first is at {known}."
            )
        if not self._circuit and target.class_ not in words.NOT_ELEMENTS:
            raise Refusal("An element is defined before its circuit.", str(target), None, "Put New Circuit.NAME first.")
        self._objects.setdefault(target.key, self.origin)
        self._active = target
        if target.class_ in words.LEFT_OUT_CLASSES:
            self._leave_out(f"{target}: no plan needs it")
            return
        self._send(" ".join(["New", str(target), *self._properties.rebuilt(target, found[2:], self.folder)]))

    def _new_circuit(self, target: Target, given: list[Word]) -> None:
        if self._circuit:
            raise Refusal("A second circuit is defined.", str(target), "one circuit", "Put it into a file of its own.")
        self._circuit = True
        self._active = Target("vsource", "source")
        self._objects[self._active.key] = self.origin
        after_bus1 = 1
        self._send(
            " ".join(["New", str(target), *self._properties.rebuilt(self._active, given, self.folder, after_bus1)])
        )

    def _edit(self, found: list[Word]) -> None:
        self._active = self._known(self._target(found, "Edit"))
        self._send_edit(self._active, found[2:])

    def _more(self, found: list[Word]) -> None:
        if self._active is None:
            raise Refusal("Nothing stands before that this line could continue.", "~", None, "Write Edit CLASS.NAME.")
        self._send_edit(self._active, found[1:])

    def _edit_property(self, found: list[Word]) -> None:
        place, given = found[0].name or "", found[0]
        parts = place.split(".", 2)
        if len(parts) != 3:
            raise Refusal("A value is given to nobody.", place, "CLASS.NAME.PROPERTY=value", "Name the object.")
        self._active = self._known(self._object(".".join(parts[:2])))
        self._send_edit(self._active, [given._replace(name=parts[2]), *found[1:]])

    def _send_edit(self, target: Target, given: list[Word]) -> None:
        if target.class_ in words.LEFT_OUT_CLASSES:
            return
        texts = self._properties.rebuilt(target, given, self.folder)
        if texts:
            self._send(" ".join(["Edit", str(target), *texts]))

    def _edit_batch(self, found: list[Word]) -> None:
        class_, _, pattern = (found[1].value if len(found) > 1 else "").partition(".")
        self._class(class_)
        if not pattern or not set(pattern) <= _PATTERN:
            raise Refusal(
                "BatchEdit needs a pattern of names.", pattern, "letters, digits and . * + ? ^ $", "Use Edit."
            )
        target = Target(class_.lower(), pattern)
        self._active = None
        self._send(" ".join(["BatchEdit", str(target), *self._properties.rebuilt(target, found[2:], self.folder)]))

    def _select(self, found: list[Word]) -> None:
        self._active = self._known(self._target(found, "Select"))

    def _target(self, found: list[Word], verb: str) -> Target:
        if len(found) < 2 or (found[1].name or "object").lower() != "object":
            raise Refusal("An object has to be named.", verb, "CLASS.NAME", f"Write {verb} CLASS.NAME.")
        return self._object(filled(found[1], self._properties.variables).value)

    def _object(self, text: str) -> Target:
        class_, dot, name = text.partition(".")
        if not dot or not name or not class_:
            raise Refusal("An object has to be named with its class.", text, "CLASS.NAME", "Write both.")
        self._class(class_)
        if not name.isprintable() or any(mark in name for mark in '"=!') or "//" in name:
            raise Refusal("A name holds a character that no name may hold.", name, None, "Rename it.")
        return Target(class_.lower(), name)

    def _class(self, class_: str) -> None:
        if class_.lower() not in words.TITLES:
            allowed = ", ".join(sorted(words.TITLES.values()))
            raise Refusal(
                "This class is not one of a feeder.", class_, allowed, "Write the class in full, or leave it out."
            )

    def _known(self, target: Target) -> Target:
        if target.class_ == "circuit":
            raise Refusal("A circuit is edited as its source.", str(target), "Vsource.source", "Write Vsource.source.")
        if target.key not in self._objects and target.class_ not in words.NOT_ELEMENTS:
            raise Refusal(
                "No element of this name stands before.", str(target), None, "Define it, or correct the name."
            )
        return target

    # Everything else

    def _define(self, found: list[Word]) -> None:
        for word in found[1:]:
            define(word, self._properties.variables)

    def _set(self, found: list[Word]) -> None:
        texts = [text for word in found[1:] for text in self._option(word)]
        if texts:
            self._send(" ".join(["Set", *texts]))

    def _option(self, word: Word) -> list[str]:
        if word.name is None:
            raise Refusal("An option has to be named.", word.value, "OPTION=value", "Write its name and =.")
        option = words.option(word.name)
        if option is None:
            raise Refusal("This is no option of OpenDSS.", word.name, None, "Take it out.", word.name)
        word = filled(word, self._properties.variables)
        reason = words.HARMFUL_OPTIONS.get(option)
        if reason is not None and not (option == "allowduplicates" and word.value.lower().startswith(("n", "f"))):
            raise Refusal(
                f"This option is not allowed: {reason}.", f"{option}={word.value}", None, "Take it out.", option
            )
        if option == "mode":
            return self._mode(word.value)
        if option not in words.KEPT_OPTIONS or not word.value:
            self._leave_out(f"set {option}: no plan needs it")
            return []
        check_size(option, word)
        check_finite(option, word)
        return [f"{option}={written(word)}"]

    def _mode(self, value: str) -> list[str]:
        self._snapshot = bool(value) and "snapshot".startswith(value.lower())
        if self._snapshot:
            return ["mode=snapshot"]
        self.notes.append(Note(Weight.CHANGED, f"set mode={value}: read as a snapshot", self.origin))
        return []

    def _solve(self, found: list[Word]) -> None:
        self._set(found)
        if self._snapshot:
            self._send("Solve")
        else:
            self._leave_out("solve over time: read as a snapshot")

    def _clear(self, found: list[Word]) -> None:
        self._active, self._circuit, self._snapshot = None, False, True
        self._objects.clear()
        self._properties.shapes.clear()
        self._send("Clear")

    def _redirect(self, found: list[Word]) -> None:
        path, before = self._file(found), self.folder
        self.folder = path.parent
        self._within(path, found[1].value)
        self.folder = before

    def _compile(self, found: list[Word]) -> None:
        """As ``Redirect``, but file names after it are of the folder of the compiled file."""
        path = self._file(found)
        self.folder = path.parent
        self._within(path, found[1].value)
        self.folder = path.parent

    def _within(self, path: Path, name: str) -> None:
        try:
            self._read(path)
        except Barred as barred:
            raise Refusal(str(barred), name, None, barred.remedy) from None

    def _file(self, found: list[Word]) -> Path:
        if len(found) != 2 or not found[1].value:
            raise Refusal("One file has to be named.", found[0].value, "the name of a file", 'Write "NAME" in quotes.')
        word = filled(found[1], self._properties.variables)
        try:
            return self.bundle.find(word.value, self.folder)
        except Barred as barred:
            raise Refusal(str(barred), word.value, "files in the folder of the one opened", barred.remedy) from None

    def _place(self, found: list[Word]) -> None:
        path = self._file(found)
        try:
            data = self.bundle.read(path)
        except Barred as barred:
            raise Refusal(str(barred), found[1].value, None, barred.remedy) from None
        swapped = found[0].value == "latlongcoords"
        places, unread = coordinates.places(data, self.bundle.name(path), swapped)
        self.coordinates += places
        self.lonlat = self.lonlat or swapped
        self.notes += [Note(Weight.UNUSED, "no name with two numbers: no coordinates", origin) for origin in unread]

    def _switch(self, found: list[Word]) -> None:
        target = self._known(self._target(found, found[0].value))
        self._active = target
        numbers = [filled(word, self._properties.variables).value for word in found[2:]]
        if len(numbers) > 2 or not all(number in _TERMINALS for number in numbers):
            raise Refusal(
                "A terminal and a conductor are whole numbers.", " ".join(numbers), "1, 2, 3", "Correct them."
            )
        self._send(" ".join([found[0].value.capitalize(), str(target), *numbers]))

    def _enable(self, found: list[Word]) -> None:
        target = self._target(found, found[0].value)
        if target.name != "*":
            self._known(target)
        self._active = None if target.name == "*" else target
        if target.class_ not in words.LEFT_OUT_CLASSES:
            self._send(f"{found[0].value.capitalize()} {target}")

    def _alone(self, found: list[Word]) -> None:
        self._send(found[0].value)

    def _set_base(self, found: list[Word]) -> None:
        """``SetkVBase BUS kVLL=4.16``: the bus first, whatever it is called."""
        given = [filled(word, self._properties.variables) for word in found[1:]]
        if len(given) != 2 or not is_number(given[1].value):
            raise Refusal("SetkVBase names a bus and its voltage.", found[0].value, "bus, kVLL=number", "Correct it.")
        check_finite("kVLL", given[1])
        name = (given[1].name or "kvll").lower()
        if name not in ("kvll", "kvln"):
            raise Refusal("A voltage is kVLL or kVLN.", name, "kVLL, kVLN", "Write one of them.")
        self._send(f"SetkVBase bus={written(given[0])} {name}={given[1].value}")


_TERMINALS = frozenset(map(str, range(101)))
_PATTERN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.*+?^$")
