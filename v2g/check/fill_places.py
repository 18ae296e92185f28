"""Where things stand: buses of sites off the feeder, bus and phases of what belongs to a site."""

from __future__ import annotations

import numpy as np

from v2g.check.fill import Filling
from v2g.check.rows import Place
from v2g.errors import Finding
from v2g.formats.draft import file_of
from v2g.tables import PHASES

OFF_FEEDER_KV = "0.23"
"""Nominal voltage of the bus that stands for a site off the feeder, line to neutral."""


def buses_of_sites(filling: Filling) -> None:
    """A site without a bus gets one of its own, named like it, which nothing joins to the feeder."""
    sites = filling.table("sites", "site", "bus")
    if sites is None:
        return
    alone = (sites["bus"] == "").to_numpy(bool) & (sites["site"] != "").to_numpy(bool) & filling.blank("sites", "bus")
    known = set(filling.frames["buses"]["bus"])
    clash = np.asarray(sites["site"].isin(list(known)).to_numpy(bool)) & alone
    for row in np.flatnonzero(clash).tolist():
        name = str(sites["site"].iloc[row])
        filling.say(
            Place("sites", row, "site"), "site-name-is-bus", "The site names no bus, and there is a bus of its name.",
            f"Write {name} in the column bus if it hangs there; else rename the site.", found=name,
        )  # fmt: skip
    new = np.flatnonzero(alone & ~clash & ~sites["site"].duplicated().to_numpy(bool)).tolist()
    if not new:
        return
    rows = [
        {"bus": str(sites["site"].iloc[row]), "phases": PHASES, "kv_ln_kv": OFF_FEEDER_KV, "vmin_pu": "", "vmax_pu": ""}
        for row in new
    ]
    filling.add("buses", "sites", rows, [Place("sites", row, "bus") for row in new])
    filling.fill("sites", "sites", bus=np.where(alone & ~clash, sites["site"], sites["bus"]).tolist())


def some_bus(filling: Filling) -> None:
    """Without a bus and without a site there is nothing to plan."""
    draft = filling.draft
    if len(filling.frames.get("buses", ())) or {"buses", "sites"} & draft.unread:
        return
    there = "buses" in draft.tables
    message = "The table has no rows." if there else "The file is missing."
    remedy = "Add points of the feeder, or sites (sites.csv) that stand off the feeder."
    file = draft.origin.get("buses", file_of("buses"))
    filling.findings.append(Finding(file, message, remedy, code="empty-table" if there else "missing-table"))


def places_of(filling: Filling, table: str) -> None:
    """Bus and phases of loads or chargers, from their site where the cells are blank."""
    frame = filling.table(table, "bus", "site", "phases")
    if frame is None or not filling.optional(table, "bus"):
        return
    text = filling.draft.tables.get(table)
    if text is not None and not {"bus", "site"} & set(text.columns):
        filling.no_column(table, "bus", "Add it, or the column site: where each of them stands.")
        return
    bus, site, blank = frame["bus"].to_list(), frame["site"].to_list(), filling.blank(table, "bus")
    homes = dict(zip(filling.frames["sites"]["site"], filling.frames["sites"]["bus"], strict=True))
    for row in np.flatnonzero(blank).tolist():
        bus[row] = homes.get(site[row], "")
    for row in filling.unsaid(table, "bus", "site"):
        message = "The cell is blank, and so is site."
        filling.say(Place(table, row, "bus"), "blank", message, "Name its bus, or its site.")
    has = dict(zip(filling.frames["buses"]["bus"], filling.frames["buses"]["phases"], strict=True))
    follow = filling.blank(table, "phases") & (frame["site"] != "").to_numpy(bool)
    own = frame["phases"].to_list()
    phases = [has.get(at, now) if takes else now for at, takes, now in zip(bus, follow, own, strict=True)]
    if bus != frame["bus"].to_list() or phases != own:
        filling.fill(table, "sites", bus=bus, phases=phases)
        filling.leans[table].add("buses")
