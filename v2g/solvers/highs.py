"""HiGHS, straight from arrays. Every option is checked as it is set; every status is looked at."""

from __future__ import annotations

import time
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from v2g.affine import Floats, Rows
from v2g.errors import SolveError, SolverMissing, UsageError
from v2g.solvers.answer import Answer, Status

VARIANTS = ("", "simplex", "ipx", "hipo", "pdlp")
ALLOWED = (
    "threads",
    "random_seed",
    "time_limit",
    "presolve",
    "solver",
    "run_crossover",
    "primal_feasibility_tolerance",
    "dual_feasibility_tolerance",
    "mip_feasibility_tolerance",
    "mip_rel_gap",
    "mip_abs_gap",
    "mip_max_nodes",
    "small_matrix_value",
)

STATUS = {
    highspy.HighsModelStatus.kOptimal: Status.OPTIMAL,
    highspy.HighsModelStatus.kInfeasible: Status.INFEASIBLE,
    highspy.HighsModelStatus.kUnbounded: Status.UNBOUNDED,
    highspy.HighsModelStatus.kUnboundedOrInfeasible: Status.INFEASIBLE,
    highspy.HighsModelStatus.kTimeLimit: Status.TIME_LIMIT,
}
ZERO = 1e-9
"""Rows without columns may miss zero by that much."""
CUT_SHORT = (highspy.HighsModelStatus.kTimeLimit, highspy.HighsModelStatus.kSolutionLimit)


def versions() -> str:
    """Version of HiGHS and, where installed, of its extras."""
    text = f"HiGHS {version('highspy')}"
    try:
        return f"{text} with extras {version('highspy-extras')}"
    except PackageNotFoundError:
        return text


