"""OR-Tools: GLOP (simplex) and PDLP. Its libraries and those of HiGHS do not load into one process."""

from __future__ import annotations

from typing import Any

import numpy as np

from v2g.benchmark.program import Program
from v2g.benchmark.solvers.entry import EXACT, EXTRA, FIRST_ORDER, Asked, Reply, Solver
from v2g.benchmark.watch import Watch

NEAR = 1e-6
"""Relative tolerance that PDLP is asked for."""


def glop(program: Program, asked: Asked, watch: Watch) -> Reply:
    """Dual simplex after presolve."""
    import ortools
    import scipy.sparse  # noqa: F401  loaded before the clock starts
    from ortools.linear_solver.python import model_builder_helper as builder

    watch.begin("hand_over")
    print(f"OR-Tools {ortools.__version__}")
    model: Any = builder.ModelBuilderHelper()
    solver = builder.ModelSolverHelper("glop")
    model.fill_model_from_sparse_data(
        program.lower, program.upper, program.cost, program.row_lower, program.row_upper, matrix(program)
    )
    solver.set_time_limit_in_seconds(asked.time_limit)
    solver.set_solver_specific_parameters(
        f"use_dual_simplex: true random_seed: {asked.seed + 1} num_omp_threads: 1 log_search_progress: true "
        "log_to_stdout: true primal_feasibility_tolerance: 1e-9 dual_feasibility_tolerance: 1e-9 "
        "solution_feasibility_tolerance: 1e-8"
    )
    solver.enable_output(True)
    watch.begin("solve")
    solver.solve(model)
    watch.begin("read_back")
    said = str(solver.status()).rpartition(".")[2]
    claims = {"OPTIMAL": "optimal", "FEASIBLE": "feasible", "INFEASIBLE": "infeasible", "UNBOUNDED": "unbounded",
              "NOT_SOLVED": "time limit"}  # fmt: skip
    claim = claims.get(said, "failed")
    if claim not in ("optimal", "feasible") or not solver.has_solution():
        return Reply("time limit" if claim == "feasible" else claim, said=f"{said} {solver.status_string()}")
    x, y = np.array(solver.variable_values()), np.array(solver.dual_values())
    return Reply(claim, x, y, float(solver.objective_value()), said=said)


def pdlp(program: Program, asked: Asked, watch: Watch) -> Reply:
    """PDLP, a first-order method, through its own interface."""
    import ortools
    import scipy.sparse  # noqa: F401  loaded before the clock starts
    from ortools.pdlp import solve_log_pb2, solvers_pb2
    from ortools.pdlp.python import pdlp as engine

    watch.begin("hand_over")
    print(f"OR-Tools {ortools.__version__}")
    model = engine.QuadraticProgram()
    model.resize_and_initialize(program.columns, program.rows)
    model.objective_vector = program.cost
    model.constraint_matrix = matrix(program).tocsc()
    model.constraint_lower_bounds, model.constraint_upper_bounds = program.row_lower, program.row_upper
    model.variable_lower_bounds, model.variable_upper_bounds = program.lower, program.upper
    ends = solvers_pb2.TerminationCriteria(time_sec_limit=asked.time_limit)
    ends.simple_optimality_criteria.eps_optimal_absolute = NEAR
    ends.simple_optimality_criteria.eps_optimal_relative = NEAR
    parameters = solvers_pb2.PrimalDualHybridGradientParams(termination_criteria=ends, num_threads=1, verbosity_level=2)
    watch.begin("solve")
    found = engine.primal_dual_hybrid_gradient(model, parameters)
    watch.begin("read_back")
    log = found.solve_log
    reason = solve_log_pb2.TerminationReason.Name(log.termination_reason)
    print(f"PDLP ended by {reason} after {log.iteration_count} iterations")
    claims = {"TERMINATION_REASON_OPTIMAL": "optimal", "TERMINATION_REASON_TIME_LIMIT": "time limit",
              "TERMINATION_REASON_PRIMAL_INFEASIBLE": "infeasible",
              "TERMINATION_REASON_DUAL_INFEASIBLE": "unbounded"}  # fmt: skip
    claim = claims.get(reason, "failed")
    if claim != "optimal":
        return Reply(claim, said=reason)
    x, y = np.array(found.primal_solution), np.array(found.dual_solution)
    return Reply(claim, x, y, float(program.cost @ x), said=reason)


def matrix(program: Program) -> Any:
    """The rows as a sparse matrix of SciPy, (m, n)."""
    from scipy.sparse import csr_matrix

    return csr_matrix((program.value, program.index, program.start), shape=(program.rows, program.columns))


VERSIONS = (r"OR-Tools (\S+)",)

SOLVERS = (
    Solver(
        "ortools-glop", "OR-Tools GLOP", EXACT, ("lp",), "ortools", EXTRA, glop, VERSIONS,
        (
            (r"Dual (optimization|feasibility) phase", "dual simplex"),
            (r"Primal (optimization|feasibility) phase", "primal simplex"),
        ),
    ),
    Solver(
        "ortools-pdlp", "OR-Tools PDLP", FIRST_ORDER, ("lp",), "ortools", EXTRA, pdlp, VERSIONS,
        ((r"PDLP ended by", "PDLP"),), "PDLP", tolerance=NEAR, measure="l2", near=1e-4,
    ),
)  # fmt: skip
