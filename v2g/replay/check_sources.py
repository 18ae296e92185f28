"""Checks on what sources put out (grid, generators, batteries, solar, forming stations), and on batteries."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from v2g.replay.record import Record
from v2g.replay.stores import energy_change, hull_excess, integrated, steps_passed
from v2g.replay.verdict import Array, Check, allowance, merge


def on_sources(record: Record, name: str, unit: str, excess: Array, scale: Array | float = 1.0) -> Check:
    """A check on an excess of shape (sources, T)."""
    words = [record.sources.name(row) for row in range(len(record.sources.names))]
    return record.worst(name, unit, excess, words, scale)


def only(record: Record, values: Array, *kinds: str) -> Array:
    """Values (sources, T) of some kinds of source, zero for the others."""
    return np.where(record.sources.of(*kinds)[:, None], values, 0.0)


def largest_phase(record: Record, excess: Array) -> Array:
    """The largest over the phases a source is connected to, (sources, 3, T) to (sources, T)."""
    connected = (record.sources.weight != 0)[:, :, None]
    return np.asarray(np.where(connected, excess, 0.0).max(axis=1, initial=0.0))


def total_power(record: Record) -> Array:
    """Output of each source in kW, summed over its phases, (sources, T)."""
    return np.asarray(record.source_power.real.sum(axis=1))


def phases_add_up(record: Record) -> Check:
    """The output is the sum of the phases, and there is none on a phase that the source is not connected to."""
    strange = (record.sources.weight == 0)[:, :, None] * np.abs(record.source_power)
    gap = np.abs(record.source_sheet["output_kw"] - total_power(record))
    excess = np.maximum(gap, strange.max(axis=1, initial=0.0))
    return on_sources(record, "sources: phases add up", "kW", excess, allowance(total_power(record)))


def absent_source(record: Record) -> Check:
    """No output before the supply is back, after it is lost again, or outside a generator's window."""
    excess = np.where(record.sources.available, 0.0, np.abs(record.source_power).max(axis=1, initial=0.0))
    return on_sources(record, "sources: nothing outside the window", "kVA", excess)


def dead_bus_sources(record: Record) -> Check:
    """No output into a part of the feeder whose voltage nobody forms."""
    dead = ~record.sources.terminals.all_live(record.live)
    moved = np.abs(record.source_power).max(axis=1, initial=0.0)
    moved = np.maximum(moved, record.source_sheet["charge_kw"] + record.source_sheet["discharge_kw"])
    return on_sources(record, "sources: nothing at a dead bus", "kVA", np.where(dead, moved, 0.0))


def within_available(record: Record) -> Check:
    """Generators and solar give between nothing and what is there."""
    power, limit = total_power(record), record.sources.limit_kw
    excess = only(record, np.maximum(power - limit, -power), "generator", "solar")
    return on_sources(record, "sources: output within what is available", "kW", excess, allowance(power))


def within_phase_rating(record: Record) -> Check:
    """Each phase within its share of the rating in kW, both ways."""
    gives, takes, power = (
        record.sources.phase_kw[:, None],
        record.sources.phase_take_kw[:, None],
        record.source_power.real,
    )
    excess = np.maximum(largest_phase(record, power) - gives, largest_phase(record, -power) - takes)
    return on_sources(record, "sources: phases within the rating", "kW", excess, phase_scale(gives))


def within_phase_kva(record: Record) -> Check:
    """Each phase within its share of the apparent power of the inverter or machine."""
    limit = record.sources.phase_kva[:, None]
    excess = only(record, largest_phase(record, np.abs(record.source_power)) - limit, "grid", "generator", "battery",
                  "station")  # fmt: skip
    return on_sources(record, "sources: phases within the kVA disc", "kVA", excess, phase_scale(limit))


def phase_scale(limit: Array) -> Array:
    """Scale for a limit that may be infinite."""
    return allowance(np.where(np.isfinite(limit), limit, 0.0))


def balanced_unless_forming(record: Record) -> Check:
    """A source that does not form the voltage loads its phases evenly (a delta pair: by its two weights)."""
    sources, total = record.sources, record.source_power.sum(axis=1)
    share = sources.weight[:, :, None] * total[:, None, :]
    gap = record.source_power - share
    pair = np.asarray(sources.weight.imag != 0).any(axis=1) & record.reactive
    uneven = np.where(pair.reshape(-1, 1, 1), np.abs(gap), np.abs(gap.real)).max(axis=1, initial=0.0)
    excess = np.where(sources.forming[:, None], 0.0, uneven)
    return on_sources(record, "sources: balanced unless forming", "kW", excess, allowance(np.abs(total)))


