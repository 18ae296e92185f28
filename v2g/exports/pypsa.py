"""Networks of PyPSA: the folder of CSV files that ``Network.import_from_csv_folder`` opens."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from v2g.case import Case
from v2g.exports.exporter import Asked, Exported
from v2g.exports.operation import Operation
from v2g.exports.planner_readme import lost, warnings
from v2g.exports.pypsa_tables import Cell, Grid, safe
from v2g.formats.words import counted
from v2g.replay.columns import numbers
from v2g.replay.verdict import Array, Mask

VERSION = "1.4.0"
"""Of PyPSA, whose files these are; later versions say so when they open them."""
README = """# {name} as a PyPSA network

{origin}.

```python
import pypsa

n = pypsa.Network(".")  # this folder
n.pf({snapshots})  # voltages
```

MW, MVAr, MVA, MWh; snapshots are UTC without saying so. PyPSA has one wiring for all of its snapshots: here that of
{shown}, {why}. {alike} of {steps} snapshots are wired so, and a power flow means something in those alone.
{more}
| PyPSA | here |
| --- | --- |
| `lines`, `transformers` | what is open is not `active`; {unknown:g} MVA = no rating is known |
| `loads` | what they take from the feeder; `tier` is a column of the case. `trips V`: what vehicle V uses on the road |
| `generators` | grid, generators, panels, with `p_max_pu` where they are not always there |
| `slack_NAME` | holds the voltage for a battery or station that forms the island; its `p` in a power flow is theirs |
| `idle_BUS` | what a power flow wants on an island that nobody keeps alive, or of a vehicle: it means nothing there |
| `storage_units` | batteries, without what they hold as their reserve |
| `buses`, `stores` | of each vehicle: a bus `vehicle V`, a store V; `e_min_pu` is its reserve, as far as it is there |
| `links` | `V at C`: charging at charger C, `V from C`: giving; `p_max_pu` says when it is plugged in |
| `shunt_impedances` | capacitors, reactors, and what buses take all the time (`standing_BUS`) |

PyPSA knows three equal phases: impedances are those of the positive sequence, a branch of one or two phases has 3 or
3/2 of its impedance and a third or two thirds of its rating (it loses as much, and is as loaded). Taps are the mean of
their phases. Where there is no reactance, it is 1e-5 ohm. Loads do not change with the voltage.
"""
FREE = """
Nothing is set: `n.optimize()` chooses. It needs a way not to serve, or it says that the case is infeasible:

```python
for name, load in n.loads.dropna(subset="tier").iterrows():
    n.add("Generator", f"shed {{name}}", bus=load.bus, p_nom=1e3, marginal_cost=10.0 ** (4 - (load.tier or 4)))
```
"""
PLANNED = """
`p_set` and `q_set` are those of the plan.
"""


class Pypsa:
    """A folder of CSV files; PyPSA itself is not needed."""

    name = "pypsa"
    title = "PyPSA folder of CSV files"

    def export(self, asked: Asked) -> Exported:
        """Tables and series, and what they have no place for."""
        operation, case = Operation(asked), asked.case
        grid = Grid(operation)
        files = {"network.csv": _network(case), "snapshots.csv": _snapshots(case)}
        for component, rows in grid.tables.rows.items():
            files[f"{component}.csv"] = _static(rows)
        for (component, attribute), columns in grid.tables.series.items():
            files[f"{component}-{attribute}.csv"] = _series(columns)
        alike = _alike(operation)
        files["README.md"] = _readme(asked, operation, alike).encode()
        return Exported(files, (*warnings(case), *_own(grid, alike)))


def _readme(asked: Asked, operation: Operation, alike: Mask) -> str:
    case = asked.case
    name = "critical loads take most" if asked.plan else "critical demand is highest"
    text = README.format(
        name=case.name, origin=asked.origin_line, shown=operation.shown_stamp, alike=int(alike.sum()),
        steps=case.steps, why=f"the first interval in which {name}", unknown=1e5,
        snapshots="" if alike.all() else f"n.snapshots[{np.flatnonzero(alike).tolist()}]",
        more=PLANNED if asked.plan else FREE.format(),
    )  # fmt: skip
    return text + lost(case)


def _alike(operation: Operation) -> Mask:
    """Intervals that are wired, and held, as the one that is shown, (T,)."""
    states = [operation.closed("line"), operation.closed("transformer"), *operation.taps.values()]
    states += [device.holds for device in operation.devices]
    shown = operation.shown
    same = np.ones(operation.steps, dtype=bool)
    for state in (np.atleast_2d(state) for state in states):
        same &= (state == state[:, shown : shown + 1]).all(axis=0)
    return same


def _own(grid: Grid, alike: Mask) -> Iterator[str]:
    if grid.unrated:
        yield f"{counted(grid.unrated, 'transformer')} without a known rating: 3 MVA are the base of its impedance"
    if not alike.all():
        yield (
            f"PyPSA has one wiring for all snapshots: {int(alike.sum())} of {len(alike)} are wired as its folder says, "
            "and README.md lists them"
        )
    if not grid.lonlat and np.isfinite(numbers(grid.case.table("buses"), "x")).any():
        yield "x and y of the case are those of a drawing, and PyPSA takes degrees: they are left out"
    loads = grid.case.table("loads")
    if any(numbers(loads, f"{name}_exponent", 0.0).any() for name in ("kw", "kvar")):
        yield "loads that go with the voltage do not in PyPSA"


def _snapshots(case: Case) -> bytes:
    times = [time.tz_localize(None).isoformat(sep=" ") for time in case.boundaries[:-1]]
    hours = [_written(float(length)) for length in case.hours]
    return _csv(("", "snapshot", "objective", "stores", "generators"), (range(case.steps), times, hours, hours, hours))


def _network(case: Case) -> bytes:
    return _csv(("name", "pypsa_version"), ([safe(case.name)], [VERSION]))


def _static(rows: Mapping[str, Mapping[str, Cell]]) -> bytes:
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    cells = [[_written(row.get(column, "")) for row in rows.values()] for column in columns]
    return _csv(("name", *columns), (list(rows), *cells))


def _series(columns: Mapping[str, Array]) -> bytes:
    """Rows by the number of their snapshot, as PyPSA writes them."""
    cells = [[_written(float(value)) for value in values] for values in columns.values()]
    return _csv(("", *columns), (range(len(cells[0])), *cells))


def _csv(names: Sequence[str], columns: Sequence[Sequence[object]]) -> bytes:
    """Also with a column that has no name, which tables of a case cannot have."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(zip(*columns, strict=True))
    return out.getvalue().encode()


def _written(cell: Cell) -> str:
    if isinstance(cell, bool | str):
        return str(cell)
    return repr(float(cell) + 0.0)
