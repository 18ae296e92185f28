"""What a plan changes against an earlier one: for loads, for vehicles, by tier and by source.

The two need not be of the same state of the case, nor of the same horizon: what they have in common is compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

import numpy as np

from v2g.case import Case
from v2g.errors import UsageError
from v2g.handover.facts import Facts, run_id
from v2g.handover.loads import LoadAccount
from v2g.handover.people import people_of_loads, served_people
from v2g.handover.plan_grid import HOUR, WAYS, PlanGrid
from v2g.handover.spans import where
from v2g.handover.vehicles import LEAST_KW
from v2g.plan import Plan
from v2g.replay.verdict import Array, Index, Mask

Spans = tuple[tuple[datetime, datetime], ...]
LEAST_KWH = 0.05
"""Less energy than that is no change to anybody."""
TURNED = {(False, True): "change_load_served", (True, False): "change_load_lost"}
"""Whether a load had all that counts and has it now, where that changes."""
LEAST_END_KWH = 0.5
"""Less at the end of what both plans cover is no change for a driver."""


@dataclass(frozen=True)
class Change:
    """One change: ``key`` says which (a key of the words of a language), ``subject`` of whom.

    ``at`` is when it begins, ``before`` and ``after`` figures in ``unit`` or moments, such as kWh for a load with
    service by the day that is won or lost; ``ways`` are for vehicles what is done now and what no longer, ``places``
    where it was and is. ``people`` is how many a load is for, or how many of a tier are served, ``people_before`` how
    many of the tier were; None where nobody counted them. ``more`` and ``less`` are the spans, in UTC, in which a load
    has more power than before, or less.
    """

    key: str
    subject: str
    tier: int | None = None
    at: datetime | None = None
    before: float | datetime | None = None
    after: float | datetime | None = None
    unit: str = ""
    ways: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    places: tuple[str, str] = ("", "")
    people: float | None = None
    people_before: float | None = None
    more: Spans = ()
    less: Spans = ()


@dataclass(frozen=True)
class Side:
    """A plan of a comparison, and its case where that is known."""

    plan: Plan
    case: Case | None = None
    grid: PlanGrid = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "grid", PlanGrid(self.plan))

    @property
    def case_sha256(self) -> str:
        """Of the case that the plan says it is of."""
        return str((self.plan.summary.get("provenance") or {}).get("case_sha256", ""))

    @property
    def run_id(self) -> str:
        """Names the plan."""
        return run_id(self.plan, self.case_sha256 or (self.case.sha256 if self.case else ""))

    @cached_property
    def accounts(self) -> dict[str, LoadAccount]:
        """Loads as the case knows them; none without it."""
        return {load.name: load for load in Facts(self.case, self.plan).loads} if self.case else {}

    @cached_property
    def people(self) -> dict[str, float]:
        """How many people each load is for, as far as the case says so; none without it."""
        return people_of_loads(self.case) if self.case else {}


@dataclass(frozen=True)
class Comparison:
    """Two plans, the ``first`` being the earlier one. F intervals of the time that both cover, none across a step of
    either. Raises UsageError where they have no time in common."""

    first: Side
    second: Side

    def __post_init__(self) -> None:
        if self.edges.size < 2:
            raise UsageError("The plans have no time in common; there is nothing to compare.")

    @cached_property
    def edges(self) -> Index:
        """Points of the common time in UTC nanoseconds, (F + 1,)."""
        first, second = self.first.grid.edges, self.second.grid.edges
        begin, end = max(first[0], second[0]), min(first[-1], second[-1])
        every = np.union1d(first, second)
        return np.asarray(every[(every >= begin) & (every <= end)])

    @property
    def same_horizon(self) -> bool:
        """Whether both plans cover the same time."""
        ends = [(side.grid.edges[0], side.grid.edges[-1]) for side in (self.first, self.second)]
        return ends[0] == ends[1]

    @property
    def zone(self) -> str:
        """The zone of the case that is known, the second one's before the first one's."""
        known = [side.case for side in (self.second, self.first) if side.case is not None]
        return str(known[0].header.get("time_zone", "UTC")) if known else "UTC"

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """All of them: tiers, people, loads (most critical first), vehicles, sources."""
        loads = sorted(self._loads(), key=lambda change: (not change.tier, change.tier or 0))
        return (*self._tiers(), *self._served_people(), *loads, *self._vehicles(), *self._sources())

    @property
    def same(self) -> bool:
        """Whether nothing changes for anybody."""
        return not self.changes

    @cached_property
    def hours(self) -> Array:
        """Length of the common intervals in h, (F,)."""
        return np.asarray(np.diff(self.edges) / HOUR)

    def moment(self, point: int) -> datetime:
        """A common point in UTC."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(self.edges[point]) // 1000)

    @cached_property
    def _at(self) -> tuple[Index, Index]:
        """Interval of each plan in each common interval, both (F,)."""
        return self.first.grid.at(self.edges[:-1]), self.second.grid.at(self.edges[:-1])

    def _both(self, first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Columns of both plans on the common intervals."""
        return first[:, self._at[0]], second[:, self._at[1]]

    def _tiers(self) -> Iterator[Change]:
        if self.same_horizon:
            yield from self._tier_figures("critical", "tier_served", "1")
            yield from self._tier_figures("critical_hours", "tier_hours", "h")

    def _tier_figures(self, table: str, key: str, unit: str) -> Iterator[Change]:
        before, after = (side.plan.summary.get(table) or {} for side in (self.first, self.second))
        for tier in sorted({*before, *after}, key=int):
            sides = [one.get(tier) or {} for one in (before, after)]
            old, new = (float(one.get("served", 0.0)) for one in sides)
            was, now = (one.get("people_served") for one in sides)
            people = (None, None) if was is None or now is None else (float(was), float(now))
            if abs(new - old) > LEAST_KWH or people[0] != people[1]:
                yield Change(f"change_{key}", str(tier), int(tier), before=old, after=new, unit=unit,
                             people=people[1], people_before=people[0])  # fmt: skip

    def _served_people(self) -> Iterator[Change]:
        """People at places whose most critical loads are all served, where both cases are known."""
        cases = [(side.case, side.plan) for side in (self.first, self.second) if side.case is not None]
        if self.same_horizon and len(cases) == 2:
            (old, _), (new, _) = (served_people(case, plan) for case, plan in cases)
            if old != new:
                yield Change("change_people_served", "", before=old, after=new, unit="1")

    def _loads(self) -> Iterator[Change]:
        old, new = self.first.grid, self.second.grid
        lacks = self._both(old.lacking, new.lacking)
        served = self._both(old.of_loads("served_kw"), new.of_loads("served_kw"))
        rows = {name: row for row, name in enumerate(old.loads)}
        for mine, name in enumerate(new.loads):
            if name not in rows:
                yield Change("change_load_new", name, new.tiers[name], people=self._people(name))
                continue
            row = rows[name]
            whose = Change("", name, new.tiers[name], people=self._people(name))
            yield from self._load(whose, (lacks[0][row], lacks[1][mine]), (served[0][row], served[1][mine]))
        for name in old.loads:
            if name not in new.tiers:
                yield Change("change_load_gone", name, old.tiers[name], people=self._people(name))

    def _load(self, whose: Change, lacks: tuple[Mask, Mask], kw: tuple[Array, Array]) -> Iterator[Change]:
        kept = self._kept(whose.subject, *lacks)
        begins = [self.moment(int(lack.argmax())) if lack.any() else None for lack in lacks]
        kwh = [float(power @ self.hours) for power in kw]
        gained = kw[1] - kw[0]
        whose = replace(whose, more=self._spans(gained > LEAST_KW), less=self._spans(gained < -LEAST_KW))
        if kept in TURNED:
            whose = replace(whose, key=TURNED[kept])
            if begins[kept.index(False)] is None:  # by the day: no time is known from which it lacks power
                yield replace(whose, before=kwh[0], after=kwh[1], unit="kWh")
            elif kept[1]:
                yield replace(whose, at=begins[0], before=begins[0])
            else:
                yield replace(whose, at=begins[1], after=begins[1])
        elif begins[0] and begins[1] and begins[0] != begins[1]:
            key = "change_load_earlier" if begins[1] < begins[0] else "change_load_later"
            yield replace(whose, key=key, at=min(begins[0], begins[1]), before=begins[0], after=begins[1])
        elif abs(kwh[1] - kwh[0]) > LEAST_KWH or np.maximum(gained, 0.0) @ self.hours > LEAST_KWH:
            key = "moved" if abs(kwh[1] - kwh[0]) <= LEAST_KWH else "more" if kwh[1] > kwh[0] else "less"
            first = min((begin for begin, _ in (*whose.more, *whose.less)), default=None)
            yield replace(whose, key=f"change_load_{key}", at=first, before=kwh[0], after=kwh[1], unit="kWh")

    def _spans(self, mask: Mask) -> Spans:
        return tuple((self.moment(first), self.moment(last)) for first, last in where(mask))

    def _people(self, load: str) -> float | None:
        """How many a load is for, by the second case before the first."""
        return self.second.people.get(load, self.first.people.get(load))

    def _kept(self, name: str, old: Mask, new: Mask) -> tuple[bool, bool]:
        """Whether a load has all that counts, before and after: by the cases where they say, else by what it lacks."""
        known = [side.accounts.get(name) for side in (self.first, self.second)]
        kept = [load.kept for load in known if load is not None and load.kept is not None]
        if self.same_horizon and len(kept) == 2:
            return bool(kept[0]), bool(kept[1])
        return not old.any(), not new.any()

    def _vehicles(self) -> Iterator[Change]:
        old, new = self.first.grid, self.second.grid
        rows = {name: row for row, name in enumerate(old.vehicles)}
        columns = ("charger", "site")
        places = [self._both(old.words_of_vehicles(c), new.words_of_vehicles(c)) for c in columns]
        powers = {way: self._both(old.of_vehicles(c), new.of_vehicles(c)) for way, c in WAYS.items()}
        energy = self._both(old.of_vehicles("energy_end_kwh"), new.of_vehicles("energy_end_kwh"))
        short = self._both(old.of_vehicles("shortfall_kwh"), new.of_vehicles("shortfall_kwh"))
        for mine, name in enumerate(new.vehicles):
            if name not in rows:
                yield Change("change_vehicle_new", name)
                continue
            row = rows[name]
            yield from self._places(name, [(one[0][row], one[1][mine]) for one in places])
            yield from self._ways(name, {way: (kw[0][row], kw[1][mine]) for way, kw in powers.items()})
            ends = float(energy[0][row, -1]), float(energy[1][mine, -1])
            if abs(ends[1] - ends[0]) > LEAST_END_KWH:
                yield Change("change_vehicle_end", name, None, self.moment(-1), *ends, "kWh")
            lacks = float(short[0][row].max()), float(short[1][mine].max())
            if abs(lacks[1] - lacks[0]) > LEAST_KWH:
                yield Change("change_vehicle_short", name, None, None, *lacks, "kWh")
        here = set(new.vehicles)
        yield from (Change("change_vehicle_gone", name) for name in old.vehicles if name not in here)

    def _places(self, name: str, columns: Sequence[tuple[np.ndarray, np.ndarray]]) -> Iterator[Change]:
        """The first time at which a vehicle is somewhere else."""
        other = np.logical_or.reduce([old != new for old, new in columns])
        if other.any():
            at = int(other.argmax())
            where = [" / ".join(filter(None, (str(column[side][at]) for column in columns[::-1]))) for side in (0, 1)]
            yield Change("change_vehicle_place", name, None, self.moment(at), places=(where[0], where[1]))

    def _ways(self, name: str, powers: dict[str, tuple[Array, Array]]) -> Iterator[Change]:
        """What a vehicle does in the one plan and not in the other."""
        kwh = {way: (float(old @ self.hours), float(new @ self.hours)) for way, (old, new) in powers.items()}
        starts = tuple(way for way, (old, new) in kwh.items() if old <= LEAST_KWH < new)
        stops = tuple(way for way, (old, new) in kwh.items() if new <= LEAST_KWH < old)
        if starts or stops:
            busy = [powers[way][1] > LEAST_KW for way in starts] + [powers[way][0] > LEAST_KW for way in stops]
            at = min(int(mask.argmax()) for mask in busy)
            yield Change("change_vehicle_ways", name, None, self.moment(at), ways=(starts, stops))

    def _sources(self) -> Iterator[Change]:
        old, new = ({kind: float(kw[at] @ self.hours) for kind, kw in side.grid.supply.items()}
                    for side, at in zip((self.first, self.second), self._at, strict=True))  # fmt: skip
        for kind in dict.fromkeys([*old, *new]):
            if abs(new.get(kind, 0.0) - old.get(kind, 0.0)) > LEAST_KWH:
                yield Change("change_source", kind, None, None, old.get(kind, 0.0), new.get(kind, 0.0), "kWh")
