"""The policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from v2g.batch.changes.change import Asked, Change, Setting
from v2g.batch.fields import word
from v2g.register import POLICIES

POLICY = "the policy"


class Policy(Change):
    """The policy, in place of that of the case."""

    name = "policy"
    title = "the policy"

    def value(self, found: Any, keys: Mapping[str, Any]) -> Any:
        """Its name."""
        return word(tuple(POLICIES))(found)

    def sets(self, keys: Mapping[str, Any]) -> str:
        """The policy."""
        return POLICY

    def before(self, asked: Asked, to: Setting) -> Asked:
        """With that policy."""
        return asked.solved(policy=to.value)
