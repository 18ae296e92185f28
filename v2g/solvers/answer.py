"""What a solver says: a status as a value, and a point only where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from v2g.affine import Floats


class Status(Enum):
    """How a solve ended. Only `OPTIMAL` and `FEASIBLE` come with a point."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    TIME_LIMIT = "time limit"
    FAILED = "failed"

    @property
    def has_point(self) -> bool:
        """Whether an answer with this status carries a point."""
        return self in (Status.OPTIMAL, Status.FEASIBLE)


@dataclass(frozen=True)
class Answer:
    """Point ``x`` (columns,), row multipliers ``y`` (rows,) where the solver gives them, and what it says of itself.

    There is no ``x`` without a status that has a point. ``bound`` is the solver's own claim; the
    certificate never uses it. ``tried`` are the methods that failed, one after the other, each with what it said.
    """

    status: Status
    x: Floats | None = None
    y: Floats | None = None
    bound: float | None = None
    message: str = ""
    tried: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.x is not None) != self.status.has_point:
            raise ValueError(
                f"an answer with status '{self.status.value}' {'lacks' if self.x is None else 'carries'} a point"
            )
