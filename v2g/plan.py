"""A plan: labelled tables in kW and kWh, prices, and how it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

TABLES = ("loads", "vehicles", "nodes", "lines", "prices", "sources")


@dataclass(frozen=True)
class Plan:
    """What every vehicle, source and load does in every interval, and the evidence for it.

    ``summary`` is the content of ``summary.json``; ``tables`` the CSV tables by name; ``duals`` the
    row multipliers of each stage of the policy, from which the certificate is recomputed.
    """

    summary: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    duals: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "summary", MappingProxyType(dict(self.summary)))
        object.__setattr__(self, "tables", MappingProxyType(dict(self.tables)))
        object.__setattr__(self, "duals", MappingProxyType(dict(self.duals)))
