"""The weather: how much sun there is, and what trips use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from v2g.batch.changes.change import Asked, Change, Setting
from v2g.batch.fields import Wrong, number, word
from v2g.errors import UsageError
from v2g.remedies.tables import Tables

WHAT = ("sun", "trips")


class Weather(Change):
    """Factors on the output of all solar plants (``sun``), and on what vehicles use on the road (``trips``)."""

    name = "weather"
    title = "a factor on `what` = sun or trips; or on both, such as { sun = 0.3, trips = 1.2 }"
    keys: Mapping[str, Any] = {"what": word(WHAT)}

    def value(self, found: Any, keys: Mapping[str, Any]) -> Any:
        """A factor, where the axis says of what; else a table of them."""
        factor = number(0.0, 100.0)
        if isinstance(found, Mapping):
            unknown = [name for name in found if name not in WHAT]
            if unknown or not found or "what" in keys:
                raise Wrong("This is no weather.", "factors of sun and trips, such as { sun = 0.3, trips = 1.2 }")
            return {name: factor(found[name]) for name in WHAT if name in found}
        if "what" not in keys:
            raise Wrong("This does not say what it is a factor of.", "a table such as { sun = 0.3, trips = 1.2 }",
                        'Or give the axis the key what = "sun".')  # fmt: skip
        return factor(found)

    def sets(self, keys: Mapping[str, Any]) -> str:
        """Nothing: factors multiply."""
        return ""

    def fits(self, tables: Tables, keys: Mapping[str, Any]) -> None:
        """There is what the weather bears on."""
        needed = {"sun": ("solar",), "trips": ("trips", "vehicles")}.get(keys.get("what", ""), ())
        if needed and not any(len(tables.frame(name)) for name in needed):
            raise UsageError(f"The case has no table {needed[0]}, so that this weather changes nothing.")

    def after(self, tables: Tables, asked: Asked, to: Setting) -> Tables:
        """With the factors."""
        factors = to.value if isinstance(to.value, Mapping) else {to.keys["what"]: to.value}
        tables = tables.scaled("solar", factors.get("sun", 1), "rating_kw")
        tables = tables.scaled("trips", factors.get("trips", 1), "energy_kwh")
        return tables.scaled("vehicles", factors.get("trips", 1), "kwh_per_km")
