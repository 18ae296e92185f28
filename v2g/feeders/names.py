"""Names that a case can hold: on one line, without characters that cannot be seen, each once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from v2g.feeders.graph import DEVICES
from v2g.feeders.network import Network, Note, Transformer, Weight

UNSEEN = re.compile("[\x00-\x20\x7f-\xa0\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
UNFIT = re.compile(r'[/\\:*?"<>|]')
"""Characters that a file name cannot have on every system."""
GROUPS = (("buses",), ("lines", "transformers"), *((kind,) for kind in (*DEVICES, "sources")))
"""Kinds that share one set of names."""


def clean(name: str) -> str:
    """A name without characters that break a line or hide; blanks become ``_``.

    >>> clean("main street\\n"), clean("")
    ('main_street', 'unnamed')
    """
    return UNSEEN.sub("_", name.strip()) or "unnamed"


def file_name(name: str) -> str:
    """A name that can also be part of a file name.

    >>> file_name("town: rural 1"), file_name(".hidden")
    ('town_ rural 1', 'hidden')
    """
    return UNFIT.sub("_", name).strip().lstrip(".") or "unnamed"


def with_valid_names(network: Network) -> Network:
    """The network with names that a case can hold; each that had to change is noted."""
    notes: list[Note] = []
    changes: dict[str, Any] = {}
    buses: dict[str, str] = {}
    for group in GROUPS:
        taken: set[str] = set()
        for kind in group:
            found = []
            for element in getattr(network, kind):
                name = free_name(clean(element.name), taken)
                taken.add(name)
                if name != element.name:
                    text = (
                        f"the name {element.name!r} of one of its {kind} is not valid or not unique: it is {name} now"
                    )
                    notes.append(Note(Weight.CHANGED, text, element.origin))
                if kind == "buses":
                    buses.setdefault(element.name, name)
                found.append(element if name == element.name else replace(element, name=name))
            changes[kind] = tuple(found)
    renamed = {old: new for old, new in buses.items() if old != new}
    if renamed:
        changes |= {kind: _moved(changes[kind], renamed) for kind in changes if kind != "buses"}
    return replace(network, **changes, notes=(*network.notes, *notes)) if notes else network


def free_name(name: str, taken: set[str]) -> str:
    """The name, or the first of name_2, name_3, ... that is free."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _moved(elements: Iterable[Any], renamed: dict[str, str]) -> tuple[Any, ...]:
    """Elements with the new names of their buses."""
    found = []
    for element in elements:
        if isinstance(element, Transformer):
            windings = tuple(replace(w, bus=renamed.get(w.bus, w.bus)) for w in element.windings)
            found.append(replace(element, windings=windings))
        else:
            keys = [key for key in ("bus", "from_bus", "to_bus") if hasattr(element, key)]
            found.append(replace(element, **{k: renamed.get(getattr(element, k), getattr(element, k)) for k in keys}))
    return tuple(found)
