"""An open line or switch, closed."""

from __future__ import annotations

from collections.abc import Iterable

from v2g.remedies.kind import Candidate, Kind, Plight, records, text


class Switch(Kind):
    """A line or transformer that stands open from the start is closed; none that an event takes out.

    Whether it may be closed is for the operator to say: the tables do not tell a switch from a broken wire.
    """

    name, noun = "switch", "an open line or switch closed"

    def candidates(self, plight: Plight) -> Iterable[Candidate]:
        """Those at the load's island first."""
        damaged = {text(row, "element") for row in records(plight.case, "events")}
        found = []
        for key in ("line", "transformer"):
            for row in records(plight.case, f"{key}s"):
                if not row["closed"] and row[key] not in damaged:
                    ends = [plight.far(text(row, end)) for end in ("from_bus", "to_bus")]
                    found.append((min(ends), -max(ends), key, text(row, key)))
        for _, _, key, name in sorted(found):
            yield self._closing(key, name)

    @staticmethod
    def _closing(key: str, name: str) -> Candidate:
        return Candidate(
            where=f"{key} {name}",
            words=lambda _: f"Closing {key} {name}",
            change=lambda tables, _: tables.with_cells(f"{key}s", key, name, closed=True),
        )
