"""The reading with letters: precise parentheses, subscripts before superscripts, and a README that is fresh."""

from __future__ import annotations

import re

import pytest
from v2g.models import DEVICES, NETWORKS, POLICIES

from v2g.errors import ModelError
from v2g.language import Part, Shared, constraint, objective, param, total, variable
from v2g.math import README, main, text
from v2g.readings.latex import Printer, Tex, scripts
from v2g.readings.paper import document

A, B, C = Tex("a"), Tex("b"), Tex("c")
WORK = Shared("work", "kWh", "W", ("n", "t"), "work done")

EXPRESSIONS = {
    "a + b + c": A + B + C,
    "a - b - c": A - B - C,
    r"a - \left(b - c\right)": A - (B - C),
    r"a - \left(b + c\right)": A - (B + C),
    "a + b - c": A + (B - C),
    r"a \left(b + c\right)": A * (B + C),
    r"\left(a + b\right) c": (A + B) * C,
    "a b c": A * B * C,
    "a b + c": A * B + C,
    "a - b c": A - B * C,
    "-a": -A,
    "-a b": -A * B,
    r"-\left(a + b\right) c": -(A + B) * C,
    r"a \left(-b\right)": A * -B,
    r"a + \left(-b\right)": A + -B,
    r"a - \left(-b\right)": A - -B,
    r"-\left(-a\right)": -A.__neg__(),
    "-a + b": -A + B,
    r"-\left(a - b\right)": -(A - B),
    r"\frac{a}{b + c}": A / (B + C),
    r"\frac{a + b}{c}": (A + B) / C,
    r"\frac{a}{b} c": A / B * C,
    r"\frac{1}{a}": 1 / A,
    "1 - a": 1 - A,
    "2 a": 2 * A,
    r"a \cdot 2": A * 2,
    r"a \cdot 2 b": A * (2 * B),
    r"a + \left(-2\right)": A + -2,
    "-0.5 a": -0.5 * A,
    "a^{2}": A**2,
    r"\left(a + b\right)^{2}": (A + B) ** 2,
    r"\left(a b\right)^{2}": (A * B) ** 2,
    r"\left(\frac{a}{b}\right)^{2}": (A / B) ** 2,
    r"\left(a^{2}\right)^{3}": (A**2) ** 3,
    r"\left(-a\right)^{2}": (-A) ** 2,
    r"\left(x_{i}^0\right)^{2}": scripts("x^0", "i") ** 2,
    r"a \cdot 2^{b}": A * Tex.of(2) ** B,
    r"a \le \infty": float("inf") >= A,
    r"a \ge -\infty": float("-inf") <= A,
    r"a + b = c - a": A + B == C - A,
    r"\cos\theta_{h} \cdot a": scripts(r"\cos\theta", "h") * A,
    r"a \cos\theta_{h} \cdot b": A * scripts(r"\cos\theta", "h") * B,
    r"\left(\cos\theta_{h}\right)^{2}": scripts(r"\cos\theta", "h") ** 2,
}


@pytest.mark.parametrize("wanted", EXPRESSIONS)
def test_parentheses(wanted: str) -> None:
    assert EXPRESSIONS[wanted].text == wanted


@pytest.mark.parametrize(
    ("symbol", "index", "wanted"),
    [
        ("e", "v,t+1", "e_{v,t+1}"),
        ("E^0", "v", "E_{v}^0"),
        (r"\gamma'", "i", r"\gamma_{i}'"),
        (r"f^{\mathrm{out}}", "n,t", r"f_{n,t}^{\mathrm{out}}"),
        (r"\overline E", "v", r"\overline E_{v}"),
        (r"M^P", "m", "M_{m}^P"),
        (r"\sqrt{x^2}", "m", r"\sqrt{x^2}_{m}"),
        ("H", "", "H"),
    ],
)
def test_scripts(symbol: str, index: str, wanted: str) -> None:
    assert scripts(symbol, index).text == wanted


class Mill(Part):
    """Mills that grind."""

    table, rows, links, title = "mills", "m", "i", "Mills"
    size = param("kWh", r"\overline E", above=0, help="how much | how many")
    start = param("kWh", "E^0", over="m")
    windy = param("1", r"\omega", over="mt")
    unit = param("m", "m", over="i")
    node = param("n", "n", over="i")
    other = param("m", r"\hat m", over="i")
    secret = param("1", over="m")

    @variable("kW", "x", where="windy")
    def grind(self, m, t):
        """Power."""
        return -self.size[m] - 1, float("inf")

    @variable("kW", "y")
    def free(self, m, t):
        """Anything."""
        return float("-inf"), float("inf")

    @variable("1", "z", integer=True)
    def on(self, m):
        """Turning."""
        return 0, 1

    @constraint
    def start_at(self, m):
        """Begins."""
        return self.free[m, 0] == self.start[m] ** 2

    @constraint(where="windy")
    def step(self, m, t):
        """Goes on, or stops | ends."""
        return self.free[m, t] <= self.dt[t] * (self.grind[m, t] - self.secret[m])

    @constraint
    def mapped(self, i, t):
        """Maps stand in subscripts."""
        return self.grind[self.unit[i], t] >= self.grind[self.other[i], t] + self.milled[self.unit[i]]

    @total("M", over="t", unit="kWh")
    def milled(self, m, t):
        """Work of a mill."""
        return self.dt[t] * self.grind[m, t]

    @total("G", at="unit", over="t", unit="kWh")
    def gathered(self, i, t):
        """By unit."""
        return -self.dt[t] * self.grind[self.unit[i], t]

    @total(at="node", into="work")
    def done(self, i, t):
        """Work at a node."""
        return self.free[self.unit[i], t] - self.grind[self.unit[i], t]

    @total(into="work")
    def seen(self, n, t):
        """Nothing is summed."""
        return -self.work[n, t]

    @objective("kWh", "kWh")
    def least(self, n):
        """As little as possible."""
        return self.work[n, 0] - 1


