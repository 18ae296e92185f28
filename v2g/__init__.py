"""v2g: dispatch of electric vehicles into an outaged feeder.

The verbs are those of the command line; each is loaded when it is first used, so that ``import v2g`` costs nothing.

>>> import v2g
>>> case = v2g.read("village")
>>> plan = v2g.solve(case)
>>> v2g.verify(case, plan).ok, v2g.certify(case, plan).ok
(True, True)

A feeder of another tool on its way to a plan that holds under AC: `import_feeder`, `populate`, `read`, `solve_secure`,
`replay_ac`, `export`. Whatever goes wrong on purpose is a `V2GError` (`v2g.errors` lists the kinds): a message for
people, and the exit code of the command line.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from v2g.ac.secure import solve_secure
    from v2g.ac.verdict import AcVerdict
    from v2g.ac.verdict import verify as replay_ac
    from v2g.batch.answers import answers
    from v2g.batch.driver import batch
    from v2g.batch.reproduce import reproduce
    from v2g.batch.study import shipped_studies as studies
    from v2g.benchmark.bench import benchmark
    from v2g.case import Case
    from v2g.certify import certify
    from v2g.compare import compare
    from v2g.errors import V2GError
    from v2g.explain import explain
    from v2g.exports.exporting import export
    from v2g.feeders.importing import Imported, import_feeder
    from v2g.formats.copying import copy_case as new
    from v2g.formats.plan_folder import read_plan, write_plan
    from v2g.formats.shipped import shipped_cases as cases
    from v2g.json_schema import schemas
    from v2g.plan import Plan
    from v2g.planning import solve
    from v2g.populate import Populated, populate
    from v2g.reading import check, read
    from v2g.replay import Verdict
    from v2g.replay import audit as verify
    from v2g.reports.page.written import write_page
    from v2g.reports.study_folder import report_study as report
    from v2g.shortfalls import shortfalls
    from v2g.survival import survive
    from v2g.values import values

__all__ = [
    "AcVerdict",
    "Case",
    "Imported",
    "Plan",
    "Populated",
    "V2GError",
    "Verdict",
    "answers",
    "batch",
    "benchmark",
    "cases",
    "certify",
    "check",
    "compare",
    "explain",
    "export",
    "import_feeder",
    "new",
    "populate",
    "read",
    "read_plan",
    "replay_ac",
    "report",
    "reproduce",
    "schemas",
    "shortfalls",
    "solve",
    "solve_secure",
    "studies",
    "survive",
    "values",
    "verify",
    "write_page",
    "write_plan",
]

_HOMES = {
    "AcVerdict": "v2g.ac.verdict:AcVerdict",
    "Case": "v2g.case:Case",
    "Imported": "v2g.feeders.importing:Imported",
    "Plan": "v2g.plan:Plan",
    "Populated": "v2g.populate:Populated",
    "V2GError": "v2g.errors:V2GError",
    "Verdict": "v2g.replay:Verdict",
    "answers": "v2g.batch.answers:answers",
    "batch": "v2g.batch.driver:batch",
    "benchmark": "v2g.benchmark.bench:benchmark",
    "cases": "v2g.formats.shipped:shipped_cases",
    "certify": "v2g.certify:certify",
    "check": "v2g.reading:check",
    "compare": "v2g.compare:compare",
    "explain": "v2g.explain:explain",
    "export": "v2g.exports.exporting:export",
    "import_feeder": "v2g.feeders.importing:import_feeder",
    "new": "v2g.formats.copying:copy_case",
    "populate": "v2g.populate:populate",
    "read": "v2g.reading:read",
    "read_plan": "v2g.formats.plan_folder:read_plan",
    "replay_ac": "v2g.ac.verdict:verify",
    "report": "v2g.reports.study_folder:report_study",
    "reproduce": "v2g.batch.reproduce:reproduce",
    "schemas": "v2g.json_schema:schemas",
    "shortfalls": "v2g.shortfalls:shortfalls",
    "solve": "v2g.planning:solve",
    "solve_secure": "v2g.ac.secure:solve_secure",
    "studies": "v2g.batch.study:shipped_studies",
    "survive": "v2g.survival:survive",
    "values": "v2g.values:values",
    "verify": "v2g.replay:audit",
    "write_page": "v2g.reports.page.written:write_page",
    "write_plan": "v2g.formats.plan_folder:write_plan",
}
"""Where each public name is from."""


class _Package(ModuleType):
    """This package: names of verbs stay verbs, though some have the name of the module that they come from."""

    def __getattr__(self, name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        module, _, own = _HOMES[name].partition(":")
        found = getattr(import_module(module), own)
        setattr(self, name, found)
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Package
