"""HTML and SVG in which every text that is not markup already is text and nothing else."""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from html import escape

INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Categories of characters that steer a line or are not to be seen; they are shown as a mark, not obeyed."""
VOID = ("meta", "input", "br")


class Markup(str):
    """Text that is markup already."""


def visible(text: str) -> str:
    """Text on one line with a mark in place of characters that cannot be seen, such as those that turn its direction.

    >>> visible("clinic" + chr(0x202E) + "cinilc")
    'clinic�cinilc'
    """
    return "".join("�" if unicodedata.category(c) in INVISIBLE else c for c in text)


def text(words: str) -> Markup:
    """Words as text: those of `Markup` as they are.

    >>> text('<b onclick="x">')
    '&lt;b onclick=&quot;x&quot;&gt;'
    """
    return words if isinstance(words, Markup) else Markup(escape(visible(words), quote=True))


def tag(name: str, /, *inside: str | None, **attributes: object) -> Markup:
    """An element; ``class_`` is ``class``, other underscores are hyphens, and what is None or False is left out.

    >>> tag("p", "1 < 2", class_="a")
    '<p class="a">1 &lt; 2</p>'
    """
    given = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{text(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in VOID:
        return Markup(f"<{name}{given}>")
    return Markup(f"<{name}{given}>{joined(*inside)}</{name}>")


def joined(*parts: str | None) -> Markup:
    """Parts after each other; None is nothing."""
    return Markup("".join(text(part) for part in parts if part is not None))


def fingerprint(content: str) -> str:
    """What a content security policy calls a script or style by.

    >>> fingerprint("")
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
