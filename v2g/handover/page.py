"""Pages for people before they are text or HTML, and the two ways to write them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from textwrap import TextWrapper

WIDTH = 100


@dataclass(frozen=True)
class Item:
    """A heading and what stands below it; either may be empty. ``points`` are set off from ``lines``."""

    heading: str
    lines: tuple[str, ...] = ()
    points: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """One sheet for one reader: its title, what is said about it, and items in the order in which they are needed."""

    kind: str
    name: str
    title: str
    about: tuple[str, ...]
    items: tuple[Item, ...]
    notes: tuple[str, ...] = ()


def as_text(page: Page, head: Sequence[str]) -> bytes:
    """A page as UTF-8 text, with the head that all pages have."""
    parts = [_wrapped(page.title), "=" * min(len(page.title), WIDTH), *map(_wrapped, head)]
    parts += ["", *map(_wrapped, page.about)] if page.about else []
    for item in page.items:
        parts += ["", *([_wrapped(item.heading)] if item.heading else [])]
        parts += [_wrapped(line, "  ") for line in item.lines]
        parts += [_wrapped(point, "  - ", "    ") for point in item.points]
    if page.notes:
        parts += ["", *map(_wrapped, page.notes)]
    return ("\n".join(parts) + "\n").encode()


def _wrapped(text: str, first: str = "", others: str | None = None) -> str:
    """A line on as many lines as it needs; one with letters beyond ASCII stands as it is, for they may be wide."""
    if not text.isascii() or len(first) + len(text) <= WIDTH:
        return f"{first}{text}"
    rest = first if others is None else others
    wrapper = TextWrapper(WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False)
    wrapper.break_on_hyphens = False
    return wrapper.fill(text) or first.rstrip()


STYLE = """
@page { size: A4; margin: 14mm }
body { font: 11pt/1.35 sans-serif; color: #000; background: #fff; max-width: 46em; margin: 1em auto; padding: 0 1em }
h1 { font-size: 17pt; margin: 0 0 .2em; overflow-wrap: anywhere } h2 { font-size: 12pt; margin: .9em 0 .2em }
p, ul { margin: .15em 0 } ul { padding-left: 1.3em } li, p, h2 { overflow-wrap: anywhere }
.head { border-top: 2px solid #000; border-bottom: 1px solid #000; padding: .25em 0 }
.head { margin-bottom: .5em; font-size: 9pt }
.stale { border: 3px solid #000; padding: .3em; font-weight: bold; font-size: 12pt }
h2, h2 + p, h2 + ul { break-inside: avoid; break-after: avoid-page } li, p { break-inside: avoid }
section { break-before: page; padding-top: .5em } section:first-of-type { break-before: auto }
.contents { columns: 3; font-size: 9pt } .notes { margin-top: 1em; border-top: 1px solid #000; font-size: 9pt }
@media screen { section { border-top: 3px double #000; margin-top: 2em } }
"""


def document(language: str, title: str, body: str, style: str = STYLE) -> bytes:
    """A file of HTML that needs nothing else, runs nothing and asks for nothing."""
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    ).encode()


def head_html(head: Sequence[str], stale: bool) -> str:
    """The head of a page; where the plan is stale its first line stands out."""
    lines = list(head)
    banner = f'<p class="stale">{escape(lines.pop(0))}</p>' if stale else ""
    return banner + '<div class="head">' + paragraphs(lines) + "</div>"


def paragraphs(lines: Sequence[str]) -> str:
    """One paragraph for each line."""
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def bullets(points: Sequence[str]) -> str:
    """A list; nothing where it is empty."""
    return f"<ul>{''.join(f'<li>{escape(point)}</li>' for point in points)}</ul>" if points else ""


def section(page: Page, anchor: str, head: str) -> str:
    """A page as a section that begins a new sheet of paper."""
    items = "".join(
        (f"<h2>{escape(item.heading)}</h2>" if item.heading else "") + paragraphs(item.lines) + bullets(item.points)
        for item in page.items
    )
    notes = f'<div class="notes">{paragraphs(page.notes)}</div>' if page.notes else ""
    title = f"<h1>{escape(page.title)}</h1>"
    return f'<section id="{anchor}">\n{title}{head}{paragraphs(page.about)}{items}{notes}\n</section>\n'
