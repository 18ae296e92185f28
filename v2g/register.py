"""What there is: the parts, networks, policies and tables, those of `v2g.models` and those from outside."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from v2g import models
from v2g.errors import UsageError
from v2g.language import Part
from v2g.schema import TableSpec, merge
from v2g.tables import SUPPORT

NETWORKS: Mapping[str, tuple[type[Part], ...]] = models.NETWORKS
POLICIES: Mapping[str, type[Part]] = models.POLICIES


def choose(kind: str, name: str, register: Mapping[str, Any]) -> Any:
    """An entry of a register, or an error that names the nearest one."""
    if name in register:
        return register[name]
    close = difflib.get_close_matches(name, register, n=1)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    raise UsageError(f"There is no {kind} '{name}'.{hint} Known: {', '.join(register)}.")


def parts_of(network: str, policy: str, extra: Sequence[type[Part]] = ()) -> tuple[type[Part], ...]:
    """Devices, the parts of a network, parts from outside, and a policy, in the order of their columns.

    A part from outside takes the place of the one that reads the same table.
    """
    shipped = (*models.DEVICES, *choose("network", network, NETWORKS), choose("policy", policy, POLICIES))
    instead = {part.table: part for part in extra}
    tables = {part.table for part in shipped}
    return (*(instead.get(p.table, p) for p in shipped), *(p for p in extra if p.table not in tables))


def declarations(extra: Iterable[type[Part]] = ()) -> dict[str, TableSpec]:
    """Every table a case may have, whatever network it is solved on."""
    networks = [part for parts in NETWORKS.values() for part in parts]
    specs = [spec for part in (*models.DEVICES, *networks, *extra) if (spec := part.table_spec()) is not None]
    return merge([*SUPPORT, *specs])
