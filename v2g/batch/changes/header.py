"""Keys of the header of a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from v2g.batch.changes.change import Asked, Change, Setting
from v2g.batch.changes.horizon import Horizon
from v2g.batch.changes.policy import POLICY
from v2g.batch.fields import Wrong, near, scalar, word
from v2g.check.header import KEYS, read_header
from v2g.register import NETWORKS, POLICIES
from v2g.remedies.tables import Tables

NOT_WRONG = ("missing-key", "above-column")
"""Findings in a header of one key that are about other keys."""


class Header(Change):
    """A key of ``case.toml``."""

    name = "header"
    title = "a `key` of case.toml, such as guarantee_h"
    keys: Mapping[str, Any] = {"key": word(tuple(key for key in KEYS if key not in ("format", "name")))}
    needed = ("key",)

    def value(self, found: Any, keys: Mapping[str, Any]) -> Any:
        """Whatever the key takes, as the check of a case reads it."""
        value, key = scalar(found), keys["key"]
        for fault in read_header({key: value}, tuple(NETWORKS), tuple(POLICIES)).findings:
            if fault.column == key and fault.code not in NOT_WRONG:
                raise Wrong(fault.message, fault.allowed or "", fault.remedy)
        return value

    def suits(self, value: Any, tables: Tables, keys: Mapping[str, Any], lasting: frozenset[str] | None) -> None:
        """A start is not far from that of the case."""
        if keys["key"] == "start_utc":
            near(value, Horizon.of(tables).start)

    def sets(self, keys: Mapping[str, Any]) -> str:
        """The key."""
        return POLICY if keys["key"] == "policy" else f"the key {keys['key']} of case.toml"

    def after(self, tables: Tables, asked: Asked, to: Setting) -> Tables:
        """With that key."""
        return replace(tables, header={**tables.header, to.keys["key"]: to.value})
