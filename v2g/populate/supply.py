"""What feeds the islands: units that form them, a diesel at the largest site, panels on roofs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from v2g.populate.assumed import (
    APPARENT,
    BATTERY_EFF,
    BATTERY_H,
    BATTERY_RESERVE,
    BATTERY_START,
    DARK_SHARE,
    DIESEL_ALONE_H,
    DIESEL_H,
    DIESEL_SHARE,
    LEAST_FORMER_KW,
    LITRES_PER_KWH,
    ROOFS,
)
from v2g.populate.feeder import Feeder
from v2g.populate.plugs import Cell
from v2g.populate.sites import Site, free
from v2g.populate.stream import Stream
from v2g.populate.wishes import Wishes

Rows = list[dict[str, Cell]]
CHARGING_MARGIN = 1.5
"""kVA of a forming unit over what the lines of its island charge."""


@dataclass(frozen=True)
class Supply:
    """Rows of three tables."""

    batteries: Rows
    generators: Rows
    solar: Rows


def supply(
    feeder: Feeder, asked: Wishes, sites: Sequence[Site], charging: Mapping[int, float], stream: Stream
) -> Supply:
    """Units of all islands; ``charging`` is what their lines charge, in kvar."""
    batteries: Rows = []
    generators: Rows = []
    taken = {name for table, key in (("batteries", "battery"), ("generators", "generator"), ("solar", "solar"))
             for name in _names(feeder, table, key)}  # fmt: skip
    for island in feeder.lit if asked.formers != "none" else ():
        mine = [site for site in sites if feeder.island[site.bus] == island]
        critical = sum(site.kw for site in mine)
        load = sum(kw for bus, kw in feeder.kw_at.items() if feeder.island[bus] == island)
        need = critical or DARK_SHARE * load
        kw = max(LEAST_FORMER_KW, math.ceil(asked.former_share * need))
        bus, least = feeder.gateway(island), CHARGING_MARGIN * charging.get(island, 0.0)
        if asked.formers == "diesel":
            name = free(f"diesel_{bus}", taken)
            row = _diesel(name, bus, feeder.phases[bus], kw, DIESEL_ALONE_H, least)
            generators.append(row | {"forming": 1})
            continue
        batteries.append(_battery(free(f"battery_{bus}", taken), bus, feeder.phases[bus], kw, least))
        if asked.formers == "both" and mine:
            largest = max(mine, key=lambda site: site.kw)
            size = max(LEAST_FORMER_KW, math.ceil(DIESEL_SHARE * critical))
            phases = "".join(sorted(largest.phases))
            name = free(f"diesel_{largest.name}", taken)
            generators.append(_diesel(name, largest.bus, phases, size, DIESEL_H, 0.0) | {"forming": 0})
    return Supply(batteries, generators, _roofs(feeder, asked.solar_share, taken, stream))


def _names(feeder: Feeder, table: str, key: str) -> list[str]:
    frame = feeder.case.table(table)
    return frame[key].to_list() if len(frame) else []


def _battery(name: str, bus: str, phases: str, kw: float, least_kva: float) -> dict[str, Cell]:
    capacity = BATTERY_H * kw / (BATTERY_START - BATTERY_RESERVE)
    return {
        "battery": name, "bus": bus, "phases": phases, "capacity_kwh": round(capacity, 1),
        "start_kwh": round(BATTERY_START * capacity, 1), "reserve_kwh": round(BATTERY_RESERVE * capacity, 1),
        "charge_kw": kw, "discharge_kw": kw, "rating_kva": _kva(kw, least_kva), "charge_eff": BATTERY_EFF,
        "discharge_eff": BATTERY_EFF, "forming": 1, "voltage_pu": 1,
    }  # fmt: skip


def _diesel(name: str, bus: str, phases: str, kw: float, hours: float, least_kva: float) -> dict[str, Cell]:
    return {
        "generator": name, "bus": bus, "phases": phases, "rating_kw": kw, "rating_kva": _kva(kw, least_kva),
        "fuel_l": round(hours * kw * LITRES_PER_KWH), "fuel_l_per_kwh": LITRES_PER_KWH, "voltage_pu": 1,
    }  # fmt: skip


def _kva(kw: float, least: float) -> float:
    return float(math.ceil(max(APPARENT * kw, least) - 1e-9))


def _roofs(feeder: Feeder, share: float, taken: set[str], stream: Stream) -> Rows:
    """Panels at some of the load points, sized by their loads; together that share of the feeder's load."""
    if share <= 0.0:
        return []
    count = math.ceil(ROOFS * len(feeder.points))
    numbers = sorted(stream.shuffled(range(len(feeder.points)))[:count])
    chosen = [feeder.points[number] for number in numbers]
    each = share * feeder.load_kw / sum(point.kw for point in chosen)
    return [
        {
            "solar": free(f"roof_{point.name}", taken), "bus": point.bus, "phases": "".join(sorted(point.phases)),
            "rating_kw": round(each * point.kw, 2), "profile": "sun",
        }
        for point in chosen
    ]  # fmt: skip
