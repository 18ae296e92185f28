"""The proof of a plan's bounds, once more: from the case and the plan's row multipliers, no solver involved.

The linear program is assembled again, and from the multipliers of each stage a bound is computed that
holds whatever they are (`v2g.replay.certificate`). It is compared with the bound that the plan states.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from v2g.affine import Floats
from v2g.case import Case
from v2g.derive.losses import with_losses
from v2g.engine.bounds import Hold, rounded_up, step, valid_bound
from v2g.engine.tree import Tree
from v2g.errors import UsageError
from v2g.language import Part
from v2g.lp import LP, Objective
from v2g.plan import Plan
from v2g.planning import problem_of
from v2g.readings.arrays import Arrays

ROOM = 1e-6
DUST = 1e-9


@dataclass(frozen=True)
class StageProof:
    """One stage: its value and bound as the plan states them, and the bound proven here, in ``unit``.

    ``unproven`` counts choices of whole loads that rest on the solver's word that they have no solution.
    Where ``by`` is ``solver`` the plan says that its bound rests on the solver's own search.
    """

    name: str
    unit: str
    objective: float
    stated: float
    proven: float
    unproven: int = 0
    by: str = "multipliers"

    @property
    def reached(self) -> bool:
        """Whether what is proven here reaches what is stated."""
        return self.proven >= self.stated - ROOM * max(1.0, abs(self.stated))

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against the statement: no value below a proven bound, no bound without proof.

        A bound that the plan itself calls the solver's word is taken as that, up to the value.
        """
        possible = self.objective >= self.proven - ROOM * max(1.0, abs(self.proven))
        claimed = self.by == "solver" and self.stated <= self.objective + ROOM * max(1.0, abs(self.objective))
        return possible and (self.reached or claimed)

    @property
    def words(self) -> str:
        """What is proven and what is only claimed, where these differ."""
        if self.reached:
            return ""
        unit = "" if self.unit == "1" else f" {self.unit}"
        proven, stated = (f"{bound if abs(bound) > DUST else 0.0:.6g}{unit}" for bound in (self.proven, self.stated))
        return f"{self.name}: {proven} proven by multipliers, {stated} by the solver's search"

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, ready for JSON."""
        return {**self.__dict__, "reached": self.reached, "ok": self.ok}


@dataclass(frozen=True)
class Proof:
    """All stages, and what a reader should know. ``exact`` says that no rounding was involved."""

    stages: tuple[StageProof, ...]
    notes: tuple[str, ...]
    exact: bool

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against any stage."""
        return all(stage.ok for stage in self.stages)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, ready for JSON."""
        stages = [stage.to_dict() for stage in self.stages]
        return {"ok": self.ok, "exact": self.exact, "stages": stages, "notes": list(self.notes)}


def certify(case: Case, plan: Plan, *, parts: Sequence[type[Part]] = (), exact: bool = False) -> Proof:
    """Prove the bounds of a plan again; ``exact`` in rational numbers, which takes its time.

    A stage without usable multipliers is left out, with a note. Raises UsageError where ``parts`` are not
    those that the plan was made with.
    """
    provenance = _part(plan.summary, "provenance")
    notes = []
    if provenance.get("case_sha256") not in (None, case.sha256):
        notes.append("The plan was made for another version of this case: the files have changed since.")
    named, given = {str(name) for name in provenance.get("parts") or ()}, {part.__name__ for part in parts}
    if named != given:
        needed = ", ".join(sorted(named)) or "no parts"
        raise UsageError(f"The plan uses {needed} from outside; give the same here (--with).")
    stated = _part(plan.summary, "certificate").get("stages")
    network = str(provenance.get("network") or case.header["network"])
    policy = str(provenance.get("policy") or case.header["policy"])
    lp = Arrays(problem_of(with_losses(case, plan.tables), network, policy, tuple(parts))).read()
    if not plan.duals or not isinstance(stated, (list, tuple)):
        return Proof((), (*notes, "Not proven: the plan holds no row multipliers (duals.npz)."), exact)
    by_name = {str(row["name"]): row for row in stated if isinstance(row, Mapping) and "name" in row}
    evidence = _Evidence(lp, plan, exact)
    proofs, missing = [], []
    for objective in lp.objectives:
        bound = evidence.bound(objective)
        row = by_name.get(objective.name)
        if bound is None or row is None:
            missing.append(objective.name)
            continue
        tree = evidence.tree(objective.name)
        value, claim = float(row["objective"]), float(row["bound"])
        unproven = 0 if tree is None else tree.unproven()
        by = str(row.get("by", "multipliers"))
        proofs.append(StageProof(objective.name, objective.unit, value, claim, bound, unproven, by))
    if missing:
        notes.append(f"Not proven: the plan holds no usable multipliers for {', '.join(missing)}.")
    notes += [f"{proof.words}." for proof in proofs if proof.by == "solver" and proof.words]
    return Proof(tuple(proofs), tuple(notes), exact)


@dataclass(frozen=True)
class _Evidence:
    """What a plan keeps for the proof: multipliers, bounds of whole columns, values of earlier stages."""

    lp: LP
    plan: Plan
    exact: bool

    def bound(self, objective: Objective) -> float | None:
        """Bound on a stage in its own unit; None where the evidence does not fit the program."""
        lower, upper = self._columns(objective.name)
        duals = self.plan.duals.get(f"{objective.name}.multipliers")
        y = np.zeros(self.lp.shape[0]) if duals is None else np.asarray(duals, dtype=float)
        holds = self._holds(y.size - self.lp.shape[0])
        if holds is None or lower is None or upper is None:
            return None
        tree = self.tree(objective.name)
        if tree is not None:
            return tree.bound(self.lp, objective, lower, upper, holds, exact=self.exact)
        proven = self._proven(objective, y, lower, upper, holds)
        least = self._proven(objective, np.zeros(self.lp.shape[0]), lower, upper, [])
        return rounded_up(proven, least, step(self.lp, objective)) if math.isfinite(proven) else proven

    def _columns(self, name: str) -> tuple[Floats | None, Floats | None]:
        whole = np.flatnonzero(self.lp.integer)
        low, high = (self.plan.duals.get(f"{name}.{side}") for side in ("lower", "upper"))
        if low is None or high is None or low.shape != whole.shape or high.shape != whole.shape:
            return None, None
        lower, upper = self.lp.lower.copy(), self.lp.upper.copy()
        lower[whole], upper[whole] = low, high
        return lower, upper

    def tree(self, name: str) -> Tree | None:
        """The search that proves a stage, if the plan keeps one."""
        try:
            return Tree.of({key: self.plan.duals[f"{name}.{key}"] for key in Tree.KEYS})
        except KeyError:
            return None

    def _holds(self, count: int) -> list[Hold] | None:
        """The first ``count`` earlier stages that were held: those with multipliers, in order."""
        values = np.asarray(self.plan.duals.get("holds", np.zeros(0)), dtype=float)
        held = [o for o in self.lp.objectives if f"{o.name}.multipliers" in self.plan.duals]
        if count < 0 or count > min(len(held), values.size):
            return None
        return [Hold(o.index, o.value, float(v)) for o, v in zip(held[:count], values[:count], strict=True)]

    def _proven(self, objective: Objective, y: Floats, lower: Floats, upper: Floats, holds: list[Hold]) -> float:
        return valid_bound(self.lp, objective, y, lower, upper, holds, exact=self.exact)


def _part(summary: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = summary.get(key)
    return value if isinstance(value, Mapping) else {}
