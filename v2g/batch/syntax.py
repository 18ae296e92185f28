"""A study file that is not TOML: where, what stands there, and what to do about it."""

from __future__ import annotations

import re

from v2g.batch.faults import lines_of
from v2g.check.words import shortened
from v2g.errors import Finding

_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
_KEY = re.compile(r"""\s*([A-Za-z0-9_."'-]+)\s*=\s*(.*)""")
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}([-./]\d{1,4})?([ T].*)?$")
WRITE_DATE = "Write a time as 2026-01-15T18:00:00Z."
WRITE_LIST = "Write several values as a list: [1, 2]."


def not_toml(file: str, text: str, error: str) -> Finding:
    """The fault as a finding: its line, column and what stands there; ``error`` is what the reader of TOML said."""
    place = _PLACE.search(error)
    lines = text.splitlines() or [""]
    row = int(place[1]) if place and place[1] else len(lines)
    column = int(place[2]) if place and place[2] else len(lines[-1]) + 1
    said = re.sub(r"\('(.*?)',?\)", lambda name: name[1].replace("', '", "."), _PLACE.sub("", error))
    opened = _opened(lines, row) if said.startswith(("Unclosed", "Invalid value")) else None
    if opened is not None:
        row, column = opened, len(re.split(r"[\[{]", lines[opened - 1])[0]) + 1
    line = lines[row - 1] if row <= len(lines) else ""
    remedy = "Close it with ] or }, as it was opened." if opened is not None else _remedy(said, lines, row, column)
    return Finding(file, f"This is not TOML: {said}.", remedy, row, str(column), shortened(line.strip()) or None,
                   code="study")  # fmt: skip


def _opened(lines: list[str], row: int) -> int | None:
    """The line of the last key whose list or table is not closed before a next key or section begins."""
    start, depth = None, 0
    for number, line in enumerate(lines[:row], start=1):
        bare = re.sub(r""""(?:[^"\\]|\\.)*"|'[^']*'|#.*""", "", line)
        found = _KEY.match(bare)
        begins = found is not None and "=" in bare and not re.match(r"\s*[\[{,]", bare)
        if begins or re.match(r"\s*\[+[A-Za-z_][\w.-]*\]+\s*$", bare):
            if depth > 0 and start is not None:
                return start
            start, depth = number, 0
        value = found[2] if begins and found is not None else bare
        depth += sum(value.count(mark) for mark in "[{") - sum(value.count(mark) for mark in "]}")
    return start if depth > 0 else None


def _remedy(said: str, lines: list[str], row: int, column: int) -> str:
    """What to do, by what the reader of TOML said and by what stands there."""
    line = lines[row - 1] if row <= len(lines) else ""
    rest = line[column - 1 :].split("#")[0].strip()
    if said.startswith("Cannot"):
        return _twice(lines, row)
    if said.startswith("Duplicate"):
        return "Delete one of the two."
    if said.startswith("Unclosed"):
        return WRITE_DATE if re.search(r"\d-\d\d \d", line) else "Between two values of a list stands a comma."
    if said.startswith("Invalid value"):
        return _for_value(line, rest)
    if "newline or end of document" in said:
        return _for_more(line, column, rest)
    if said.startswith("Invalid date"):
        return f"{WRITE_DATE} The day or the hour does not exist."
    if said.startswith("Expected '='"):
        return 'A line is a key, =, and a value: name = "buses".'
    if "table declaration" in said or "array declaration" in said:
        return "A section stands alone in its line, in brackets: [axes.fleet]."
    if said.startswith(("Unterminated string", "Illegal character", "Expected '\"", 'Expected "')):
        return "Text begins and ends with the same quote, in one line."
    if "Unescaped" in said or "Invalid hex" in said or "Escaped" in said:
        return r"Write / in place of \, or put the text into single quotes."
    if said.startswith(("Invalid statement", "Invalid initial character")):
        return "A line is a key, =, and a value, or a section in brackets; a remark begins with #."
    return "Look at this line, and at the one before it."


def _twice(lines: list[str], row: int) -> str:
    """Where a key or a section stands before."""
    upper = lines_of("\n".join(lines[: row - 1]))
    here = lines_of("\n".join(lines[:row]))
    head = re.match(r"\s*\[+\s*([^\[\]]+?)\s*\]+", lines[row - 1])
    key = head[1].replace(" ", "") if head else _key_at(lines, row)
    first = upper.get(key) if head else here.get(key)
    where = f" first in line {first}" if first is not None and first < row else ""
    return f"{key} stands twice,{where or ' or is something else before'}: delete one, or call it otherwise."


def _key_at(lines: list[str], row: int) -> str:
    """The key of a line with its section."""
    found = _KEY.match(lines[row - 1])
    key = found[1] if found else lines[row - 1].strip()
    heads = (re.match(r"\s*\[+\s*([^\[\]]+?)\s*\]+\s*(?:#.*)?$", line) for line in reversed(lines[:row]))
    section = next((head[1].replace(" ", "") for head in heads if head), "")
    return f"{section}.{key}".lstrip(".")


def _for_value(line: str, rest: str) -> str:
    """For what cannot stand as a value."""
    if not rest:
        return "The value is missing."
    first = re.split(r"[\s,\]}]", rest)[0]
    if first.casefold() in ("true", "false"):
        return f"Write {first.lower()}."
    if _DATE.match(rest.rstrip("]} ,")):
        return WRITE_DATE
    if re.match(r"[A-Za-z_/~.*-]+", rest) and not re.match(r"[.-]?\d", rest):
        key = _KEY.match(line)
        word = rest.split("]")[0].split(",")[0].strip() if "[" in line else rest
        return (
            f'Text needs quotes: {key[1]} = "{word}".' if key and "[" not in line else f'Text needs quotes: "{word}".'
        )
    if re.match(r"[.-]?\d", rest):
        return "Write the number alone, with a digit before and after its point: 0.5."
    return "A value is text in quotes, a number, true, false, a time, or a list in [ ]."


def _for_more(line: str, column: int, rest: str) -> str:
    """For what stands behind a value that is complete."""
    key = _KEY.match(line)
    value = key[2].split("#")[0].strip() if key else ""
    if _DATE.match(value):
        return WRITE_DATE
    if rest.startswith(","):
        comma = re.fullmatch(r"(\d+),(\d+)", value)
        if comma:
            return f"A decimal has a point: {comma[1]}.{comma[2]}. {WRITE_LIST}"
        return WRITE_LIST
    if _KEY.match(rest):
        return "One key to a line."
    if re.fullmatch(r"[\d.]+", value):
        return "Write a number with one point at most, and without a leading zero: 7, 0.5."
    if re.match(r"[\d.]+\s*[A-Za-z%]", value):
        return "Write the number alone, without its unit; a share as 0.5, not as 50 %."
    return "Begin a new line, or put # before a remark."
