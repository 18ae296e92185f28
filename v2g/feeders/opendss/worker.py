"""The child that holds the OpenDSS engine: commands in, plain values of the solved circuit out.

It is started by ``v2g.feeders.sandbox`` and shares nothing with its parent but one JSON text each way. Commands were
cleaned before (``v2g.feeders.opendss.script``); this module trusts them, and nothing else here reads a file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import opendssdirect as engine

from v2g.feeders.opendss.extract import extract
from v2g.feeders.sandbox import serve

MOST_ERRORS = 50
"""After so many refused commands the rest would only repeat them."""
ITERATIONS = 100
"""Allowed at least, for power flow and controls: the engine's own 15 stops short on large feeders."""

BASE_FREQUENCY = re.compile(r"^\s*set\b.*?\bdefaultbasefreq\w*\s*=\s*\"?([\d.]+)", re.IGNORECASE)
CIRCUIT = re.compile(r"^\s*new\s+(?:object\s*=\s*)?[\"']?circuit\.", re.IGNORECASE)
VERSION = re.compile(r"version\s+(\d[\d.]*)")
FEATURES = ("AllowEditor", "AllowChangeDir", "AllowDOScmd", "AllowForms")


def answer(payload: dict[str, Any]) -> dict[str, Any]:
    """Run ``payload["commands"]`` (texts) and solve; a circuit only where no command was refused.

    The keys of the answer: ``engine`` (its name and version), ``errors`` (pairs of command number and message),
    ``late`` (number of the command that sets the frequency after the circuit was made, or None), ``solved``, and those
    of ``extract``.
    """
    commands: list[str] = payload["commands"]
    _forbid()
    late = late_frequency(commands)
    if late is not None:
        engine.Text.Command(commands[late])
    errors = _run(commands)
    if errors:
        return {"errors": errors}
    return {"engine": _version(), "errors": [], "late": late, "solved": _solve(), **extract(engine, commands)}


def late_frequency(commands: Sequence[str]) -> int | None:
    """The last command that sets the base frequency when the circuit already stands.

    The engine then solves at a frequency at which its source gives nothing, and keeps reactances at the other one.

    >>> late_frequency(["new circuit.x", "set defaultbasefreq=50"])
    1
    >>> late_frequency(["set defaultbasefrequency=50", "new circuit.x"]) is None
    True
    """
    made = next((n for n, text in enumerate(commands) if CIRCUIT.match(text)), len(commands))
    found = [n for n, text in enumerate(commands) if n > made and BASE_FREQUENCY.match(text)]
    return found[-1] if found else None


def _version() -> str:
    """Such as ``OpenDSS 0.14.5``: the version of its library, which says more than that in words."""
    found = VERSION.search(engine.Basic.Version())
    return f"OpenDSS {found[1]}" if found else "OpenDSS"


def _forbid() -> None:
    for feature in FEATURES:
        switch = getattr(engine.Basic, feature, None)
        if switch is not None:
            switch(0)


def _run(commands: Sequence[str]) -> list[tuple[int, str]]:
    errors: list[tuple[int, str]] = []
    for number, text in enumerate(commands):
        try:
            engine.Text.Command(text)
        except engine.DSSException as error:
            errors.append((number, str(error.args[-1])))
            if len(errors) == MOST_ERRORS:
                break
    return errors


def _solve() -> dict[str, Any]:
    """One snapshot under the controls of the file: regulators find their taps, capacitors their states."""
    solution = engine.Solution
    if solution.Mode() != 0:
        engine.Text.Command("set mode=snapshot")
    solution.MaxIterations(max(solution.MaxIterations(), ITERATIONS))
    solution.MaxControlIterations(max(solution.MaxControlIterations(), ITERATIONS))
    try:
        solution.Solve()
    except engine.DSSException as error:
        return {"converged": bool(solution.Converged()), "message": str(error.args[-1])}
    return {"converged": bool(solution.Converged()), "message": ""}


if __name__ == "__main__":
    serve(answer)
