"""Tables as the JSON of pandapower has them, written without pandapower."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Cell = str | float | int | bool | None
FORMAT = "3.3.0"
"""Version of the format of a network: that of pandapower 3.5; later ones convert it when they open the file."""


@dataclass
class Table:
    """Rows of one table; ``types`` are its columns, in order, with the type that pandas gives them."""

    types: Mapping[str, str]
    rows: list[dict[str, Cell]] = field(default_factory=list)

    def add(self, **cells: Cell) -> int:
        """One row, what is not said of it blank; returns its index."""
        unknown = set(cells) - set(self.types)
        if unknown:
            raise KeyError(f"no such columns: {sorted(unknown)}")
        self.rows.append(cells)
        return len(self.rows) - 1

    def written(self) -> dict[str, object]:
        """As an object of pandas in JSON."""
        columns = list(self.types)
        data = [[_cell(row.get(column)) for column in columns] for row in self.rows]
        frame = {"columns": columns, "index": list(range(len(data))), "data": data}
        return {
            "_module": "pandas.core.frame", "_class": "DataFrame",
            "_object": json.dumps(frame, ensure_ascii=False, allow_nan=False), "orient": "split",
            "dtype": dict(self.types), "is_multiindex": False, "is_multicolumn": False,
        }  # fmt: skip


def _cell(value: Cell) -> Cell:
    return None if isinstance(value, float) and math.isnan(value) else value


def net_bytes(name: str, hertz: float, tables: Mapping[str, Table]) -> bytes:
    """A whole network, as ``pandapower.from_json`` opens it."""
    parts: dict[str, object] = {key: table.written() for key, table in tables.items()}
    parts |= {
        "version": FORMAT, "format_version": FORMAT, "converged": False, "OPF_converged": False, "name": name,
        "f_hz": hertz, "sn_mva": 1.0, "std_types": {"line": {}, "trafo": {}, "trafo3w": {}, "fuse": {}},
    }  # fmt: skip
    whole = {"_module": "pandapower.auxiliary", "_class": "pandapowerNet", "_object": parts}
    return (json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def types(numbers: Iterable[str] = (), texts: Sequence[str] = (), flags: Sequence[str] = (),
          counts: Sequence[str] = ()) -> dict[str, str]:  # fmt: skip
    """Columns with their types.

    >>> types(["vn_kv"], texts=["name"], counts=["bus"])
    {'name': 'object', 'bus': 'uint32', 'vn_kv': 'float64'}
    """
    kinds = (texts, "object"), (counts, "uint32"), (numbers, "float64"), (flags, "bool")
    return {column: kind for columns, kind in kinds for column in columns}
