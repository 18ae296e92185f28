"""Options of `populate`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from v2g.batch.changes.change import Asked, Change, Setting
from v2g.batch.fields import scalar, word
from v2g.populate.wishes import Wishes

OPTIONS = tuple(field.name for field in fields(Wishes) if field.name != "seed")


class Populate(Change):
    """Any option of `populate`."""

    name = "populate"
    title = "an `option` of v2g populate; needs [populate]"
    keys: Mapping[str, Any] = {"option": word(OPTIONS)}
    needed = ("option",)

    def value(self, found: Any, keys: Mapping[str, Any]) -> Any:
        """Whatever the option takes; `populate` itself says what is wrong with it."""
        return scalar(found)

    def before(self, asked: Asked, to: Setting) -> Asked:
        """With that option."""
        return asked.populated(**{to.keys["option"]: to.value})
