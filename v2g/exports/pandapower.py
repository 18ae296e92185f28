"""Networks of pandapower: the feeder as it stands in one interval, and all others as tables of set-points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from v2g.ac.elements import HERTZ
from v2g.exports.exporter import Asked, Exported
from v2g.exports.operation import Operation
from v2g.exports.pandapower_json import net_bytes
from v2g.exports.pandapower_net import Net
from v2g.exports.planner_readme import lost, times_csv, warnings
from v2g.formats.draft import csv_bytes, text_frame
from v2g.formats.words import counted
from v2g.replay.verdict import Array, Mask

README = """# {name} as a pandapower network

{origin}.

`pandapower.from_json("net.json")` opens it (pandapower 3.5 or later), `pandapower.runpp(net)` solves it. It shows the
interval that starts {shown}: {why}. `profiles/` has the cells that are others in other intervals, one file for each
element and variable, one column for each row of its table; `times.csv` says when each interval starts (UTC).

```python
import pathlib, pandas, pandapower
from pandapower.control import ConstControl
from pandapower.timeseries import DFData, run_timeseries

net = pandapower.from_json("net.json")
for path in pathlib.Path("profiles").glob("*.csv"):
    element, variable = path.stem.split(".")
    data = pandas.read_csv(path, index_col=0)
    ConstControl(net, element, variable, data.columns.astype(int), data.columns, DFData(data))
run_timeseries(net)
```

| pandapower | here |
| --- | --- |
| `bus.geo` | longitude, latitude if the case says so, else the x and y of its drawing |
| `line` | ohm, nF of its whole length (`length_km` is 1) at {hertz:g} Hz; 99,999 kA = no rating is known |
| `switch` | one at each end of what can be switched, or is open; a line without impedance is one between buses |
| `trafo` | impedance at its tap; `oltc` where the tap has a range. A reactance of 1e-5 ohm where there is none |
| `load` | what it takes from the feeder; `tier` and `service` are columns of the case |
| `storage` | batteries, and the vehicles at a charger together (p_mw > 0 = charging) |
| `sgen` | generators and panels |
| `ext_grid` | whoever holds the voltage of an island in some interval: in service where it does |
| `shunt` | capacitors, reactors, and what buses take all the time (`standing_BUS`) |

pandapower solves three equal phases: impedances are those of the positive sequence, a branch of one or two phases has
3 or 3/2 of its impedance and a third or two thirds of its rating (it loses as much, and is as loaded), and power is
that of all phases. Taps are the mean of their phases. For each phase on its own, write `--to opendss`.
"""


class Pandapower:
    """`net.json`, which pandapower opens, and its profiles."""

    name = "pandapower"
    title = "pandapower network"

    def export(self, asked: Asked) -> Exported:
        """The network, its profiles, and what it has no place for; pandapower itself is not needed."""
        operation = Operation(asked)
        net = Net(operation)
        files = {"net.json": net_bytes(asked.case.name, HERTZ, net.tables), "times.csv": times_csv(asked.case)}
        files |= {f"profiles/{element}.{column}.csv": _profile(rows) for (element, column), rows in net.moves.items()}
        why = "the first in which critical loads take most" if asked.plan else "the first with most critical demand"
        text = README.format(
            name=asked.case.name, origin=asked.origin_line, shown=operation.shown_stamp, why=why, hertz=HERTZ
        )
        files["README.md"] = (text + lost(asked.case)).encode()
        return Exported(files, (*warnings(asked.case), *_own(net)), "net.json")


def _profile(rows: Mapping[int, Array | Mask]) -> bytes:
    """One column for each row of a table, one line for each interval."""
    columns = {str(row): values.tolist() for row, values in rows.items()}
    steps = len(next(iter(columns.values())))
    frame, _ = text_frame(("interval", *columns), (range(steps), *map(_written, columns.values())), "")
    return csv_bytes(frame)


def _written(values: list[object]) -> list[str]:
    """True and False as pandas reads flags; numbers to the last digit."""
    return [str(value) if isinstance(value, bool) else repr(float(str(value)) + 0.0) for value in values]


def _own(net: Net) -> Iterator[str]:
    if net.unrated:
        yield (
            f"{counted(len(net.unrated), 'transformer')} without a known rating, such as {net.unrated[0]}: 3 MVA stand "
            "for it, and loading means nothing there"
        )
    if net.bent:
        yield (
            f"{counted(len(set(net.bent)), 'load')} with a power of the voltage other than 0, 1 or 2, such as "
            f"{net.bent[0]}: a mix of constant power and impedance with the same slope at nominal voltage stands for it"
        )
    if net.unused:
        yield f"{counted(len(net.unused), 'charger')} at which no vehicle ever is, such as {net.unused[0]}, left out"
