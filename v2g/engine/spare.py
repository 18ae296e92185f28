"""What can be spared of limits that clash, until nothing can: each is left out on trial, for good if the rest clashes.

A deletion filter (Chinneck and Dravnieks 1991, doi:10.1287/ijoc.3.2.157). Each trial goes on from the basis of the one
before. Where the rest still clashes, the solver's multipliers say which members prove it, and all others go at once.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from v2g.affine import Floats, Ints, Term, compress, gather
from v2g.engine.clock import Clock
from v2g.engine.stretch import OPTIONS, Members, Unfinished, priced
from v2g.lp import LP, stack
from v2g.solvers.answer import Status
from v2g.solvers.highs import Session

Member = tuple[str, int]
SURE = (Status.INFEASIBLE, Status.OPTIMAL)


def filtered(lp: LP, candidates: Members, clock: Clock) -> Members | None:
    """The candidates, less all that can be spared; None where they do not clash by themselves.

    ``least`` is False where time ran out before each was tried. Raises `Unfinished` where nothing is known.
    """
    trial = _Trial(lp, candidates)
    if not trial.clashes(clock.left()):
        return None
    open_, needed = trial.proven(trial.members()), 0
    while needed < len(open_):
        if clock.over:
            return trial.remaining(False)
        member = open_[needed]
        trial.leave_out([member])
        try:
            clashes = trial.clashes(clock.left())
        except Unfinished:
            trial.put_back(member)
            return trial.remaining(False)
        if clashes:
            open_ = trial.proven([*open_[:needed], *open_[needed + 1 :]])
        else:
            trial.put_back(member)
            needed += 1
    return trial.remaining(True)


class _Trial:
    """The program of the candidates alone; members are left out and put back."""

    def __init__(self, lp: LP, among: Members) -> None:
        entries = gather(lp.matrix, among.rows)
        self.columns = np.unique(np.concatenate([entries.column, among.lower, among.upper]))
        self.rows: Ints = among.rows
        place = np.searchsorted(self.columns, entries.column)
        body = compress(among.rows.size, (Term(entries.row, place, entries.coefficient),))
        self.inside = {
            "lower": np.isin(self.columns, among.lower),
            "upper": np.isin(self.columns, among.upper),
            "row": np.ones(among.rows.size, bool),
        }
        own, box = self.rows, self.columns
        nowhere = np.zeros(box.size, bool)
        self.program = LP(
            stack([body]), lp.row_lower[own], lp.row_upper[own], lp.lower[box], lp.upper[box],
            nowhere, nowhere, np.zeros(own.size, bool), (), lp.layout,
        )  # fmt: skip
        self.session = Session({**OPTIONS, "presolve": "off"})
        self.session.load(self.program.matrix, lp.row_lower[own], lp.row_upper[own], *self._box(), np.zeros(box.size))

    def _box(self, at: Ints | slice = slice(None)) -> tuple[Floats, Floats]:
        """Bounds of some columns as far as they are inside."""
        inside, one = self.inside, self.program
        lower = np.where(inside["lower"][at], one.lower[at], -np.inf)
        return lower, np.where(inside["upper"][at], one.upper[at], np.inf)

    def members(self) -> list[Member]:
        """All that is inside. Bounds first, then rows: laws are left out last."""
        return [(kind, int(at)) for kind, inside in self.inside.items() for at in np.flatnonzero(inside)]

    def clashes(self, time_limit: float | None) -> bool:
        """Whether what is inside has no point. Raises `Unfinished` where the solver cannot say.

        A run that goes on from the one before is quickest; one from nothing, with presolve, most often gets through.
        """
        status = self.session.run(time_limit).status
        if status not in SURE:
            self.session.forget()
            self.session.option("presolve", "on")
            status = self.session.run(time_limit).status
            self.session.option("presolve", "off")
        if status not in SURE:
            raise Unfinished(status.value)
        return status is Status.INFEASIBLE

    def proven(self, members: list[Member]) -> list[Member]:
        """Those of the members with which the last run proved its clash; the others are left out."""
        y = self.session.ray()
        if y is None:
            return members
        lower, upper = self._box()
        inside = replace(self.program, lower=lower, upper=upper)
        proof = priced(inside, y) or priced(inside, -y)
        if proof is None:
            return members
        needed = {("row", int(at)) for at in proof.rows}
        needed |= {("lower", int(at)) for at in proof.lower} | {("upper", int(at)) for at in proof.upper}
        self.leave_out([member for member in members if member not in needed])
        return [member for member in members if member in needed]

    def leave_out(self, members: list[Member]) -> None:
        """Some members less."""
        for kind, at in members:
            self.inside[kind][at] = False
            self._tell(kind, at)

    def put_back(self, member: Member) -> None:
        """That member again."""
        kind, at = member
        self.inside[kind][at] = True
        self._tell(kind, at)

    def _tell(self, kind: str, at: int) -> None:
        if kind == "row":
            here = self.inside["row"][at]
            low, high = (self.program.row_lower[at], self.program.row_upper[at]) if here else (-np.inf, np.inf)
            self.session.sides(at, low, high)
        else:
            column = np.array([at])
            self.session.bounds(column, *self._box(column))

    def remaining(self, least: bool) -> Members:
        """What was not left out."""
        rows, lower, upper = (np.flatnonzero(self.inside[kind]) for kind in ("row", "lower", "upper"))
        return Members(self.rows[rows], self.columns[lower], self.columns[upper], least)
