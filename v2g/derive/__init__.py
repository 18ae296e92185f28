"""From the tables of a case to the arrays of a model: index sets, maps, windows, islands, floors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from v2g.case import Case
from v2g.derive import fleet, loads, network, outage, sources, stations, ways
from v2g.derive.context import Context
from v2g.errors import ModelError
from v2g.language import CASE_LETTERS, Part, objective, param
from v2g.problem import Array, Numbers

Deriver = Callable[[Context, type[Part]], dict[str, Any]]

COMMON = ("directions",)
"""Sets that several parts share beside those of the case."""

DERIVED: dict[str, Deriver] = {
    "loads": loads.derive,
    "vehicles": fleet.derive,
    "premises": ways.derive_premises,
    "sockets": ways.derive_sockets,
    "sites": ways.derive_sites,
    "stations": stations.derive,
    "batteries": sources.derive_batteries,
    "solar": sources.derive_solar,
    "generators": sources.derive_generators,
    "grid": sources.derive,
    "capacitors": network.derive_capacitors,
    "charging": network.derive_charging,
    "standing": network.derive_standing,
    "resting": network.derive_resting,
    "legs": network.derive,
}


def numbers(case: Case, parts: Sequence[type[Part]], context: Context | None = None) -> Numbers:
    """All index sets and arrays that the parts declare, from the tables of the case; a ``context`` of the case, where
    one is at hand, is not made again."""
    context, owner = context or Context(case), dict[str, str]()
    values: dict[tuple[str, str], Array] = {("", "dt"): case.hours, ("", "fraction"): case.hours / case.hours.sum()}
    for part in parts:
        table = case.table(part.table)
        if part.rows and part.from_file:
            key = part.table_spec().key  # type: ignore[union-attr]
            context.sets[part.table] = list(table[key]) if key in table else []
        if part.links:
            context.sets[f"{part.table}.links"] = context.links(part.table).labels
        values.update({(part.table, n): np.asarray(a) for n, a in _columns(case, part).items()})
        given = {**context.standard(part), **_derived(context, part)}
        values.update({(part.table, n): np.asarray(a) for n, a in given.items()})
        for name in set(part.sets.values()) - {*CASE_LETTERS.values(), *COMMON}:
            if owner.setdefault(name, part.table) != part.table:
                raise ModelError(f"{part.table} and {owner[name]} both declare the set '{name}'. Rename one of them.")
    return Numbers(context.sets, values)


def _derived(context: Context, part: type[Part]) -> dict[str, Any]:
    own = part.derive
    if own is not None:
        return dict(own(context, part))
    deriver = DERIVED.get(part.table) or (outage.derive if part.words(objective) else None)
    return deriver(context, part) if deriver is not None else {}


def _columns(case: Case, part: type[Part]) -> dict[str, Array]:
    """Params that are plain columns of the part's table."""
    table = case.table(part.table)
    found = {}
    for word in part.words(param):
        column = word.column()
        if column is None:
            continue
        values = table[column.name].to_numpy(float) if column.name in table else np.zeros(0)
        found[word.name] = values
    return found
