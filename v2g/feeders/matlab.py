"""The arithmetic of MATLAB that a case file may hold: matrices, constants and assignments. Nothing else is ever done.

What a statement may use: numbers, strings, ``[ ]`` and ``{ }``, ``+ - * / ^`` and their forms with a dot, parentheses,
columns and ranges of a matrix, ``sqrt`` and the functions of angles, and the names of columns that MATPOWER has.
Every other statement is a fault with its line: calls, loops and conditions have no meaning here.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from v2g.errors import Finding
from v2g.feeders.matlab_words import Refused, Token, statements

Numbers = NDArray[np.float64]
Places = NDArray[np.intp]
Value = float | Numbers | str | list[str]
"""A number, a matrix (rows, columns), a text, or the texts of a cell array."""

MOST_FAULTS, LONGEST_RANGE = 50, 100_000
ALLOWED = "arithmetic on the matrices of the case"
REMEDY = "Run the file in MATLAB or Octave and save the result with savecase, or write the numbers themselves."
FUNCTIONS: dict[str, Callable[[Numbers], Numbers]] = {
    "sqrt": np.sqrt, "abs": np.abs, "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
}  # fmt: skip
KNOWN = {"pi": np.pi, "Inf": np.inf, "inf": np.inf, "NaN": np.nan, "nan": np.nan}
_BUS = "BUS_I BUS_TYPE PD QD GS BS BUS_AREA VM VA BASE_KV ZONE VMAX VMIN LAM_P LAM_Q MU_VMAX MU_VMIN"
_BRANCH = "F_BUS T_BUS BR_R BR_X BR_B RATE_A RATE_B RATE_C TAP SHIFT BR_STATUS"
_BRANCH_MORE = "PF QF PT QT MU_SF MU_ST"
_GEN = "GEN_BUS PG QG QMAX QMIN VG MBASE GEN_STATUS PMAX PMIN"
_GEN_MORE = "PC1 PC2 QC1MIN QC1MAX QC2MIN QC2MAX RAMP_AGC RAMP_10 RAMP_30 RAMP_Q APF"


def _numbered(*groups: tuple[str, int]) -> dict[str, int]:
    return {name: first + k for names, first in groups for k, name in enumerate(names.split())}


CONSTANTS = {
    "idx_bus": _numbered(("PQ PV REF NONE", 1), (_BUS, 1)),
    "idx_brch": _numbered((_BRANCH, 1), (_BRANCH_MORE, 14), ("ANGMIN ANGMAX", 12), ("MU_ANGMIN MU_ANGMAX", 20)),
    "idx_gen": _numbered((_GEN, 1), ("MU_PMAX MU_PMIN MU_QMAX MU_QMIN", 22), (_GEN_MORE, 11)),
    "idx_cost": _numbered(("PW_LINEAR POLYNOMIAL", 1), ("MODEL STARTUP SHUTDOWN NCOST COST", 1)),
}
"""What the functions of MATPOWER that name columns give, in their order."""


class Workspace:
    """Variables after all statements; ``lines`` of the rows of each matrix that was written out."""

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}
        self.lines: dict[str, list[int]] = {}
        self.findings: list[Finding] = []

    def run(self, text: str, file: str) -> None:
        """All statements of a file; faults go to ``findings``."""
        shown = text.split("\n")
        try:
            for number, words in enumerate(statements(text)):
                try:
                    self._run(words, first=number == 0)
                except Refused as fault:
                    self._refuse(fault, file, shown)
                if len(self.findings) >= MOST_FAULTS:
                    return
        except Refused as fault:
            self._refuse(fault, file, shown)

    def _refuse(self, fault: Refused, file: str, shown: list[str]) -> None:
        found = shown[fault.line - 1].strip()[:120]
        self.findings.append(
            Finding(file, str(fault), REMEDY, fault.line, found=found, allowed=ALLOWED, code="not-arithmetic")
        )

    def _run(self, words: list[Token], first: bool) -> None:
        line, head = words[0].line, words[0].text
        if (head == "function" and first) or (head in ("end", "return", "endfunction") and len(words) == 1):
            return
        if [word.text for word in words] == ["define_constants"]:
            self.values.update({name: float(k) for group in CONSTANTS.values() for name, k in group.items()})
            return
        equals = next((k for k, word in enumerate(words) if word.text == "=" and word.kind == "sign"), 0)
        if not equals or (head != "[" and words[0].kind != "name"):
            raise Refused(line, "This statement is not an assignment.")
        if head == "[":
            self._name_columns(words[:equals], words[equals + 1 :])
        else:
            self._assign(words[:equals], words[equals + 1 :])

    def _name_columns(self, left: list[Token], right: list[Token]) -> None:
        """``[A, B] = idx_bus``."""
        source = "".join(word.text for word in right)
        if source not in CONSTANTS:
            raise Refused(left[0].line, "Only names of columns are given out to several variables.")
        names = [word.text for word in left[1:-1] if word.text != ","]
        given = list(CONSTANTS[source].values())
        if not all(word.kind == "name" or word.text in "[],~" for word in left) or len(names) > len(given):
            raise Refused(left[0].line, f"These are not the names that {source} gives.")
        self.values.update({name: float(k) for name, k in zip(names, given, strict=False)})

    def _assign(self, left: list[Token], right: list[Token]) -> None:
        name = left[0].text
        expression = Expression(right, self.values, left[0].line)
        value = expression.whole()
        if len(left) == 1:
            self.values[name] = value
            self.lines.pop(name, None)
            if right[0].text == "[" and isinstance(value, np.ndarray) and len(expression.rows) == len(value):
                self.lines[name] = expression.rows
            return
        target = self.values.get(name)
        if left[1].text != "(" or left[-1].text != ")" or not isinstance(target, np.ndarray):
            raise Refused(left[0].line, f"{name} is not a matrix that was given above.")
        picked = Expression(left[2:], self.values, left[0].line).places(target)
        changed = target.copy()
        if isinstance(value, str | list) or np.shape(value) not in ((), changed[picked].shape):
            raise Refused(left[0].line, "Both sides of the assignment do not have the same size.")
        changed[picked] = value
        self.values[name] = changed


class Expression:
    """Evaluates the words of one expression from left to right."""

    def __init__(self, words: list[Token], values: dict[str, Value], line: int) -> None:
        self.words, self.values, self.line = words, values, line
        self.rows: list[int] = []
        self.place = 0
        self.in_matrix = False
        self.sizes: list[int] = []

    def whole(self) -> Value:
        """The value of all words."""
        value = self._range()
        if self.place < len(self.words):
            raise self._fault(f"{self._text()!r} has no meaning here.")
        return value

    def places(self, target: Numbers) -> tuple[Places, ...]:
        """What an index picks of a matrix, up to its closing parenthesis."""
        found: list[Places] = []
        count = 2 if self._arguments() == 2 else 1
        if count == 1 and 1 not in target.shape:
            raise self._fault("A matrix is picked from by rows and columns.")
        for axis in range(count):
            size = target.shape[axis] if count == 2 else target.size
            found.append(self._picked(size))
            self._take(")" if axis == count - 1 else ",")
        if count == 2:
            return tuple(np.ix_(*found))
        zero = np.zeros_like(found[0])
        return (found[0], zero) if target.shape[1] == 1 else (zero, found[0])

    def _arguments(self) -> int:
        """How many arguments stand before the parenthesis that closes."""
        depth, count = 0, 1
        for word in self.words[self.place :]:
            if word.kind == "sign":
                if word.text == ")" and depth == 0:
                    return count
                depth += (word.text in "([{") - (word.text in ")]}")
                count += word.text == "," and depth == 0
        return count

    def _picked(self, size: int) -> Places:
        if self._text() == ":":
            self.place += 1
            return np.arange(size)
        outside, self.in_matrix = self.in_matrix, False
        self.sizes.append(size)
        wanted = np.ravel(self._number(self._range()))
        self.sizes.pop()
        self.in_matrix = outside
        if not np.all((wanted == np.round(wanted)) & (wanted >= 1) & (wanted <= size)):
            raise self._fault(f"Rows and columns are counted from 1 to {size} here.")
        return wanted.astype(np.intp) - 1

    def _fault(self, message: str) -> Refused:
        word = self.words[min(self.place, len(self.words) - 1)] if self.words else None
        return Refused(word.line if word else self.line, message)

    def _text(self) -> str:
        """The sign or name that comes next; blank at the end and for texts."""
        if self.place < len(self.words) and self.words[self.place].kind != "string":
            return self.words[self.place].text
        return ""

    def _take(self, text: str) -> None:
        if self._text() != text:
            raise self._fault(f"{text!r} is missing here.")
        self.place += 1

    def _number(self, value: Value) -> float | Numbers:
        if isinstance(value, str | list):
            raise self._fault("A text is not a number.")
        return value

    def _range(self) -> Value:
        first = self._sum()
        if self._text() != ":":
            return first
        ends = [first]
        while self._text() == ":" and len(ends) < 3:
            self.place += 1
            ends.append(self._sum())
        if not all(isinstance(end, float) and np.isfinite(end) for end in ends):
            raise self._fault("A range goes from one number to another.")
        start, step, stop = (float(e) for e in (ends if len(ends) == 3 else (ends[0], 1.0, ends[1])))  # type: ignore[arg-type]
        count = int((stop - start) / step + 1e-9) + 1 if step and abs((stop - start) / step) < LONGEST_RANGE else -1
        if count < 1:
            raise self._fault("This range has no numbers, or too many.")
        return np.array([[start + step * k for k in range(count)]])

    def _sum(self) -> Value:
        value = self._product()
        while self._text() in ("+", "-") and not self._begins_element():
            value = self._operated(value, self._product)
        return value

    def _begins_element(self) -> bool:
        """``[1 -2]`` holds two numbers, ``[1 - 2]`` one."""
        after = self.words[self.place + 1] if self.place + 1 < len(self.words) else None
        return self.in_matrix and self.words[self.place].spaced and after is not None and not after.spaced

    def _product(self) -> Value:
        value = self._signed()
        while self._text() in ("*", "/", ".*", "./"):
            value = self._operated(value, self._signed)
        return value

    def _signed(self) -> Value:
        return self._with_sign(self._power)

    def _with_sign(self, inner: Callable[[], Value]) -> Value:
        signs = 0
        while self._text() in ("+", "-"):
            signs += self._text() == "-"
            self.place += 1
        value = inner()
        return -self._number(value) if signs % 2 else value

    def _power(self) -> Value:
        value = self._element()
        while self._text() in ("^", ".^"):
            value = self._operated(value, self._exponent)
        return value

    def _exponent(self) -> Value:
        return self._with_sign(self._element)

    def _operated(self, left: Value, right: Callable[[], Value]) -> Value:
        sign = self._text()
        self.place += 1
        one, two = self._number(left), self._number(right())
        scalars = isinstance(one, float), isinstance(two, float)
        if not {"*": any(scalars), "/": scalars[1], "^": all(scalars)}.get(sign, True):
            raise self._fault(f"Matrices and {sign}: each number by itself is calculated with .{sign} here.")
        if not any(scalars) and np.shape(one) != np.shape(two):
            raise self._fault("Two matrices do not have the same size.")
        with np.errstate(all="ignore"):
            result = OPERATIONS[sign[-1]](np.asarray(one), np.asarray(two))
        return self._sound(result, one, two)

    def _sound(self, result: Numbers, *given: float | Numbers) -> float | Numbers:
        if not np.all(np.isfinite(result)) and all(np.all(np.isfinite(value)) for value in given):
            raise self._fault("This has no result that is a finite number.")
        return float(result) if result.ndim == 0 else _plain(result)

    def _element(self) -> Value:
        if self.place >= len(self.words):
            raise self._fault("Something is missing at the end of the statement.")
        word = self.words[self.place]
        self.place += 1
        if word.kind == "number":
            return _float(word.text)
        if word.kind == "string":
            return word.text
        if word.kind == "name":
            return self._named(word)
        if word.kind == "sign" and word.text == "(":
            outside, self.in_matrix = self.in_matrix, False
            value = self._range()
            self._take(")")
            self.in_matrix = outside
            return value
        if word.kind == "sign" and word.text in "[{":
            return self._matrix() if word.text == "[" else self._cell()
        self.place -= 1
        raise self._fault(f"{word.text!r} has no meaning here.")

    def _named(self, word: Token) -> Value:
        opens = self._text() == "(" and not (self.in_matrix and self.words[self.place].spaced)
        if word.text in self.values:
            value = self.values[word.text]
            if not opens:
                return value
            self.place += 1
            target = np.atleast_2d(np.asarray(self._number(value)))
            picked = target[self.places(target)]
            along = (-1, 1) if target.shape[1] == 1 else (1, -1)
            return _plain(picked.reshape(along) if picked.ndim == 1 else picked)
        if word.text == "end" and self.sizes:
            return float(self.sizes[-1])
        if word.text in KNOWN:
            return float(KNOWN[word.text])
        if word.text in FUNCTIONS and opens:
            self.place += 1
            outside, self.in_matrix = self.in_matrix, False
            given = self._number(self._range())
            self._take(")")
            self.in_matrix = outside
            with np.errstate(all="ignore"):
                return self._sound(FUNCTIONS[word.text](np.asarray(given)), given)
        self.place -= 1
        raise self._fault(f"{word.text} is neither a value given above nor a function of arithmetic.")

    def _matrix(self) -> Value:
        outside, self.in_matrix = self.in_matrix, True
        rows: list[Numbers] = []
        lines: list[int] = []
        row: list[float | Numbers] = []
        texts: list[str] = []
        while self._text() != "]":
            word = self.words[self.place] if self.place < len(self.words) else None
            if word is None:
                raise self._fault("A bracket is not closed.")
            if word.kind == "line" or (word.kind == "sign" and word.text in ";,"):
                self.place += 1
                if word.text != "," and row:
                    rows.append(self._row(row))
                    row = []
                continue
            if not row:
                lines.append(word.line)
            value = self._range()
            if isinstance(value, str):
                texts.append(value)
            else:
                row.append(self._number(value))
        self.place += 1
        self.in_matrix = outside
        if texts:
            return self._joined(texts, not rows and not row)
        if row:
            rows.append(self._row(row))
        if any(one.shape[1] != rows[0].shape[1] for one in rows):
            odd = next(k for k, one in enumerate(rows) if one.shape[1] != rows[0].shape[1])
            at = lines[odd] if odd < len(lines) else self.line
            raise Refused(at, f"This row has {rows[odd].shape[1]} numbers, the first one {rows[0].shape[1]}.")
        self.rows = lines
        return _plain(np.vstack(rows)) if rows else np.zeros((0, 0))

    def _joined(self, texts: list[str], alone: bool) -> str:
        if not alone:
            raise self._fault("Texts and numbers do not go into one matrix.")
        return "".join(texts)

    def _row(self, row: list[float | Numbers]) -> Numbers:
        if all(isinstance(value, float) for value in row):
            return np.array([row], dtype=np.float64)
        blocks = [np.atleast_2d(np.asarray(value)) for value in row]
        if len({block.shape[0] for block in blocks}) > 1:
            raise self._fault("What stands beside each other does not have the same number of rows.")
        return np.hstack(blocks)

    def _cell(self) -> list[str]:
        """Texts of a cell array; what else it holds is of no use to a feeder."""
        found: list[str] = []
        depth = 1
        while depth:
            if self.place >= len(self.words):
                raise self._fault("A bracket is not closed.")
            word = self.words[self.place]
            self.place += 1
            if word.kind == "string":
                found.append(word.text)
            elif word.kind == "sign":
                depth += (word.text == "{") - (word.text == "}")
        return found


OPERATIONS: dict[str, Callable[[Numbers, Numbers], Numbers]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "^": np.power,
}  # fmt: skip


def _float(text: str) -> float:
    return float(text.lower().replace("d", "e"))


def _plain(values: Numbers) -> float | Numbers:
    """A matrix of one number as that number."""
    return float(values[0, 0]) if values.shape == (1, 1) else values
