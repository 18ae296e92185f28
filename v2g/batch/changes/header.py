"""Keys of the header of a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from v2g.batch.changes.change import Asked, Change, Setting
from v2g.batch.fields import scalar, word
from v2g.check.header import KEYS
from v2g.remedies.tables import Tables


class Header(Change):
    """A key of ``case.toml``."""

    name = "header"
    title = "a `key` of case.toml, such as guarantee_h"
    keys: Mapping[str, Any] = {"key": word(tuple(key for key in KEYS if key not in ("format", "name")))}
    needed = ("key",)

    def value(self, found: Any, keys: Mapping[str, Any]) -> Any:
        """Whatever the key takes; the check of the case says what is wrong with it."""
        return scalar(found)

    def after(self, tables: Tables, asked: Asked, to: Setting) -> Tables:
        """With that key."""
        return replace(tables, header={**tables.header, to.keys["key"]: to.value})