class Session:
    """One program inside HiGHS: costs and bounds may change and rows be added between runs."""

    def __init__(self, options: dict[str, Any] | None = None) -> None:
        self.highs = highspy.Highs()
        self.highs.silent()
        self.searching, self.afresh = False, True
        self.method, self.failed = "choose", list[str]()
        for name, value in (options or {}).items():
            self.option(name, value)

    def option(self, name: str, value: Any) -> None:
        """Set one option, or say that HiGHS refuses it."""
        if name not in ALLOWED:
            raise UsageError(f"HiGHS option '{name}' may not be set here. Allowed: {', '.join(ALLOWED)}.")
        if name == "solver" and value == "hipo":
            _need_hipo()
        if self.highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise UsageError(f"HiGHS refuses the option {name} = {value!r}.")
        self.method = str(value) if name == "solver" else self.method

    def load(self, rows: Rows, row_lower: Floats, row_upper: Floats, lower: Floats, upper: Floats, cost: Floats,
             integer: NDArray[np.bool_] | None = None) -> None:  # fmt: skip
        """Hand over a whole program, to be minimised."""
        program = highspy.HighsLp()
        program.num_row_, program.num_col_ = row_lower.size, lower.size
        program.col_cost_, program.col_lower_, program.col_upper_ = cost, lower, upper
        program.row_lower_, program.row_upper_ = row_lower, row_upper
        matrix = program.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.num_row_, matrix.num_col_ = row_lower.size, lower.size
        matrix.start_ = rows.start.astype(np.int32)
        matrix.index_, matrix.value_ = rows.index.astype(np.int32), rows.value
        program.sense_ = highspy.ObjSense.kMinimize
        if integer is not None and integer.any():
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            program.integrality_ = [kinds[int(i)] for i in integer]
        _must(self.highs.passModel(program), "took over the program")

    def costs(self, cost: Floats) -> None:
        """New costs for all columns."""
        size = cost.size
        _must(self.highs.changeColsCost(size, np.arange(size, dtype=np.int32), cost), "changed the costs")

    def forget(self) -> None:
        """Start the next run from nothing: presolve and a fresh basis beat a basis of another objective."""
        _must(self.highs.clearSolver(), "forgotten its basis")
        self.afresh = True

    def basis(self) -> Any:
        """Where the last run ended, for `resume`."""
        return self.highs.getBasis()

    def resume(self, basis: Any) -> None:
        """Start the next run where an earlier one ended, if it got anywhere."""
        if basis.valid:
            _must(self.highs.setBasis(basis), "taken up an earlier basis")
            self.afresh = False

    def bounds(self, columns: NDArray[Any], lower: Floats, upper: Floats) -> None:
        """New bounds for some columns."""
        status = self.highs.changeColsBounds(columns.size, columns.astype(np.int32), lower, upper)
        _must(status, "changed bounds")

    def sides(self, row: int, lower: float, upper: float) -> None:
        """New sides for a row."""
        _must(self.highs.changeRowBounds(row, lower, upper), "changed the sides of a row")

    def add_rows(self, rows: Rows, lower: Floats, upper: Floats) -> None:
        """More rows."""
        status = self.highs.addRows(
            lower.size,
            lower,
            upper,
            rows.value.size,
            rows.start[:-1].astype(np.int32),
            rows.index.astype(np.int32),
            rows.value,
        )
        _must(status, "added rows")

    def whole(self, columns: NDArray[Any], kind: bool, constant: float = 0.0) -> None:
        """Make some columns whole, or no longer; ``constant`` is what the objective gains beyond its columns."""
        kinds = np.full(columns.size, int(kind), dtype=np.uint8)
        status = self.highs.changeColsIntegrality(columns.size, columns.astype(np.int32), kinds)
        self.searching = kind
        _must(status, "made columns whole")
        _must(self.highs.changeObjectiveOffset(constant), "moved the objective")

    def suggest(self, x: Floats) -> None:
        """A whole point to start from."""
        status = self.highs.setSolution(x.size, np.arange(x.size, dtype=np.int32), x)
        _must(status, "taken a point to start from")

    def run(self, time_limit: float | None = None) -> Answer:
        """Solve; the answer's point and multipliers are copies. A failure names all runs that failed since a success.

        Simplex now and then stops at a point that it cannot judge ("Unknown"), a few pivots from the optimum: it goes
        on from there, and where that is no help it starts afresh.
        """
        until = None if time_limit is None else time.perf_counter() + time_limit
        answer = self._noted(time_limit)
        for anew in (False, True):
            if answer.status is not Status.FAILED or self.searching or self.method != "simplex":
                break
            if anew:
                self.forget()
            answer = self._noted(None if until is None else until - time.perf_counter())
        return answer

    def _noted(self, time_limit: float | None) -> Answer:
        """One run; a failure is kept in mind until a run ends otherwise."""
        how = "branch and bound" if self.searching else f"{self.method} {'afresh' if self.afresh else 'from a basis'}"
        answer, self.afresh = self._run(time_limit), False
        if answer.status is not Status.FAILED:
            self.failed.clear()
            return answer
        self.failed.append(f"{how} ({answer.message})")
        return replace(answer, tried=tuple(self.failed))

    def _run(self, time_limit: float | None) -> Answer:
        """HiGHS counts the time of all runs for linear programs, and of the run alone where columns are whole."""
        before = 0.0 if self.searching else float(self.highs.getRunTime())
        limit = np.inf if time_limit is None else before + max(float(time_limit), 0.01)
        self.option("time_limit", limit)
        if self.highs.run() == highspy.HighsStatus.kError:
            return Answer(Status.FAILED, message="HiGHS ended with an error")
        found = self.highs.getModelStatus()
        status = STATUS.get(found, Status.FAILED)
        info, message = self.highs.getInfo(), str(self.highs.modelStatusToString(found))
        if found == highspy.HighsModelStatus.kModelEmpty:
            return self._nothing(message)
        bound = float(info.mip_dual_bound) if info.mip_node_count >= 0 else None
        if status is not Status.OPTIMAL:
            feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
            if not (found in CUT_SHORT and feasible):
                return Answer(status, bound=bound if found in CUT_SHORT else None, message=message)
            status = Status.FEASIBLE
        solution = self.highs.getSolution()
        y = np.array(solution.row_dual) if solution.dual_valid else None
        return Answer(status, np.array(solution.col_value), y, bound, message)

    def ray(self) -> Floats | None:
        """Multipliers of the rows that prove that the last run had no point, (rows,); None where HiGHS has none."""
        status, there, values = self.highs.getDualRay()
        return np.array(values) if status == highspy.HighsStatus.kOk and there else None

    def _nothing(self, message: str) -> Answer:
        """The answer to a program without columns, which HiGHS does not give: all its rows are zero."""
        program = self.highs.getLp()
        low, high = np.array(program.row_lower_, dtype=float), np.array(program.row_upper_, dtype=float)
        if (low > ZERO).any() or (high < -ZERO).any():
            return Answer(Status.INFEASIBLE, message=message)
        return Answer(Status.OPTIMAL, np.zeros(0), np.zeros(low.size), message=message)


def _must(status: Any, deed: str) -> None:
    if status == highspy.HighsStatus.kError:
        raise SolveError(f"HiGHS refused when it should have {deed}.")


def _need_hipo() -> None:
    try:
        version("highspy-extras")
    except PackageNotFoundError:
        raise SolverMissing("highs:hipo needs the package highspy-extras: pip install 'v2g[hipo]'.") from None
