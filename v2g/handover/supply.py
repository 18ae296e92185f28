"""Where power comes from over time, by kind of source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from v2g.replay.record import Record
from v2g.replay.verdict import Array

KINDS: Mapping[str, str] = {"battery": "batteries", "generator": "generators", "solar": "sun", "grid": "grid"}
"""Kinds of sources beside vehicles; the rows of a station are vehicles already."""
LEAST_KWH = 1e-6


@dataclass(frozen=True)
class Supply:
    """What one kind of source gives in kW, at least 0, (T,)."""

    kind: str
    kw: Array


def supplies(record: Record) -> list[Supply]:
    """Kinds that give anything: vehicles by the way they give, and other sources."""
    sheet, output = record.vehicle_sheet, record.source_sheet["output_kw"]
    ways = {"feeder": "discharge_kw", "building": "v2h_kw", "sockets": "v2l_kw"}
    found = {way: sheet[column].sum(axis=0) for way, column in ways.items()}
    for kind in KINDS:
        rows = [row for row, own in enumerate(record.sources.kinds) if own == kind]
        found[kind] = np.maximum(output[rows], 0.0).sum(axis=0)
    return [Supply(kind, kw) for kind, kw in found.items() if float(kw @ record.hours) > LEAST_KWH]
