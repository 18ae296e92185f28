"""Checks on taps that may move: each stands within its range, and phases with one tap move together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from v2g.replay.check_tables import complete
from v2g.replay.record import Record
from v2g.replay.verdict import Array, Check


def taps_complete(record: Record) -> Check:
    """The table of taps is whole as far as it goes."""
    return complete(record, record.tap_sheet)


def taps_listed(record: Record) -> Check:
    """Exactly the taps that can move and are live stand in it."""
    wrong = (record.tap_sheet.present != record.leg_live[record.regulators.leg]).astype(float)
    return record.worst("taps: live ones listed", "1", wrong, record.regulators.names)


def taps_in_range(record: Record) -> Check:
    """No ratio is outside its range."""
    known, tap = record.regulators, record.tap_sheet["tap"]
    beyond = np.maximum(known.lowest[:, None] - tap, tap - known.highest[:, None])
    excess = np.where(record.tap_sheet.present, beyond, 0.0)
    return record.worst("taps: within their range", "1", excess, known.names)


def taps_together(record: Record) -> Check:
    """Phases with one tap have the same added to their squared voltages."""
    known = record.regulators
    added = lifted(record)
    apart = np.where((known.ganged >= 0)[:, None], np.abs(added - added[known.ganged]), 0.0)
    return record.worst("taps: phases with one tap move together", "p.u.²", apart, known.names)


def lifted(record: Record) -> Array:
    """What each tap adds to the squared voltage behind it beyond what it gives as it stands in the case."""
    legs, known = record.feeder.legs, record.regulators
    before = [np.mean([record.given_w[node] for node, _ in legs[leg].sources], axis=0) for leg in known.leg]
    square = np.square(record.taps[known.leg]) - np.square(known.given)[:, None]
    return np.asarray(square * np.array(before, dtype=float).reshape(square.shape))


CHECKS: tuple[Callable[[Record], Check], ...] = (taps_complete, taps_listed, taps_in_range, taps_together)


def checks(record: Record) -> tuple[Callable[[Record], Check], ...]:
    """Those of a plan in which taps can move, or that says so."""
    asked = record.reactive and len(record.regulators.leg)
    return CHECKS if asked or record.frame("taps") is not None else ()
