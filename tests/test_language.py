"""Wrong use of the language fails at once, and says which part, which rule, which file and line."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pytest
from toys import problem

from v2g.errors import ModelError
from v2g.language import Part, Rule, constraint, objective, param, total, variable
from v2g.readings import arrays, pyomo

READINGS = {"arrays": arrays.read, "pyomo": pyomo.read}


class Pump(Part):
    """A sound part; tests add one wrong rule to it."""

    table, rows, links = "pumps", "u", "i"
    sets: ClassVar[dict[str, str]] = {"m": "meters"}
    power = param("kW", over="u")
    limit = param("kW", over="ut")
    node = param("n", "n", over="u")
    where_at = param("u", "u", over="i")

    @variable("kW", "x")
    def draw(self, u, t):
        """Power."""
        return 0, self.power[u]

    @variable("kWh", "e")
    def stored(self, u, k):
        """Energy."""
        return 0, 9

    @total("g", over="u", unit="kW")
    def all(self, u, t):
        """Power of all."""
        return self.draw[u, t]


def with_rule(name: str, rule: Rule, base: type[Part] = Pump) -> type[Part]:
    """The sound part and one more rule."""
    made = type("Broken", (base,), {name: rule})
    rule.__set_name__(made, name)
    return made


def read(kind: type[Part], how: Callable[[Any], Any] = arrays.read) -> Any:
    """Read one part over two pumps."""
    return how(
        problem(
            kind, sets={"pumps": ["p0", "p1"], "pumps.links": ["p0.a", "p1.a"], "meters": ["m0"]},
            pumps__power=[1.0, 2.0], pumps__limit=np.ones((2, 3)), pumps__node=np.array([0, 1]),
            pumps__where_at=np.array([0, 1]),
        )
    )  # fmt: skip


def fault(kind: type[Part], how: Callable[[Any], Any] = arrays.read) -> str:
    """The message of the ModelError that reading the part raises."""
    with pytest.raises(ModelError) as caught:
        read(kind, how)
    return str(caught.value)


def place(rule: Rule) -> str:
    """``pumps.rule (file:line)`` as messages must say it."""
    line = inspect.getsourcelines(rule.text)[1]
    return f"In pumps.{rule.name} ({__file__}:{line}): "


def branch(self, u, t):
    return self.draw[u, t] == (1 if self.draw[u, t] else 0)


def branch_on_comparison(self, u, t):
    return self.draw[u, t] <= 1 if self.draw[u, t] <= 2 else self.draw[u, t] == 3


def product(self, u, t):
    return self.draw[u, t] * self.stored[u, t] <= 1


def square(self, u, t):
    return self.draw[u, t] ** 2 <= 1


def quotient(self, u, t):
    return 1 / self.draw[u, t] <= 1


def quotient_of_two(self, u, t):
    return self.stored[u, t] / self.draw[u, t] <= 1


def chained(self, u, t):
    return 0 <= self.draw[u, t] <= self.power[u]


def strict(self, u, t):
    return self.draw[u, t] < self.power[u]


def unequal(self, u, t):
    return self.draw[u, t] != self.power[u]


def misspelt(self, u, t):
    return self.draw[u, t] <= self.powr[u]


def misspelt_total(self, n, t):
    return self.injektion[n, t] == 0


def unknown(self, u, t):
    return self.draw[u, t] <= self.zzz[u]


def beyond_the_end(self, u, k):
    return self.stored[u, k + 1] == 0


def before_the_start(self, u, t):
    return self.draw[u, t - 1] == 0


def param_before_the_start(self, u, t):
    return self.draw[u, t] <= self.limit[u, t - 1]


def one_index_too_few(self, u, t):
    return self.draw[u] == 0


def one_index_too_many(self, u, t):
    return self.draw[u, t] <= self.power[u, t]


def total_beyond_the_end(self, t):
    return self.all[t + 1] <= 3


def no_indices(self, u, t):
    return self.draw[u, t] <= self.power


def uses_a_rule(self, u, t):
    return self.draw[u, t] <= self.wrong[u, t]


def a_text(self, u, t):
    return self.draw[u, t] <= "much"


def not_a_comparison(self, u, t):
    return self.draw[u, t]


def nothing(self, u, t):
    self.draw[u, t]


WRONG = {
    branch: "a rule may not branch on a decision: split the cases by index sets (where=...).",
    branch_on_comparison: "a comparison of decisions has no truth value; write one comparison to a rule",
    product: "a product of two decisions is not linear.",
    square: "a product of two decisions is not linear.",
    quotient: "a quotient of decisions is not linear.",
    quotient_of_two: "a quotient of decisions is not linear.",
    chained: "a comparison of decisions has no truth value; write one comparison to a rule, without chaining.",
    strict: "'<' not supported",
    unequal: "a comparison of decisions has no truth value",
    misspelt: "pumps has no 'powr'. Did you mean 'power'?",
    misspelt_total: "pumps has no 'injektion'. Did you mean 'injection'?",
    unknown: "pumps has no 'zzz'. Known: all, draw, dt",
    beyond_the_end: "an index runs outside its set: 1 to 4, allowed 0 to 3.",
    before_the_start: "an index runs outside its set: -1 to 1, allowed 0 to 2.",
    param_before_the_start: "an index runs outside its set: -1 to 1, allowed 0 to 2.",
    total_beyond_the_end: "an index runs outside its set: 1 to 3, allowed 0 to 2.",
    one_index_too_few: "1 indices given, 2 declared.",
    one_index_too_many: "2 indices given, 1 declared.",
    no_indices: "'power' without its indices",
    uses_a_rule: "pumps.wrong is a rule, not a quantity.",
    a_text: "'much' (str) is neither a number nor a decision.",
    not_a_comparison: "a constraint compares decisions",
    nothing: "a constraint compares decisions",
}


@pytest.mark.parametrize("text", WRONG, ids=lambda text: text.__name__)
def test_wrong_rule_is_refused_with_its_place(text: Callable[..., Any]) -> None:
    rule = constraint(text)
    message = fault(with_rule("wrong", rule))
    assert message.startswith(place(rule))
    assert WRONG[text] in message


SEEN_BY_PYOMO = [
    t for t in WRONG if t not in (branch, branch_on_comparison, product, square, quotient, quotient_of_two)
]


@pytest.mark.parametrize("text", SEEN_BY_PYOMO, ids=lambda text: text.__name__)
def test_the_other_reading_refuses_it_too(text: Callable[..., Any]) -> None:
    rule = constraint(text)
    message = fault(with_rule("wrong", rule), pyomo.read)
    assert message.startswith(place(rule))


def bound_on_decision(self, u, t):
    return 0, self.draw[u, t]


def one_bound(self, u, t):
    return self.power[u]


def three_bounds(self, u, t):
    return 0, 1, self.power[u]


BOUNDS = {
    bound_on_decision: "the bounds of a variable are numbers; write a constraint instead.",
    one_bound: "a variable returns (lower, upper), not",
    three_bounds: "a variable returns (lower, upper), not",
}


@pytest.mark.parametrize("how", READINGS.values(), ids=READINGS)
@pytest.mark.parametrize("text", BOUNDS, ids=lambda text: text.__name__)
def test_wrong_bounds_are_refused(text: Callable[..., Any], how: Callable[[Any], Any]) -> None:
    rule = variable("kW", "y")(text)
    message = fault(with_rule("more", rule), how)
    assert message.startswith(place(rule)) and BOUNDS[text] in message


def per_w(self, u, w):
    return self.draw[u, 0] <= 1


def per_u(self, u):
    return self.draw[u, 0] <= 1


def per_tu(self, t, u):
    return self.draw[u, t]


def per_ut(self, u, t):
    return self.draw[u, t]


DECLARED = {
    "letter": (constraint(per_w), "index letter 'w' is not declared. Known: t, k, n, r, l, v, y, j, u, i, m."),
    "letter summed away": (total("T", over="w")(per_ut), "index letter 'w' is not declared."),
    "where is no param": (constraint(where="draw")(per_u), "'draw' is not a param of this part."),
    "where is unknown": (constraint(where="lively")(per_u), "'lively' is not a param of this part."),
    "where over other letters": (
        constraint(where="limit")(per_u),
        "where='limit' is indexed by (u, t), the rule by (u).",
    ),
    "at is unknown": (total(at="bus", into="injection")(per_ut), "'bus' is not a param of this part."),
    "at is no map": (
        total(at="power", into="injection")(per_ut),
        "at='power' is no map: its unit is 'kW', not an index letter.",
    ),
    "at over other letters": (
        total(at="node", into="injection")(per_tu),
        "at='node' is indexed by (u), the rule begins with (t).",
    ),
}


@pytest.mark.parametrize("case", DECLARED)
def test_wrong_declaration_is_refused(case: str) -> None:
    rule, text = DECLARED[case]
    message = fault(with_rule("wrong", rule))
    assert message.startswith(place(rule)) and text in message


def test_a_contribution_to_entries_of_another_set_is_refused() -> None:
    rule = total(at="where_at", into="injection")(lambda self, i, t: self.draw[self.where_at[i], t])
    constrained = with_rule("seen", constraint(lambda self, n, t: self.injection[n, t] == 0), with_rule("wrong", rule))
    for how in READINGS.values():
        assert "it fills entries by (pumps, intervals), 'injection' is kept by (nodes, intervals)." in fault(
            constrained, how
        )


def test_an_unknown_shared_total_is_refused() -> None:
    rule = total(at="node", into="injektion")(per_ut)
    assert "pumps has no 'injektion'. Did you mean 'injection'?" in fault(with_rule("wrong", rule))


@pytest.mark.parametrize("how", READINGS.values(), ids=READINGS)
def test_a_total_that_contains_itself_is_refused(how: Callable[[Any], Any]) -> None:
    rule = total("T", over="u")(lambda self, u, t: self.loop[t])
    used = with_rule("wrong", constraint(lambda self, t: self.loop[t] == 0), with_rule("loop", rule))
    assert "the total 'loop' contains itself" in fault(used, how)


def test_a_rule_without_text_is_refused() -> None:
    assert "pumps.wrong has no text: write @constraint(...) above a method." in fault(with_rule("wrong", constraint()))


def test_an_own_letter_may_not_hide_one_of_the_case() -> None:
    made = type("Broken", (Pump,), {"rows": "t"})
    assert fault(made) == "pumps: index letter 't' belongs to the case (intervals)."


def test_a_letter_stands_for_one_set() -> None:
    made = type("Broken", (Pump,), {"links": "u"})
    assert fault(made) == "pumps: index letter 'u' is declared twice."


def test_a_param_over_an_undeclared_letter_is_refused() -> None:
    made = type("Broken", (Pump,), {"limit": with_name(param("kW", over="uw"), "limit")})
    assert fault(made).startswith("pumps.limit: index letter 'w' is not declared.")


def with_name(word: Any, name: str) -> Any:
    """The word as a class body would name it."""
    word.__set_name__(Pump, name)
    return word


def test_a_param_without_numbers_or_of_another_shape_is_refused() -> None:
    made = type("Broken", (Pump,), {"extra": with_name(param("kW", over="u"), "extra")})
    assert fault(made) == "pumps.extra has no numbers: neither a column nor a derived array."
    longer = type("Broken", (Pump,), {"limit": with_name(param("kW", over="uk"), "limit")})
    assert fault(longer) == "pumps.limit has shape (2, 3), declared as (2, 4)."


def test_two_parts_of_one_table_are_refused() -> None:
    with pytest.raises(ModelError, match=re.escape("Two parts read the table 'pumps'.")):
        problem(Pump, Pump)


def test_a_subclass_replaces_by_name_and_keeps_the_order() -> None:
    class Stronger(Pump):
        """A pump with a law of its own."""

        @variable("kW", "x")
        def draw(self, u, t):
            """Power."""
            return 0, 2 * self.power[u]

        @objective("kW")
        def least(self):
            """Nothing."""
            return self.all[0]

    lp = read(Stronger)
    assert lp.upper[:6].tolist() == [2, 2, 2, 4, 4, 4]
    assert [w.name for w in Stronger.words(variable)] == ["draw", "stored"]


def test_column_names_carry_their_unit() -> None:
    word = with_name(param("kWh", default=1.0), "reserve")
    assert word.column_name == "reserve_kwh"
    assert not word.column().required and word.column().default == 1.0
    assert with_name(param("kWh"), "reserve").column().required
