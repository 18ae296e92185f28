"""Sums in brackets, such as ``(115 3 sqrt /)``: operators after their numbers, as on a desk calculator.

The engine works them out; here it is only seen to it that they come to a number. Angles are in degrees.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

REGISTERS = 10
"""As many numbers the engine's calculator holds; they are 0 before anything is entered."""
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)

_OF_TWO: dict[str, Callable[[float, float], float]] = {
    "+": lambda y, x: y + x,
    "-": lambda y, x: y - x,
    "*": lambda y, x: y * x,
    "/": lambda y, x: y / x,
    "^": lambda y, x: math.pow(y, x),
    "atan2": lambda y, x: math.degrees(math.atan2(y, x)),
}
_OF_ONE: dict[str, Callable[[float], float]] = {
    "sqrt": math.sqrt,
    "sqr": lambda x: x * x,
    "inv": lambda x: 1 / x,
    "ln": math.log,
    "log10": math.log10,
    "exp": math.exp,
    "sin": lambda x: math.sin(math.radians(x)),
    "cos": lambda x: math.cos(math.radians(x)),
    "tan": lambda x: math.tan(math.radians(x)),
    "asin": lambda x: math.degrees(math.asin(x)),
    "acos": lambda x: math.degrees(math.acos(x)),
    "atan": lambda x: math.degrees(math.atan(x)),
}
_MOVES: dict[str, Callable[[list[float]], list[float]]] = {
    "swap": lambda stack: [stack[1], stack[0], *stack[2:]],
    "rollup": lambda stack: [stack[-1], *stack[:-1]],
    "rolldn": lambda stack: [*stack[1:], stack[0]],
    "pi": lambda stack: [math.pi, *stack[:-1]],
}


def is_number(text: str) -> bool:
    """Whether a word is a plain number.

    >>> is_number("-1.5e3"), is_number("nan"), is_number("0x10")
    (True, False, False)
    """
    return _NUMBER.fullmatch(text) is not None


def outcome(words: list[str]) -> float | None:
    """What a sum comes to (``nan`` where it cannot be worked out); None where the words are no sum.

    >>> outcome("8 1000 /".split()), outcome("0 0 /".split()), outcome("1 2 3".split())
    (0.008, nan, None)
    """
    low = [word.lower() for word in words]
    operators = [word for word in low if word in _OF_TWO or word in _OF_ONE or word in _MOVES]
    if not operators or not all(word in operators or is_number(word) for word in low):
        return None
    stack = [0.0] * REGISTERS
    try:
        for word in low:
            stack = _step(stack, word)
    except (ArithmeticError, ValueError):
        return math.nan
    return stack[0] if math.isfinite(stack[0]) else math.nan


def _step(stack: list[float], word: str) -> list[float]:
    if word in _OF_TWO:
        return [_OF_TWO[word](stack[1], stack[0]), *stack[2:], stack[-1]]
    if word in _OF_ONE:
        return [_OF_ONE[word](stack[0]), *stack[1:]]
    if word in _MOVES:
        return _MOVES[word](stack)
    return [float(word), *stack[:-1]]
