"""Options and fixtures that all tests share."""

from __future__ import annotations

import pytest

import v2g
from v2g.case import Case
from v2g.plan import Plan


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the longer studies too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="longer study; run with --slow"))


@pytest.fixture(scope="session")
def village() -> Case:
    """The case whose optimum its README works out by hand."""
    return v2g.read("village")


@pytest.fixture(scope="session")
def village_plan(village: Case) -> Plan:
    """A plan for it."""
    return v2g.solve(village)
