"""Defaults that depend on another column."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from v2g.check.columns import FIRST_ROW
from v2g.errors import Finding
from v2g.formats.draft import Draft, file_of


def derive(frames: dict[str, pd.DataFrame], draft: Draft) -> Iterable[Finding]:
    """Fill in such defaults; warn where one overrules what was written."""
    loads = frames.get("loads")
    if loads is None or not {"tier", "service"} <= set(loads.columns):
        return
    written = draft.tables["loads"]["service"] if "service" in draft.tables.get("loads", ()) else None
    optional = (loads["tier"] == 0).to_numpy(bool)
    blank = np.ones(len(loads), bool) if written is None else (written == "").to_numpy(bool)
    service = np.where(optional, "flexible", np.where(blank, "continuous", loads["service"].to_numpy(object)))
    frames["loads"] = loads.assign(service=pd.Series(service, dtype=str))
    file = draft.origin.get("loads", file_of("loads"))
    overruled = optional & ~blank & (loads["service"] == "continuous").to_numpy(bool)
    for row in np.flatnonzero(overruled).tolist():
        remedy = "Leave the cell blank, or give the load a tier of 1 or more."
        yield Finding(
            file, "A load of tier 0 is flexible.", remedy, row + FIRST_ROW, "service", "continuous", "flexible",
            severity="warning", code="service-of-tier-0",
        )  # fmt: skip
