"""The scenarios of a study: each point of its axes, for each base case and seed, and the key that names its content."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from v2g.batch.axes import Axis
from v2g.batch.changes import Setting
from v2g.batch.study import Study
from v2g.populate.stream import Stream

DRAW = 1_000_000
"""Draw d of seed s has the seed s x DRAW + d, so that each draws for itself."""


@dataclass(frozen=True)
class Scenario:
    """One scenario: its number from 1, its base case, its seed, and the value of each axis."""

    number: int
    case: str
    seed: int
    settings: Mapping[str, Any]


def scenarios(study: Study) -> list[Scenario]:
    """All of them, in the order of their numbers: by case, then by the axes as they stand, then by seed."""
    by_case = next((axis for axis in study.axes if axis.change == "case"), None)
    names = [""] if by_case else list(study.cases)
    points = ((name, seed, point) for name in names for seed, point in _points(study))
    return [
        Scenario(number, str(point[by_case.name]) if by_case else name, seed, point)
        for number, (name, seed, point) in enumerate(points, start=1)
    ]


def _points(study: Study) -> Iterator[tuple[int, dict[str, Any]]]:
    if study.sample == "grid":
        drawn = {seed: {axis.name: axis.quantile(_stream(seed, axis.name).uniform())
                        for axis in study.axes if axis.drawn} for seed in study.seeds}  # fmt: skip
        listed = [axis for axis in study.axes if not axis.drawn]
        for values in itertools.product(*(axis.values for axis in listed)):
            chosen = {axis.name: value for axis, value in zip(listed, values, strict=True)}
            for seed in study.seeds:
                here = chosen | drawn[seed]
                yield seed, {axis.name: here[axis.name] for axis in study.axes}
        return
    for seed in study.seeds:
        shares = {axis.name: _shares(study, axis, seed) for axis in study.axes}
        for draw in range(study.draws):
            yield seed * DRAW + draw, {axis.name: axis.quantile(shares[axis.name][draw]) for axis in study.axes}


def _shares(study: Study, axis: Axis, seed: int) -> list[float]:
    """Shares below 1, one for each draw; a Latin hypercube has one in each of as many even strips."""
    stream = _stream(seed, axis.name)
    if study.sample == "random":
        return [stream.uniform() for _ in range(study.draws)]
    strips = stream.shuffled(range(study.draws))
    return [(strip + stream.uniform()) / study.draws for strip in strips]


def _stream(seed: int, axis: str) -> Stream:
    return Setting(f"sample of {axis}", None, {}, seed).stream()


def task_of(study: Study, scenario: Scenario, base_sha256: str, sites_sha256: str | None,
            made: Mapping[str, str]) -> dict[str, Any]:  # fmt: skip
    """All that bears on the result of a scenario, as plain data, with its key.

    ``made`` are versions of the program and of the solver; a list of sites for `populate` goes by its content.
    """
    populate = study.populate
    if populate is not None and sites_sha256 is not None:
        populate = {**populate, "critical": f"sha256:{sites_sha256}"}
    content = {
        "case": scenario.case, "case_sha256": base_sha256, "seed": scenario.seed, "settings": dict(scenario.settings),
        "axes": [axis.to_dict() for axis in study.axes], "populate": populate, "solve": dict(study.solve),
        "values": study.values, "made": dict(made),
    }  # fmt: skip
    return {"key": key_of(content), "number": scenario.number, **content}


def key_of(content: Mapping[str, Any]) -> str:
    """The key of what bears on a result: a SHA-256, of which half is enough."""
    inside = {name: value for name, value in content.items() if name not in ("key", "number")}
    text = json.dumps(inside, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