PRINTER = Printer(Mill, (WORK,))
RULES = {w.name: w for w in Mill.words()}


def test_equations_carry_their_quantifier() -> None:
    assert PRINTER.equation(RULES["start_at"]) == r"y_{m,0} = \left(E_{m}^0\right)^{2} \qquad \forall m"
    assert PRINTER.equation(RULES["step"]) == (
        r"y_{m,t} \le \Delta_{t} \left(x_{m,t} - \mathrm{secret}_{m}\right) \qquad \forall m,t: \omega_{m,t} \ne 0"
    )


def test_maps_stand_in_subscripts() -> None:
    wanted = r"x_{m_{i},t} \ge x_{\hat m_{i},t} + M_{m_{i}} \qquad \forall i,t"
    assert PRINTER.equation(RULES["mapped"]) == wanted


def test_bounds_leave_out_infinite_sides() -> None:
    assert PRINTER.limits(RULES["grind"]) == r"-\overline E_{m} - 1 \le x_{m,t}"
    assert PRINTER.limits(RULES["free"]) == r"y_{m,t} \in \mathbb{R}"
    assert PRINTER.limits(RULES["on"]) == r"0 \le z_{m} \le 1 \in \mathbb{Z}"


def test_totals_say_what_is_summed_and_where_it_goes() -> None:
    assert PRINTER.summed(RULES["milled"]) == r"M_{m} = \sum_{t} \Delta_{t} x_{m,t}"
    assert PRINTER.summed(RULES["gathered"]) == (r"G_{m} = \sum_{i,t: m_{i} = m} \left(-\Delta_{t} x_{m_{i},t}\right)")
    assert PRINTER.summed(RULES["done"]) == (
        r"W_{n,t} \mathrel{+}= \sum_{i: n_{i} = n} \left(y_{m_{i},t} - x_{m_{i},t}\right)"
    )
    assert PRINTER.summed(RULES["seen"]) == r"W_{n,t} \mathrel{+}= -W_{n,t}"


def test_stages() -> None:
    assert PRINTER.aim(RULES["least"]) == (r"\min \left(W_{n,0} - 1\right) \qquad \text{for } n = 1, 2, \ldots")


def test_a_branch_is_refused() -> None:
    rule = constraint(lambda self, m, t: self.free[m, t] <= (1 if self.secret[m] else 0))
    rule.__set_name__(Mill, "wrong")
    with pytest.raises(ModelError, match="may not branch"):
        PRINTER.equation(rule)


def test_the_document_of_a_part() -> None:
    written = document({"Mills": [Mill]}, [WORK])
    assert "| $\\overline E_{m}$ | `size` | kWh | `size_kwh` | how much \\| how many |" in written
    assert "| $W_{n,t}$ | kWh | `work` | work done | Mill |" in written
    assert "`step`: Goes on, or stops \\| ends." in written
    assert "| $m_{i}$ | `unit` | index $m$ | derived |  |" in written


def test_a_base_is_printed_once_and_before() -> None:
    class Small(Mill):
        """Small mills."""

        table = "small_mills"

        @variable("kW", "x", where="windy")
        def grind(self, m, t):
            """Less power."""
            return 0, 1

    class Tiny(Mill):
        """Tiny mills."""

        table = "tiny_mills"

    written = document({"Mills": [Small, Tiny]}, [WORK])
    assert written.count("`step`: Goes on") == 1
    assert written.index("Mills that grind.") < written.index("Small mills.") < written.index("Tiny mills.")
    assert "All of `Mill`, in which it replaces `grind`." in written
    assert "Base of `Small`, `Tiny`." in written


def test_the_readme_of_the_models_is_fresh() -> None:
    """If this fails: python -m v2g.math --write"""
    assert README.read_text(encoding="utf-8") == text()


def test_the_readme_holds_every_rule_of_every_part() -> None:
    written = text()
    parts = {*DEVICES, *(p for parts in NETWORKS.values() for p in parts), *POLICIES.values()}
    for part in parts:
        for rule in part.words(constraint, total):
            assert f"`{rule.name}`: {' '.join(rule.doc.split())}" in written, rule.name
        for rule in part.words(variable):
            assert f"| `{rule.name}` |" in written


def test_the_readme_survives_markdown() -> None:
    """No `}_` or backslash-punctuation, which Markdown may take for emphasis and escapes; no bar in table cells."""
    written = text()
    math = re.findall(r"\$\$\n(.*?)\n\$\$", written) + re.findall(r"\$([^$\n]+)\$", written)
    assert len(math) > 150
    for formula in math:
        assert "}_" not in formula and not re.search(r"\\[^A-Za-z]", formula) and "|" not in formula, formula
        assert formula.count("{") == formula.count("}")
        assert formula.count(r"\left(") == formula.count(r"\right)")
        assert not re.search(r"\^([^\s{}()\\]|\{[^{}]*\})+\^", formula), formula


def test_derived_params_of_the_models_have_a_meaning() -> None:
    for part in (*DEVICES, *(p for parts in NETWORKS.values() for p in parts)):
        assert [w.name for w in part.words(param) if not w.help] == [], part.table


def test_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0 and capsys.readouterr().out == text()
    assert main(["--wrong"]) == 2 and "--write" in capsys.readouterr().err
