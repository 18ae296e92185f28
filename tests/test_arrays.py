"""The array reading on parts of a few lines: what stands in each row is counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from small import ALLEY, STREET, case_of, kinds, problem_of
from toys import problem
from v2g.models import DEVICES, NETWORKS

from v2g.language import Part, constraint, objective, param, total, variable
from v2g.lp import LP
from v2g.readings import arrays


class Pumps(Part):
    """Two pumps, one of them away in the second interval."""

    table, rows = "pumps", "u"
    here = param("1", over="ut")
    power = param("kW", over="u")
    node = param("n", "n", over="u")

    @variable("kW", "x", where="here")
    def draw(self, u, t):
        """Power."""
        return 0, self.power[u]

    @variable("kWh", "e")
    def stored(self, u, k):
        """Energy."""
        return -1.0, 9.0

    @constraint
    def balance(self, u, t):
        """Unequal intervals."""
        return self.stored[u, t + 1] == self.stored[u, t] + self.dt[t] * self.draw[u, t]

    @constraint(where="here", lazy=True)
    def twice(self, u, t):
        """A column that is mentioned twice, and one that vanishes."""
        return self.draw[u, t] + 2 * self.draw[u, t] + self.stored[u, t] - self.stored[u, t] <= self.power[u] + 1

    @total("g", at="node", unit="kW")
    def gathered(self, u, t):
        """Power at a node."""
        return self.draw[u, t]

    @total("s", over="t", unit="kWh")
    def moved(self, u, t):
        """Energy of a pump."""
        return self.dt[t] * self.draw[u, t] + 1

    @total(over="ut", into="purse")
    def all_moved(self, u, t):
        """Energy of all."""
        return self.dt[t] * self.draw[u, t] + 1

    @total(at="node", into="injection")
    def injected(self, u, t):
        """At the node."""
        return -self.draw[u, t]

    @constraint
    def at_nodes(self, n, t):
        """Own and shared totals, indexed by the sets that the maps lead to."""
        return self.gathered[n, t] + self.injection[n, t] >= -5

    @constraint
    def together(self, n, t):
        """Own total, alone."""
        return self.gathered[n, t] <= 7

    @constraint
    def per_pump(self, u):
        """A total over intervals."""
        return self.moved[u] <= 40


class Cheap(Part):
    """One stage."""

    table = "cheap"

    @objective("kWh", "kWh")
    def least(self):
        """As little as possible."""
        return self.purse[()]


HERE = [[1, 0, 1], [1, 1, 1]]


def pumps(
    node: tuple[int, int] = (1, 1), here: list[list[int]] | None = None, power: tuple[float, float] = (3, 4)
) -> LP:
    """The linear program of two pumps."""
    return arrays.read(
        problem(
            Pumps, Cheap, sets={"pumps": ["p0", "p1"]},
            pumps__here=here or HERE, pumps__power=power, pumps__node=np.array(node),
        )
    )  # fmt: skip


def row(lp: LP, word: str, *at: int) -> tuple[dict[str, float], float, float]:
    """A row by name: coefficients by column name, and its sides."""
    block = lp.layout.rows["pumps", word]
    number = next(n for n in range(block.first, block.first + block.size) if block.position(n) == at)
    span = slice(lp.matrix.start[number], lp.matrix.start[number + 1])
    named = [lp.layout.column_name(int(c)).removeprefix("pumps.") for c in lp.matrix.index[span]]
    return dict(zip(named, lp.matrix.value[span].tolist(), strict=True)), lp.row_lower[number], lp.row_upper[number]


INF = float("inf")


def test_where_leaves_out_columns_and_rows() -> None:
    lp = pumps()
    assert lp.layout.columns["pumps", "draw"].size == 5
    assert lp.layout.columns["pumps", "stored"].size == 8
    assert lp.layout.rows["pumps", "twice"].size == 5
    assert lp.upper[:5].tolist() == [3, 3, 4, 4, 4]
    assert lp.sizes() == {"rows": 6 + 5 + 6 + 6 + 2, "columns": 13, "nonzeros": 12 + 5 + 5 + 0 + 5 + 5, "binaries": 0}


def test_an_absent_variable_counts_as_zero() -> None:
    assert row(pumps(), "balance", 0, 1) == ({"stored[p0, t1]": -1, "stored[p0, t2]": 1}, 0, 0)


def test_unequal_intervals() -> None:
    lp = pumps()
    for t, hours in enumerate((1.0, 0.5, 0.25)):
        assert row(lp, "balance", 1, t)[0][f"draw[p1, t{t}]"] == -hours


def test_a_column_mentioned_twice_is_added_and_zeros_are_dropped() -> None:
    assert row(pumps(), "twice", 0, 2) == ({"draw[p0, t2]": 3}, -INF, 4)


def test_totals_go_where_the_map_says() -> None:
    both_at_one = pumps(node=(1, 1))
    assert row(both_at_one, "together", 0, 0) == ({}, -INF, 7)
    assert row(both_at_one, "together", 1, 0) == ({"draw[p0, t0]": 1, "draw[p1, t0]": 1}, -INF, 7)
    apart = pumps(node=(1, 0))
    assert row(apart, "together", 0, 0) == ({"draw[p1, t0]": 1}, -INF, 7)
    assert row(apart, "together", 1, 1) == ({}, -INF, 7)


def test_own_and_shared_totals_cancel() -> None:
    assert row(pumps(), "at_nodes", 1, 2) == ({}, -5, INF)


def test_constants_of_totals_move_to_the_sides() -> None:
    coefficients, low, high = row(pumps(), "per_pump", 1)
    assert coefficients == {"draw[p1, t0]": 1, "draw[p1, t1]": 0.5, "draw[p1, t2]": 0.25}
    assert (low, high) == (-INF, 37)


def test_an_objective_is_a_shared_total_with_its_constant() -> None:
    lp = pumps()
    (stage,) = lp.objectives
    assert stage.constant == 6
    assert stage.dense(13)[:5].tolist() == [1, 0.25, 1, 0.5, 0.25]
    assert stage.at(np.ones(13)) == 3 + 6


def test_flags() -> None:
    lp = pumps()
    block = lp.layout.rows["pumps", "twice"]
    assert lp.lazy.sum() == 5 and lp.lazy[block.first : block.first + 5].all()
    assert not lp.integer.any() and not lp.state.any()


def test_names_lead_back() -> None:
    lp = pumps()
    assert lp.layout.column_name(1) == "pumps.draw[p0, t2]"
    assert lp.layout.column_name(12) == "pumps.stored[p1, end]"
    assert lp.layout.row_name(0) == "pumps.balance[p0, t0]"
    assert lp.layout.row_name(lp.shape[0] - 1) == "pumps.per_pump[p1]"
    with pytest.raises(IndexError):
        lp.layout.row_name(lp.shape[0])


def test_a_table_of_values_leads_back() -> None:
    lp = pumps()
    table = lp.layout.columns["pumps", "draw"].table(np.arange(13.0), absent=-1.0)
    assert table.tolist() == [[0, -1, 1], [2, 3, 4]]


def test_empty_sets() -> None:
    lp = arrays.read(
        problem(
            Pumps, Cheap, sets={"pumps": []},
            pumps__here=np.zeros((0, 3)), pumps__power=np.zeros(0), pumps__node=np.zeros(0, int),
        )
    )  # fmt: skip
    assert lp.shape == (12, 0)
    assert lp.matrix.value.size == 0 and lp.objectives[0].constant == 0


def test_nothing_exists() -> None:
    lp = pumps(here=[[0, 0, 0], [0, 0, 0]])
    assert lp.layout.columns["pumps", "draw"].size == 0
    assert row(lp, "balance", 0, 0) == ({"stored[p0, t0]": -1, "stored[p0, t1]": 1}, 0, 0)


def test_zero_coefficients_leave_no_entry() -> None:
    lp = pumps(power=(0, 4))
    assert lp.upper[0] == 0 and np.all(lp.matrix.value != 0.0)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("tables", [STREET, ALLEY], ids=["street", "alley"])
def test_every_row_and_column_has_its_own_name(tables: dict[str, str], network: str) -> None:
    lp = arrays.read(problem_of(case_of(tables), kinds(network)))
    rows, columns = lp.shape
    assert len({lp.layout.row_name(n) for n in range(rows)}) == rows
    assert len({lp.layout.column_name(n) for n in range(columns)}) == columns


def test_every_device_may_be_left_out() -> None:
    case = case_of(ALLEY)
    for left_out in DEVICES:
        rest = [part for part in kinds() if part is not left_out]
        assert arrays.read(problem_of(case, rest)).shape[1] <= arrays.read(problem_of(case)).shape[1]
