"""How many people a load is for, and how many are at places that have what they need most."""

from __future__ import annotations

import numpy as np

from v2g.case import Case
from v2g.plan import Plan
from v2g.replay.columns import numbers, texts
from v2g.replay.record import Record
from v2g.replay.totals import fully_served


def people_of_loads(case: Case) -> dict[str, float]:
    """People of each load: those that its row counts, else those of its site; loads that say neither are left out."""
    loads, sites = case.table("loads"), case.table("sites")
    at_site = dict(zip(texts(sites, "site"), numbers(sites, "people"), strict=True))
    counted = {
        name: at_site.get(site, np.nan) if np.isnan(own) else own
        for name, site, own in zip(texts(loads, "load"), texts(loads, "site"), numbers(loads, "people"), strict=True)
    }
    return {name: float(people) for name, people in counted.items() if not np.isnan(people)}


def served_people(case: Case, plan: Plan) -> tuple[float, float]:
    """People at sites whose most critical loads are all served, and people at all sites that have critical loads."""
    record, sites = Record(case, plan, 1e-6), case.table("sites")
    loads, table = record.loads, case.table("loads")
    if not len(sites) or "people" not in sites or "site" not in table:
        return 0.0, 0.0
    full, home, served, total = fully_served(record), table["site"].to_numpy(), 0.0, 0.0
    for site, count in zip(sites["site"], sites["people"].fillna(0.0), strict=True):
        here = loads.critical & (home == site)
        if here.any():
            first = here & (loads.tier == loads.tier[here].min())
            total += float(count)
            served += float(count) if full[first].all() else 0.0
    return served, total
