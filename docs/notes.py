"""The tables of `docs/*.md` that follow from the code: ``python docs/notes.py --write``.

Each note that a reader may leave in ``import.csv`` stands in its source as a weight and a text, as do those of the
stages after it. They are read from the syntax tree, so that no page can forget one.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = Path(__file__).resolve().parent
BALANCED = ("balanced.py",)
SOURCES = {
    "opendss": ("opendss",),
    "cim": ("cim",),
    "gridlabd": ("gridlabd",),
    "matpower": ("matpower.py", *BALANCED),
    "pandapower": ("pandapower.py", "pandapower_taps.py", *BALANCED),
    "pypsa": ("pypsa.py", *BALANCED),
    "feeders": (
        "chains.py", "cores.py", "dead.py", "direction.py", "floating.py", "fold.py", "legs.py", "names.py",
        "parallel.py", "stiffness.py", "tables.py", "units.py", "wiring.py",
    ),
}  # fmt: skip
"""Files below `v2g/feeders` whose notes stand on each page."""
MEANING = {"LOST": "lost: refused without `--accept`", "CHANGED": "changed", "UNUSED": "left out"}
MARKS = "<!-- notes -->", "<!-- end notes -->"


def files(names: tuple[str, ...]) -> Iterator[Path]:
    """Python files of modules and packages."""
    for name in names:
        path = ROOT / "v2g" / "feeders" / name
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def notes(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Weight and text of every call that makes a note, in the order of the file."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        named = {
            target.id: node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            for weight, text in zip(call.args, call.args[1:], strict=False):
                if isinstance(weight, ast.Attribute) and ast.unparse(weight.value) == "Weight":
                    value = named.get(text.id, text) if isinstance(text, ast.Name) else text
                    yield weight.attr, words(value)


def words(node: ast.expr) -> str:
    """A text as a reader of the page sees it; what is filled in is ``...``.

    >>> words(ast.parse('f"load {name}: model {model} is not known"', mode="eval").body)
    'load ...: model ... is not known'
    """
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(words(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return words(node.left) + words(node.right)
    return "..."


def table(page: str) -> str:
    """All notes of a page, by weight."""
    found = dict.fromkeys(
        pair for file in files(SOURCES[page]) for pair in notes(ast.parse(file.read_text(encoding="utf-8")))
    )
    rows = [(weight, text) for weight in MEANING for own, text in found if own == weight and text.strip(".() ")]
    lines = [f"| {MEANING[weight]} | {text.replace('|', '/')} |" for weight, text in dict.fromkeys(rows)]
    return "\n".join(["| | note (`...` stands for names and numbers) |", "| --- | --- |", *lines])


def page(name: str) -> tuple[Path, str]:
    """A page, and what should stand in it."""
    path = PAGES / f"{name}.md"
    begin, end = MARKS
    around = re.compile(rf"{begin}.*?{end}", re.DOTALL)
    whole = path.read_text(encoding="utf-8")
    return path, around.sub(lambda _: f"{begin}\n\n{table(name)}\n\n{end}", whole)


def main() -> None:
    """Write all pages."""
    for name in SOURCES:
        path, text = page(name)
        if "--write" in sys.argv:
            path.write_text(text, encoding="utf-8")
        else:
            print(text)


if __name__ == "__main__":
    main()
