"""A mobile generator that can form an island, with fuel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from v2g.remedies.kind import Candidate, Kind, Plight, records, steps_to, text
from v2g.remedies.tables import Tables, unused

RATINGS_KW = (5, 10, 20, 50, 100, 200, 500, 1000, 2000)
LITRES_PER_KWH = 0.3
"""Taken for a diesel engine of that kind."""


class MobileGenerator(Kind):
    """At the load's own bus; of the ratings that are common, the smallest that works with the fuel it needs."""

    name, noun = "generator", "a mobile generator"

    def candidates(self, plight: Plight) -> Iterable[Candidate]:
        """One for each rating, from a quarter of what the load asks for to the first that carries all loads."""
        case = plight.case
        buses = {text(row, "bus"): text(row, "phases") for row in records(case, "buses")}
        if plight.bus not in buses:
            return
        demand = case.table("loads")["kw"].to_numpy(float)[:, None] * case.profile(case.table("loads")["profile"])
        own = (case.table("loads")["load"] == plight.load).to_numpy()
        most = float(demand.sum(axis=0).max(initial=0.0))
        least = min(float(demand[own].max(initial=0.0)), most)
        for rating in _ratings(least / 4.0, most):
            yield self._at(plight, buses[plight.bus], rating)

    @staticmethod
    def _at(plight: Plight, phases: str, rating: int) -> Candidate:
        def change(tables: Tables, litres: float) -> Tables:
            taken = tables.frame("generators").get("generator", ())
            return tables.with_row(
                "generators", generator=unused("mobile", list(taken)), bus=plight.bus, phases=phases, rating_kw=rating,
                fuel_l=litres, fuel_l_per_kwh=LITRES_PER_KWH, forming=True,
            )  # fmt: skip

        place = plight.site or f"bus {plight.bus}"
        forms = "" if len(plight.island) == 1 or _is_formed(plight) else ", which forms the island there,"
        return Candidate(
            where=f"{rating} kW at {place}",
            words=lambda litres: f"A mobile generator of {rating} kW with {litres:g} L of fuel at {place}{forms}",
            change=change,
            sizes=steps_to(rating * float(plight.case.hours.sum()) * LITRES_PER_KWH, least=1.0),
            unit="L",
        )


def _is_formed(plight: Plight) -> bool:
    """Whether anything else can form the island of a load at some time: then the fuel alone says what it adds."""
    formers = (("grid", False), ("batteries", True), ("generators", True), ("chargers", True))
    return any(
        text(row, "bus") in plight.island and (bool(row["forming"]) or not asked)
        for table, asked in formers
        for row in (({"forming": False} | row) for row in records(plight.case, table))
    )


def _ratings(least: float, most: float) -> Iterator[int]:
    """Common ratings from the first that is not below ``least`` to the first that reaches ``most``."""
    for rating in RATINGS_KW:
        if rating >= least:
            yield rating
        if rating >= most:
            return
