"""HiGHS: simplex, its two interior-point methods, PDLP, and branch and cut."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from v2g.benchmark.program import Program
from v2g.benchmark.solvers.entry import EXACT, FIRST_ORDER, Asked, Reply, Solver
from v2g.benchmark.watch import Watch

GAP = 1e-7
"""Gap at which a search among whole columns may stop: a tenth of what answers are judged by."""
COMMON: dict[str, Any] = {
    "threads": 1, "primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9,
    "mip_feasibility_tolerance": 1e-9, "mip_rel_gap": GAP, "mip_abs_gap": GAP,
}  # fmt: skip
FIRST = {"pdlp_optimality_tolerance": 1e-6, "kkt_tolerance": 1e-6, "threads": 1}


def solve(options: dict[str, Any], program: Program, asked: Asked, watch: Watch) -> Reply:
    """Solve with options; HiGHS itself has to take each of them."""
    import highspy

    watch.begin("hand_over")
    highs = highspy.Highs()
    limits = {"random_seed": asked.seed, "time_limit": asked.time_limit}
    for name, value in {**options, **limits}.items():
        if highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            return Reply("failed", said=f"HiGHS refuses the option {name} = {value!r}")
    if highs.passModel(_model(program)) == highspy.HighsStatus.kError:
        return Reply("failed", said="HiGHS refuses the program")
    watch.begin("solve")
    highs.run()
    watch.begin("read_back")
    found, info, solution = highs.getModelStatus(), highs.getInfo(), highs.getSolution()
    known = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    claims = {
        highspy.HighsModelStatus.kOptimal: "optimal",
        highspy.HighsModelStatus.kInfeasible: "infeasible",
        highspy.HighsModelStatus.kUnbounded: "unbounded",
        highspy.HighsModelStatus.kTimeLimit: "feasible" if known else "time limit",
    }
    claim = claims.get(found, "failed")
    point = claim in ("optimal", "feasible")
    return Reply(
        claim,
        np.array(solution.col_value) if point else None,
        np.array(solution.row_dual) if solution.dual_valid else None,
        float(info.objective_function_value) if point else None,
        float(info.mip_dual_bound) if program.integer.any() else None,
        str(highs.modelStatusToString(found)),
    )


def _model(program: Program) -> Any:
    import highspy

    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = program.rows, program.columns
    model.col_cost_, model.col_lower_, model.col_upper_ = program.cost, program.lower, program.upper
    model.row_lower_, model.row_upper_ = program.row_lower, program.row_upper
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.num_row_, matrix.num_col_ = program.rows, program.columns
    matrix.start_, matrix.index_ = program.start.astype(np.int32), program.index.astype(np.int32)
    matrix.value_ = program.value
    if program.integer.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        model.integrality_ = [kinds[int(whole)] for whole in program.integer]
    return model


VERSIONS = (r"Running HiGHS (\S+)",)
ALGORITHMS = (
    (r"Solving MIP model", "branch and cut"),
    (r"Running HiPO|[Hh]i[Pp][Oo]:|HiPO", "HiPO"),
    (r"IPX version", "IPX"),
    (r"PDLP-C|Solving with .*PDLP", "PDLP"),
    (r"Using dual simplex solver|EKK dual simplex|Using EKK", "dual simplex"),
    (r"Using primal simplex solver|EKK primal simplex", "primal simplex"),
    (r"Running crossover|Status crossover", "crossover"),
    (r"Presolve reductions: rows 0\(|LP is trivially|Presolve : Reductions: rows 0\(", "presolve alone"),
)
INSTALL = "pip install highspy"

SOLVERS = (
    Solver(
        "highs-simplex", "HiGHS, dual simplex", EXACT, ("lp",), "highspy", INSTALL,
        partial(solve, COMMON | {"solver": "simplex"}), VERSIONS, ALGORITHMS, "simplex",
    ),
    Solver(
        "highs-ipx", "HiGHS, interior point IPX with crossover", EXACT, ("lp",), "highspy", INSTALL,
        partial(solve, COMMON | {"solver": "ipx", "run_crossover": "on"}), VERSIONS, ALGORITHMS, "IPX",
    ),
    Solver(
        "highs-hipo", "HiGHS, interior point HiPO with crossover", EXACT, ("lp",), "highspy-extras",
        "pip install 'v2g[hipo]'", partial(solve, COMMON | {"solver": "hipo", "run_crossover": "on"}),
        VERSIONS, ALGORITHMS, "HiPO",
    ),
    Solver(
        "highs-pdlp", "HiGHS, PDLP", FIRST_ORDER, ("lp",), "highspy", INSTALL,
        partial(solve, FIRST | {"solver": "pdlp", "run_crossover": "off"}), VERSIONS, ALGORITHMS, "PDLP",
        tolerance=1e-6, measure="l2", near=1e-4,
    ),
    Solver(
        "highs-mip", "HiGHS, branch and cut", EXACT, ("milp",), "highspy", INSTALL,
        partial(solve, COMMON), VERSIONS, ALGORITHMS, "branch and cut",
    ),
)  # fmt: skip
