"""Sites: places with people in them, behind a connection to the feeder, a transfer switch and some sockets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from v2g.case import Case
from v2g.replay.columns import numbers, texts
from v2g.replay.verdict import Array, Index


@dataclass(frozen=True)
class Sites:
    """All sites of a case; every limit is in kW, (sites,), and infinite where it is not known."""

    names: list[str]
    import_kw: Array
    export_kw: Array
    transfer_kw: Array
    sockets_kw: Array

    def total(self, values: Array, site: Index) -> Array:
        """Values (things, T) summed at the site of each thing, (things,) or (things, T); result (sites, T)."""
        out = np.zeros((len(self.names) + 1, values.shape[1]))
        where = np.broadcast_to(site[:, None] if site.ndim == 1 else site, values.shape)
        interval = np.broadcast_to(np.arange(values.shape[1]), values.shape)
        np.add.at(out, (where, interval), values)
        return out[:-1]


def read_sites(case: Case) -> Sites:
    """The sites of a case."""
    table = case.table("sites")
    limits = (numbers(table, f"{what}_kw", np.inf) for what in ("import", "export", "transfer", "sockets"))
    return Sites(texts(table, "site"), *limits)
