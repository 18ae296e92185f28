"""The solver."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from v2g.batch.changes.change import Asked, Change, Setting
from v2g.batch.fields import Wrong, text
from v2g.errors import UsageError
from v2g.solvers import split


class Solver(Change):
    """The solver."""

    name = "solver"
    title = "the solver, such as highs:ipx"

    def value(self, found: Any, keys: Mapping[str, Any]) -> Any:
        """Its name."""
        name = text(found)
        try:
            split(name)
        except UsageError as error:
            raise Wrong(str(error)) from error
        return name

    def sets(self, keys: Mapping[str, Any]) -> str:
        """The solver."""
        return "the solver"

    def before(self, asked: Asked, to: Setting) -> Asked:
        """With that solver."""
        return asked.solved(solver=to.value)