def solar_unity(record: Record) -> Check:
    """Solar gives no reactive power of its own."""
    expected = record.sources.weight.imag[:, :, None] * total_power(record)[:, None, :]
    excess = only(record, np.abs(record.source_power.imag - expected).max(axis=1, initial=0.0), "solar")
    return on_sources(record, "solar: unity power factor", "kvar", excess * record.reactive)


def solar_available(record: Record) -> Check:
    """What is called available is the rating times its profile (or nothing, where the bus is dead)."""
    sheet, limit = record.source_sheet, record.sources.limit_kw
    solar = record.sources.of("solar")[:, None] & sheet.present
    dead = ~record.sources.terminals.all_live(record.live) & (sheet["available_kw"] == 0.0)
    gap = np.abs(sheet["available_kw"] - np.where(np.isfinite(limit), limit, 0.0))
    excess = np.where(solar & ~dead, gap, 0.0)
    return on_sources(record, "solar: available as in the case", "kW", excess, phase_scale(limit))


def battery_change(record: Record) -> Array:
    """Change of each battery's energy over each interval in kWh, (sources, T)."""
    sheet, known = record.source_sheet, record.sources
    return energy_change(
        only(record, sheet["charge_kw"], "battery"), only(record, sheet["discharge_kw"], "battery"),
        known.charge_eff[:, None], known.discharge_eff[:, None], record.hours,
    )  # fmt: skip


def battery_power(record: Record) -> Check:
    """Charging and discharging within their limits; the phases add up to their difference."""
    sheet, known = record.source_sheet, record.sources
    charge, give = sheet["charge_kw"], sheet["discharge_kw"]
    words = [known.name(row) for row in range(len(known.names))]
    gaps = {
        "charge": np.maximum(charge - known.charge_kw[:, None], -charge),
        "discharge": np.maximum(give - known.discharge_kw[:, None], -give),
        "output": np.abs(total_power(record) - (give - charge)),
    }
    scale = allowance(np.maximum(known.charge_kw, known.discharge_kw)[:, None])
    parts = [record.worst(name, "kW", only(record, gap, "battery"), words, scale) for name, gap in gaps.items()]
    return merge("batteries: power within limits", parts)


def battery_not_both(record: Record) -> Check:
    """The shares of a battery's two limits add up to at most one."""
    sheet, known = record.source_sheet, record.sources
    shape = sheet.present.shape
    limits = np.broadcast_to(known.charge_kw[:, None], shape), np.broadcast_to(known.discharge_kw[:, None], shape)
    excess = only(record, hull_excess(sheet["charge_kw"], sheet["discharge_kw"], *limits), "battery")
    return on_sources(record, "batteries: charge and discharge share the inverter", "1", excess)


def battery_steps(record: Record) -> Check:
    """Over each interval a battery's energy changes by what was charged and given."""
    ends, known = record.source_sheet["energy_end_kwh"], record.sources
    before = np.hstack([known.start_kwh[:, None], ends[:, :-1]])
    excess = only(record, np.abs(ends - before - battery_change(record)), "battery")
    return on_sources(record, "batteries: energy step", "kWh", excess, allowance(known.capacity_kwh[:, None]))


def battery_integrated(record: Record) -> Check:
    """A battery's energy is the start plus everything that went in and out since."""
    change, known = battery_change(record), record.sources
    gap = np.abs(record.source_sheet["energy_end_kwh"] - integrated(known.start_kwh, change))
    scale = np.maximum(allowance(known.capacity_kwh[:, None]), steps_passed(change))
    return on_sources(record, "batteries: energy integrated from the start", "kWh", only(record, gap, "battery"), scale)


def battery_range(record: Record) -> Check:
    """A battery stays between its reserve (or its start, if that is lower) and full."""
    ends, known = record.source_sheet["energy_end_kwh"], record.sources
    floor = np.minimum(known.reserve_kwh, known.start_kwh)[:, None]
    excess = only(record, np.maximum(ends - known.capacity_kwh[:, None], floor - ends), "battery")
    return on_sources(
        record, "batteries: energy between reserve and full", "kWh", excess, allowance(known.capacity_kwh[:, None])
    )


CHECKS: tuple[Callable[[Record], Check], ...] = (
    phases_add_up, absent_source, dead_bus_sources, within_available, within_phase_rating, within_phase_kva,
    balanced_unless_forming, solar_unity, solar_available, battery_power, battery_not_both, battery_steps,
    battery_integrated, battery_range,
)  # fmt: skip
