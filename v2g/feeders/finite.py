"""Whether all figures of a network are numbers: the last look of readers whose arithmetic is their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from math import isfinite
from typing import Any

import numpy as np

from v2g.errors import Finding
from v2g.feeders.network import Element, Network


def beyond_numbers(network: Network) -> list[Finding]:
    """A fault for every element with a figure that is infinite or none at all."""
    found = []
    for kind in fields(network):
        elements = getattr(network, kind.name)
        for element in elements if isinstance(elements, tuple) else ():
            if isinstance(element, Element) and not all(_is_number(value) for value in _figures(element)):
                message = f"The figures of {element.name[:80]} ({kind.name}) give no finite numbers."
                remedy = "Look for a figure that is far too large or too small."
                at = element.origin
                found.append(Finding(at.file, message, remedy, row=at.line, code="not-finite"))
    return found


def _figures(thing: Any) -> Iterator[Any]:
    for one in fields(thing):
        value = getattr(thing, one.name)
        if isinstance(value, tuple):
            for part in value:
                yield from _figures(part) if hasattr(part, "__dataclass_fields__") else (part,)
        else:
            yield value


def _is_number(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return bool(np.isfinite(value).all())
    return not isinstance(value, float) or isfinite(value)
