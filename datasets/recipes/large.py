"""The cases ``ieee8500-storm`` and ``ieee9500-hurricane``: days without supply on feeders of thousands of buses.

``python -m v2g.datasets.recipes.large CASE --feeders FOLDER --to FOLDER`` makes one of them again from the
OpenDSS models, which are not part of the project: the first folder holds ``ieee8500/Master.dss`` and
``ieee9500/Master-bal-initial-config.dss``.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from v2g.feeders.importing import import_feeder
from v2g.populate import populate

from .tables import Row, read_table, write_table


@dataclass(frozen=True)
class Recipe:
    """What is read, what the emergency does to it before a fleet comes, and the wishes of that."""

    source: str
    title: str
    about: str
    down: Sequence[str]
    wishes: Mapping[str, Any]
    generators: Mapping[str, float] | None = None

    def write(self, name: str, feeders: Path, to: Path) -> None:
        """Write the case as a new folder ``to``."""
        with tempfile.TemporaryDirectory() as scratch:
            feeder = Path(scratch) / f"{name.partition('-')[0]}-after"
            import_feeder(feeders / self.source, feeder, fold=True, accept=True)
            self._damage(feeder)
            populate(feeder, to, **self.wishes)
        _put(to / "case.toml", lambda text: _with(text, name=name, title=self.title))
        _put(to / "README.md", lambda text: f"{self.about}\n## What was put on the feeder\n\n{_below_title(text)}")

    def _damage(self, feeder: Path) -> None:
        lines = read_table(feeder / "lines.csv")
        unknown = set(self.down) - {row["line"] for row in lines}
        if unknown:
            raise ValueError(f"The feeder has no line {', '.join(sorted(unknown))}.")
        _write(feeder, "lines", [row | {"closed": "0"} if row["line"] in self.down else row for row in lines])
        if self.generators is not None:
            kept = [row for row in read_table(feeder / "generators.csv") if row["generator"] in self.generators]
            _write(feeder, "generators", [row | {"fuel_l": str(self.generators[row["generator"]])} for row in kept])


def _write(folder: Path, table: str, rows: Sequence[Row]) -> None:
    write_table(folder, table, rows)


def _put(file: Path, change: Any) -> None:
    text = change(file.read_text(encoding="utf-8"))
    with file.open("w", newline="", encoding="utf-8") as out:
        out.write(text)


def _with(header: str, **said: str) -> str:
    """A header with other texts under some keys."""
    lines = [line for line in header.splitlines() if line.partition(" =")[0] not in said]
    first = [f'{key} = "{text}"' for key, text in said.items()]
    return "\n".join([lines[0], *first, *lines[1:]]) + "\n"


def _below_title(text: str) -> str:
    return text.split("\n", 1)[1].lstrip("\n").replace("\n## ", "\n### ")


STORM = Recipe(
    "ieee8500/Master.dss",
    "Winter storm on the IEEE 8500-node feeder, 48 hours without the head",
    """# Winter storm on the IEEE 8500-node feeder

The head of a real feeder's model is lost at 18:00 on a Wednesday in January (00:00 UTC) and does not come back within
48 hours. The 4,876 buses of the model are 1,758 here: secondaries are folded into their primaries, chains of lines
without loads are one line each. A battery and a diesel at the substation form the island; 400 cars and buses, 120 of
which can give to the feeder, stand on it.
""",
    (),
    {"vehicles": 400, "outage": 48, "seed": 8500, "step_min": 60, "drive": 0.4},
)

HURRICANE = Recipe(
    "ieee9500/Master-bal-initial-config.dss",
    "Hurricane on the IEEE 9500-node feeder: three substations cut off for 72 hours",
    """# Hurricane on the IEEE 9500-node feeder

The 69 kV lines are down: each of the three substations is an island of its own, and the ties between their feeders
stand open. The pipeline is shut, so the model's gas engines, micro-turbines and steam plant are out, and its wind
turbines have stopped; two diesels with what is in their tanks, the two batteries and the sun remain. Each substation
gets a battery and a diesel that form its island. 500 cars and buses stand on the feeders, 150 of which can give to
them. The 5,302 buses of the model are 1,994 here: secondaries are folded into their primaries, chains of lines
without loads are one line each.
""",
    ("hvmv69s1b1_sw", "hvmv69s2b1_sw", "hvmv69s3b1_sw"),
    {
        "vehicles": 500, "outage": 72, "seed": 9500, "step_min": 60, "drive": 0.3, "former_share": 0.4,
        "start": "2026-09-17T00:00:00+00:00",
    },
    {"diesel620": 1200.0, "diesel590": 900.0},
)  # fmt: skip

RECIPES = {"ieee8500-storm": STORM, "ieee9500-hurricane": HURRICANE}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", choices=RECIPES)
    parser.add_argument("--feeders", type=Path, required=True, help="folder with the OpenDSS models")
    parser.add_argument("--to", type=Path, required=True, help="folder to write the case into")
    asked = parser.parse_args()
    RECIPES[asked.case].write(asked.case, asked.feeders, asked.to)
