"""Which base case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from v2g.batch.changes.change import Asked, Change, Setting
from v2g.batch.fields import text


class Case(Change):
    """Which base case; its values stand in the place of ``cases``."""

    name = "case"
    title = "the base case: a name or a folder, in place of `cases`"

    def value(self, found: Any, keys: Mapping[str, Any]) -> Any:
        """A name or a folder."""
        return text(found)

    def sets(self, keys: Mapping[str, Any]) -> str:
        """The case."""
        return "the base case"

    def before(self, asked: Asked, to: Setting) -> Asked:
        """Of this case."""
        return replace(asked, case=to.value)
