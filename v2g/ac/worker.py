"""The engine in a process of its own: runs scripts of ours and gives back voltages and powers.

In: ``{"groups": [{"commands", "names", "steps", "kw", "kvar", "changes"}]}`` with powers by load and interval, and
more commands by interval. Out, for each
group: names of nodes and of elements with their numbers of conductors, and by interval whether the flow converged,
voltages in kV (real, imaginary by node) and powers in kW and kvar (by element, terminal and conductor).
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from v2g.feeders.sandbox import serve


def packed(values: Any) -> str:
    """Numbers as text without loss: little-endian float64 in base64."""
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f8").tobytes()).decode("ascii")


def run_group(engine: Any, group: dict[str, Any]) -> dict[str, Any]:
    """One script, solved once for each interval."""
    for command in group["commands"]:
        engine.Text.Command(command)
    engine.Vsources.Name("source")
    engine.CktElement.Enabled(False)
    power = np.array(group["kw"], dtype=float), np.array(group["kvar"], dtype=float)
    circuit, solution, loads, parts = engine.Circuit, engine.Solution, engine.Loads, engine.PDElements
    order = {name: row for row, name in enumerate(group["names"])}
    rows = [order[name] for name in loads.AllNames() if name in order]
    out: dict[str, Any] = {"converged": [], "voltage": [], "power": [], "source": []}
    for t in range(group["steps"]):
        for command in group["changes"][t]:
            engine.Text.Command(command)
        more = loads.First()
        for row in rows:
            assert more
            loads.kW(float(power[0][row, t]))
            loads.kvar(float(power[1][row, t]))
            more = loads.Next()
        solution.Solve()
        out["converged"].append(bool(solution.Converged()))
        out["voltage"].append(packed(circuit.AllBusVolts()))
        out["power"].append(packed(parts.AllPowers()))
        out["source"].append(packed(source_power(engine)))
    out["nodes"] = circuit.AllNodeNames()
    out["elements"] = parts.AllNames()
    # Without elements the engine gives a zero for each list of numbers.
    out["conductors"] = [int(n) for n in parts.AllNumConductors()][: len(out["elements"])]
    out["terminals"] = [int(n) for n in parts.AllNumTerminals()][: len(out["elements"])]
    out["ends"] = ends(engine)
    out["sources"] = [name for name in engine.Vsources.AllNames() if name != "source"]
    return out


def ends(engine: Any) -> list[str]:
    """Node of every conductor of every element, terminal by terminal; ground and neutrals are node 0."""
    found: list[str] = []
    more = engine.PDElements.First()
    while more:
        element = engine.CktElement
        buses, order = element.BusNames(), element.NodeOrder()
        width = element.NumConductors()
        for at, node in enumerate(order):
            found.append(f"{buses[at // width].split('.')[0]}.{node}")
        more = engine.PDElements.Next()
    return found


def source_power(engine: Any) -> list[float]:
    """kW and kvar given by each source."""
    found: list[float] = []
    more = engine.Vsources.First()
    while more:
        if engine.Vsources.Name() != "source":
            powers = engine.CktElement.Powers()
            found += [-powers[0], -powers[1]]
        more = engine.Vsources.Next()
    return found


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """All groups of a request."""
    import opendssdirect

    opendssdirect.Basic.AllowEditor(False)
    version = str(opendssdirect.Basic.Version()).split(" revision", maxsplit=1)[0].split()[-1]
    return {"engine": f"OpenDSS {version}", "groups": [run_group(opendssdirect, group) for group in request["groups"]]}


if __name__ == "__main__":
    serve(answer)
