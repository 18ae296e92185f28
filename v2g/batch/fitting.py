"""Axes against base cases, before anything runs: what they ask for that a case has not, values that it cannot hold."""

from __future__ import annotations

from v2g.batch.axes import Axis
from v2g.batch.changes import CHANGES
from v2g.batch.changes.rows import Misfit
from v2g.batch.faults import Faults
from v2g.batch.fields import Wrong
from v2g.batch.foreseen import LASTING, foreseen
from v2g.batch.inputs import Base
from v2g.batch.study import Study
from v2g.errors import Finding, UsageError
from v2g.remedies.tables import Tables


def misfits(study: Study, told: Faults, base: Base) -> list[Finding]:
    """A fault for each axis that a base case has nothing for, and for each value that it cannot hold.

    With [populate] that is asked of what is the same in every emergency on the feeder.
    """
    wrong = Faults(told.file, told.lines)
    tables = Tables(base.header, base.tables)
    lasting = None if study.populate is None else LASTING
    for axis in study.axes:
        try:
            _fits(axis, tables, populated=study.populate is not None)
        except Misfit as misfit:
            _tell(wrong, base.name, axis, misfit)
        except UsageError as error:
            wrong.add(f"axes.{axis.name}", f"Case {base.name}: {error}")
        else:
            _suits(axis, tables, base.name, lasting, wrong, alone=_alone(axis, study))
    _start_of(study, tables, base.name, wrong)
    return wrong.found


def _fits(axis: Axis, tables: Tables, *, populated: bool) -> None:
    change = CHANGES[axis.change]
    if not populated:
        change.fits(tables, axis.keys)
    elif name := change.table_of(axis.keys):
        foreseen(name, axis.keys, tables)


def _tell(wrong: Faults, case: str, axis: Axis, misfit: Misfit) -> None:
    message = f"Case {case}: {misfit.message}"
    if misfit.key in axis.keys:
        wrong.add(f"axes.{axis.name}.{misfit.key}", message, misfit.remedy, found=misfit.found, allowed=misfit.allowed)
    else:
        wrong.add(f"axes.{axis.name}", message, misfit.remedy)


def _alone(axis: Axis, study: Study) -> bool:
    """Whether no other axis changes cells of the same column: then cells hold what the base case has."""
    place = ("table", "column")
    return all(
        other is axis or any(other.keys.get(key) != axis.keys.get(key) for key in place)
        for other in study.axes
        if other.change == axis.change
    )


def _suits(axis: Axis, tables: Tables, case: str, lasting: frozenset[str] | None, wrong: Faults, *,
           alone: bool) -> None:  # fmt: skip
    change, key = CHANGES[axis.change], f"axes.{axis.name}.values"
    key = key if key in wrong.lines else f"axes.{axis.name}"
    for value in axis.values:
        try:
            change.suits(value, tables, axis.keys, lasting)
            if alone and lasting is None:
                change.becomes(value, tables, axis.keys)
        except Wrong as no:
            wrong.add(key, f"Case {case}: {no.message}", no.remedy, found=value, allowed=no.allowed)


def _start_of(study: Study, tables: Tables, case: str, wrong: Faults) -> None:
    """The option ``start`` of the section [populate]."""
    start = (study.populate or {}).get("start")
    if start:
        try:
            CHANGES["outage_start"].suits(start, tables, {}, LASTING)
        except Wrong as no:
            wrong.add("populate.start", f"Case {case}: {no.message}", no.remedy, found=start, allowed=no.allowed)
