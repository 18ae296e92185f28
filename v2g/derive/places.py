"""Where each vehicle stands, interval by interval: at which charger, at which site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from v2g.affine import Floats, Ints
from v2g.case import Case


@dataclass(frozen=True, eq=False)
class Told(Sequence[str]):
    """Labels of a sparse set, made when asked for: the names at some indices, one after the other."""

    parts: tuple[tuple[Sequence[str], Ints], ...]

    def __len__(self) -> int:
        return int(self.parts[0][1].size)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        return ", ".join(names[int(index[at])] for names, index in self.parts)


@dataclass(frozen=True)
class Places:
    """Charger and site of each vehicle in each interval (-1 = none), and the share of the interval, all (V, T)."""

    charger: Ints
    site: Ints
    share: Floats


def numbered(names: Sequence[str]) -> dict[str, int]:
    """Position of each name; the blank name has none."""
    return {name: i for i, name in enumerate(names)} | {"": -1}


def column(case: Case, table: str, name: str, default: float = 0.0) -> Floats:
    """A column of numbers, (rows,); ``default`` where blank, or where the case has no such column."""
    frame = case.table(table)
    if name not in frame:
        return np.full(len(frame), default)
    values = frame[name].to_numpy(float)
    return np.where(np.isnan(values), default, values)


def words(case: Case, table: str, name: str) -> list[str]:
    """A column of text, blank where the case has no such column."""
    frame = case.table(table)
    return [str(word) for word in frame[name]] if name in frame else [""] * len(frame)


def unzipped(entries: Sequence[tuple[Any, ...]], width: int) -> tuple[NDArray[Any], ...]:
    """Columns of a list of tuples as arrays; ``width`` empty ones where the list is empty."""
    return tuple(np.array(c) for c in zip(*entries, strict=True)) if entries else (np.zeros(0, dtype=np.int64),) * width


def site_of_charger(case: Case) -> Ints:
    """Site of each charger, -1 for none; one more entry, -1, stands for no charger."""
    sites = numbered(words(case, "sites", "site"))
    return np.array([*(sites.get(name, -1) for name in words(case, "chargers", "site")), -1], dtype=np.int64)


def places(case: Case) -> Places:
    """Where each vehicle stands. If two stays touch an interval, the longer one counts."""
    stays, shape = case.table("stays"), (len(case.table("vehicles")), case.steps)
    charger, site = np.full(shape, -1, dtype=np.int64), np.full(shape, -1, dtype=np.int64)
    share = np.zeros(shape)
    if len(stays):
        rows, posts = numbered(words(case, "vehicles", "vehicle")), numbered(words(case, "chargers", "charger"))
        sites, home = numbered(words(case, "sites", "site")), site_of_charger(case)
        parts = case.share_of_interval(stays["from_utc"], stays["until_utc"])
        here = zip(*(words(case, "stays", name) for name in ("vehicle", "charger", "site")), strict=True)
        for stay, (vehicle, post, place) in enumerate(here):
            v = rows[vehicle]
            longer = parts[stay] > share[v]
            charger[v, longer] = posts[post]
            site[v, longer] = home[posts[post]] if post else sites[place]
            share[v, longer] = parts[stay, longer]
    return Places(charger, site, share)
