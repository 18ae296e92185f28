"""Figures as text that is small and cannot leave its block: bytes in base64, run by run where that is shorter."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from v2g.reports.page.markup import Markup

LONGEST_RUN = 256
ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}

Packed = dict[str, Any]


def packed(values: NDArray[Any]) -> Packed:
    """Whole numbers 0 to 255 of any shape, row after row: ``raw`` bytes, or ``runs`` of (length - 1, value).

    >>> packed(np.zeros((2, 300), dtype=np.uint8))
    {'n': 600, 'runs': '/wD/AFcA'}
    """
    flat = np.ascontiguousarray(values, dtype=np.uint8).ravel()
    runs = _runs(flat)
    if runs.size < flat.size:
        return {"n": int(flat.size), "runs": base64.b64encode(runs.tobytes()).decode()}
    return {"n": int(flat.size), "raw": base64.b64encode(flat.tobytes()).decode()}


def _runs(flat: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if not flat.size:
        return flat
    starts = np.concatenate([[0], np.flatnonzero(np.diff(flat)) + 1])
    lengths = np.diff(np.append(starts, flat.size))
    pieces = -(-lengths // LONGEST_RUN)
    values = np.repeat(flat[starts], pieces)
    counts = np.full(values.size, LONGEST_RUN)
    counts[np.cumsum(pieces) - 1] = lengths - (pieces - 1) * LONGEST_RUN
    return np.stack([(counts - 1).astype(np.uint8), values], axis=1).ravel()


def planes(values: NDArray[Any]) -> list[Packed]:
    """Whole numbers from 0 of any shape, packed byte by byte, the lowest first: as many as the largest needs.

    >>> planes(np.array([105, 500]))
    [{'n': 2, 'raw': 'afQ='}, {'n': 2, 'raw': 'AAE='}]
    """
    rest = np.asarray(values, dtype=np.int64)
    found: list[Packed] = []
    while not found or rest.any():
        found.append(packed(rest & 255))
        rest = rest >> 8
    return found


def words32(values: Sequence[int] | NDArray[Any]) -> Packed:
    """Whole numbers from 0 as little-endian 32-bit words in base64."""
    data = np.asarray(values, dtype="<u4")
    return {"n": int(data.size), "u32": base64.b64encode(data.tobytes()).decode()}


def rounded(values: NDArray[Any], places: int = 1) -> list[float]:
    """Numbers for people; no minus zero."""
    return [float(value) + 0.0 for value in np.round(np.nan_to_num(values), places)]


def embedded(data: Any) -> Markup:
    """JSON that can stand inside an element: nothing in it can end that.

    >>> embedded({"name": "</script>"})
    '{"name":"\\\\u003c/script\\\\u003e"}'
    """
    plain = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup("".join(ESCAPED.get(c, c) for c in plain))
