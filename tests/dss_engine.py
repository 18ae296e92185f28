"""The OpenDSS engine alone, in a process of its own: what it makes of commands, or of files that it reads itself."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import Any

PROGRAM = """
import faulthandler, json, sys
import opendssdirect as engine

def send(text):
    try:
        engine.Text.Command(text)
        return None
    except Exception as error:
        return str(error).splitlines()[0]

def properties(classes):
    found = {}
    for name in engine.Circuit.AllElementNames() + names_of_data(classes):
        names = classes.get(name.split(".")[0].lower(), [])
        found[name.lower()] = {p.lower(): asked(name, p) for p in names}
    return found

def names_of_data(classes):
    found = []
    for name in classes:
        engine.Basic.SetActiveClass(name)
        found += [name + "." + one for one in engine.ActiveClass.AllNames() if one.startswith("v_")]
    return found

def asked(name, property_):
    send("? " + name + "." + property_)
    return engine.Text.Result()

def count():
    counts = {}
    for name in engine.Circuit.AllElementNames():
        kind = name.split(".")[0].lower()
        counts[kind] = counts.get(kind, 0) + 1
    return counts

faulthandler.enable()
job = json.load(sys.stdin)
answers = []
for commands in job["runs"]:
    errors = [error for error in map(send, commands) if error]
    answer = {"errors": errors, "elements": count(), "losses_w": engine.Circuit.Losses()[0]}
    answer |= {"buses": engine.Circuit.NumBuses(), "nodes": engine.Circuit.NumNodes()}
    answer["properties"] = properties(job["classes"])
    answers.append(answer)
print("ANSWERS" + json.dumps(answers))
"""


Classes = dict[str, tuple[str, ...]]
"""Names of properties by class."""


@dataclass(frozen=True)
class Outcome:
    """The circuit that stands after the commands of one run."""

    errors: list[str]
    elements: dict[str, int]
    losses_w: float
    buses: int
    nodes: int
    properties: dict[str, dict[str, str]]


def outcomes(runs: list[list[str]], classes: Classes | None = None) -> list[Outcome]:
    """Of each run of commands, one after the other in one engine; with the properties of elements of these classes."""
    return [Outcome(**answer) for answer in answers({"runs": runs, "classes": classes or {}}, PROGRAM)]


def answers(job: dict[str, Any], program: str) -> Any:
    """What a program prints after ``ANSWERS``; it has the job on stdin."""
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run(
            [sys.executable, "-c", program],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            cwd=scratch,
            timeout=300,
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.rsplit("ANSWERS", 1)[1])
