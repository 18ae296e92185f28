"""What changes of the rows of one table share: which rows, in which way a value is meant, that there are such rows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from v2g.batch.changes.change import Asked, Change, Setting, of_rows, where
from v2g.batch.changes.rows import chosen, require
from v2g.batch.fields import Read, word
from v2g.remedies.tables import Tables


def keys_of(ways: Mapping[str, Read]) -> Mapping[str, Read]:
    """Further keys of an axis: ``how``, where there is more than one way, and ``where``."""
    return {**({"how": word(tuple(ways))} if len(ways) > 1 else {}), "where": where}


class OfRows(Change):
    """Changes rows of ``table``, all or those ``where``.

    ``ways`` are readers of its values by ``how``, of which the first is the default; ``what`` says what it sets, and
    ``factors`` are the ways that do not set it, but multiply it.
    """

    table = ""
    what = ""
    ways: Mapping[str, Read]
    factors: tuple[str, ...] = ()

    def how(self, keys: Mapping[str, Any]) -> str:
        """In which way a value is meant."""
        return str(keys.get("how", next(iter(self.ways))))

    def value(self, found: Any, keys: Mapping[str, Any]) -> Any:
        """As its way takes it."""
        return self.ways[self.how(keys)](found)

    def sets(self, keys: Mapping[str, Any]) -> str:
        """What it says, of these rows; nothing where it multiplies."""
        return "" if self.how(keys) in self.factors else of_rows(self.what, keys)

    def fits(self, tables: Tables, keys: Mapping[str, Any]) -> None:
        """There are such rows."""
        require(tables, self.table, keys.get("where"))

    def table_of(self, keys: Mapping[str, Any]) -> str:
        """Its table."""
        return self.table

    def after(self, tables: Tables, asked: Asked, to: Setting) -> Tables:
        """With these rows changed."""
        return self.changed(tables, chosen(tables.frame(self.table), to.keys.get("where"), self.table), to)

    @abstractmethod
    def changed(self, tables: Tables, mine: Sequence[bool], to: Setting) -> Tables:
        """The tables with the rows changed that are ``mine``; there may be none."""
