"""The words a model is written in.

A part of the model is a class. Its rules are methods over index letters, and the signature is the
quantifier: ``def fuel(self, g)`` holds for every generator g. A rule is never evaluated here: it is
*read*, by one of the interpreters in `v2g.readings`, with index arrays, labels, letters or units.

Letters
    ``t`` intervals, ``k`` the T + 1 points between them, ``n`` nodes (bus-phases), ``r`` tiers,
    ``l`` loads, ``v`` vehicles, ``y`` chargers and ``j`` sites belong to the case: parts meet there.
    Every part adds its own: ``rows`` for the rows of its table, ``links`` for its points of
    connection (one per unit and phase), and whatever it lists in ``sets``.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

from v2g.errors import ModelError
from v2g.schema import Column, Kind, TableSpec, column_name, place_columns

CASE_LETTERS = {
    "t": "intervals", "k": "points", "n": "nodes", "r": "tiers",
    "l": "loads", "v": "vehicles", "y": "chargers", "j": "sites",
}  # fmt: skip


class Reading(Protocol):
    """An interpreter of rules: says what a word means when a rule mentions it."""

    def bind(self, part: Part, word: Word) -> Any:
        """Meaning of a part's own word."""

    def shared(self, part: Part, name: str) -> Any:
        """Meaning of a shared total or of a quantity of the whole case."""


class Word:
    """Something a part declares under a name."""

    name = ""
    symbol = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, part: Part | None, owner: type | None = None) -> Any:
        return self if part is None else part.reading.bind(part, self)


class param(Word):
    """A number of the case: a column of the part's table, or (``over``) derived from the tables.

    Parameters
    ----------
    unit
        Unit of the value; with ``name`` it makes the column name (`v2g.schema.column_name`).
    symbol
        LaTeX symbol. Index letters are appended when it is printed.
    over
        Letters it is indexed by, where it is not one value per row of the table. Such a param has
        no column: it is derived from the case before the model is read.
    default
        Fills blank cells and a missing column. Without a default the column is required.
    """

    def __init__(
        self,
        unit: str = "1",
        symbol: str = "",
        *,
        over: str | None = None,
        kind: Kind = "number",
        column: str | None = None,
        default: object = ...,
        at_least: float | None = None,
        above: float | None = None,
        at_most: float | None = None,
        at_most_column: str | None = None,
        help: str = "",
    ) -> None:
        self.unit, self.symbol, self.letters = unit, symbol, over
        self.kind: Kind = kind
        self._column, self.default, self.help = column, default, help
        self.at_least, self.above, self.at_most = at_least, above, at_most
        self.at_most_column = at_most_column

    @property
    def column_name(self) -> str:
        """Name of its column in the table of the part."""
        return self._column or column_name(self.name, self.unit)

    def column(self) -> Column | None:
        """What the column may hold, or None where the value is derived."""
        if self.letters is not None:
            return None
        required = self.default is ...
        return Column(
            self.column_name,
            kind=self.kind,
            required=required,
            default=None if required else self.default,
            unit=self.unit,
            at_least=self.at_least,
            above=self.above,
            at_most=self.at_most,
            at_most_column=self.at_most_column,
            help=self.help,
        )


RuleT = TypeVar("RuleT", bound="Rule")


class Rule(Word):
    """A word with a text: a method whose parameters after ``self`` are the index letters."""

    text: Callable[..., Any]
    over: tuple[str, ...] = ()
    where: str | None = None
    doc = ""

    def __call__(self: RuleT, text: Callable[..., Any]) -> RuleT:
        self.text = text
        self.over = tuple(inspect.signature(text).parameters)[1:]
        self.doc = inspect.cleandoc(text.__doc__ or "")
        return self

    @property
    def place(self) -> str:
        """``file:line`` of the text."""
        code = self.text.__code__
        return f"{code.co_filename}:{code.co_firstlineno}"


class variable(Rule):
    """A decision. The text gives its lower and upper bound.

    ``where`` names a param over the same letters: the variable exists where that is not zero, and
    counts as zero elsewhere. ``state=True`` marks a consequence of other decisions (a flow, a
    voltage): equality rules determine it, so an engine may substitute it.
    """

    def __init__(self, unit: str, symbol: str, *, where: str | None = None, integer: bool = False, state: bool = False):
        self.unit, self.symbol, self.where, self.integer, self.state = unit, symbol, where, integer, state


class constraint(Rule):
    """A row for every index (``where`` restricts them). The text is one comparison.

    ``lazy=True`` says that few of these rows ever bind: an engine may leave them out until a
    solution violates them. ``settles`` names the state that an equality is the law of: where states
    hang on each other, an engine then knows which row to solve for which.
    """

    def __init__(
        self,
        text: Callable[..., Any] | None = None,
        *,
        where: str | None = None,
        lazy: bool = False,
        settles: str | None = None,
    ) -> None:
        self.where, self.lazy, self.settles = where, lazy, settles
        if text is not None:
            self(text)


class total(Rule):
    """A sum over the members of a set, kept by the part or put into a shared total.

    Parameters
    ----------
    at
        Names of the params that say where each member goes, one for each leading index of the
        target; the rule's remaining letters follow. ``at="node"`` with a rule over (i, t) adds
        member (i, t) to entry (node[i], t).
    over
        Letters that are summed away.
    into
        The shared total that receives the sum. Without it, the total belongs to the part.
    """

    def __init__(
        self,
        symbol: str = "",
        *,
        at: str | tuple[str, ...] = (),
        over: str = "",
        into: str | None = None,
        unit: str = "1",
    ) -> None:
        self.symbol, self.into, self.unit = symbol, into, unit
        self.at = (at,) if isinstance(at, str) else at
        self.gone = tuple(over)

    def kept(self) -> tuple[str, ...]:
        """Letters that remain after those replaced by ``at`` or summed away."""
        rest = self.over if not self.at else self.over[1:]
        return tuple(letter for letter in rest if letter not in self.gone)


class objective(Rule):
    """One stage of a policy: a quantity to be made as small as possible, after all stages above it.

    With an index letter it stands for one stage per index, in order. With ``alternates`` these take turns
    with those of the objective above it, index by index: both run over the same letters. ``meaning`` is what
    one unit of the objective is worth to a person, in words, for prices and explanations. With ``settled`` no
    whole column is chosen again for it: all stand as the stages above leave them.
    """

    def __init__(
        self, unit: str, meaning: str = "", *, integers: bool = False, alternates: bool = False, settled: bool = False
    ) -> None:
        self.unit, self.meaning, self.integers, self.alternates = unit, meaning, integers, alternates
        self.settled = settled


@dataclass(frozen=True)
class Shared:
    """A total that all parts may add to; ``letters`` are its indices."""

    name: str
    unit: str
    symbol: str
    letters: tuple[str, ...]
    meaning: str = ""


@dataclass(frozen=True)
class Quantity:
    """A quantity of the whole case that every rule may use, such as the interval lengths."""

    name: str
    unit: str
    symbol: str
    letters: tuple[str, ...]


CASE_QUANTITIES = (
    Quantity("dt", "h", r"\Delta", ("t",)),
    Quantity("fraction", "1", r"\phi", ("t",)),
)
"""Length of each interval, and its share of the whole horizon."""


class Part:
    """One kind of device, network or policy: a table, its params, and the rules over them."""

    table: ClassVar[str] = ""
    title: ClassVar[str] = ""
    rows: ClassVar[str] = ""
    links: ClassVar[str] = ""
    delta: ClassVar[bool] = False
    at_site: ClassVar[bool] = False
    from_file: ClassVar[bool] = True
    sets: ClassVar[dict[str, str]] = {}
    more_columns: ClassVar[tuple[Column, ...]] = ()
    derive: ClassVar[Callable[..., Any] | None] = None
    _own_words: ClassVar[tuple[Word, ...]]

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "reading":
            raise AttributeError(name)
        return self.reading.shared(self, name)

    @classmethod
    def words(cls, *kinds: type[Word]) -> list[Any]:
        """The part's words of the given kinds, base classes first; a subclass replaces by name."""
        if "_own_words" not in vars(cls):
            cls._own_words = _words_of(cls)
        return [w for w in cls._own_words if isinstance(w, kinds or Word)]

    @classmethod
    def letters(cls) -> dict[str, str]:
        """Name of the set that each index letter runs over, for this part."""
        own = {letter: f"{cls.table}{suffix}" for letter, suffix in ((cls.rows, ""), (cls.links, ".links")) if letter}
        return {**CASE_LETTERS, **own, **cls.sets}

    @classmethod
    def param_letters(cls, word: param) -> tuple[str, ...]:
        """Letters a param is indexed by."""
        return (cls.rows,) if word.letters is None else tuple(word.letters)

    @classmethod
    def target(cls, rule: total) -> tuple[str, ...]:
        """Letters of the entries a total fills: those its maps lead to, then those it keeps."""
        maps = {w.name: w for w in cls.words(param)}
        return (*(maps[name].unit for name in rule.at), *rule.kept())

    @classmethod
    def table_spec(cls) -> TableSpec | None:
        """The table the part reads from the case folder, or None for a part without one."""
        if not cls.rows or not cls.from_file:
            return None
        key = cls.table.removesuffix("ies") + "y" if cls.table.endswith("ies") else cls.table.removesuffix("s")
        own = tuple(c for w in cls.words(param) if (c := w.column()) is not None)
        place = place_columns(delta=cls.delta, site=cls.at_site) if cls.links else ()
        doc = inspect.cleandoc(cls.__doc__ or "").split("\n")[0]
        columns = (Column(key, "id", required=True, help="its name"), *place, *own, *cls.more_columns)
        return TableSpec(cls.table, columns, key=key, help=doc)


def _words_of(part: type[Part]) -> tuple[Word, ...]:
    """Words of a part, base classes first."""
    found = {n: w for k in reversed(part.__mro__) for n, w in vars(k).items() if isinstance(w, Word)}
    return tuple(found.values())


def said(part: Part | type[Part], rule: Rule) -> str:
    """``part.rule (file:line)``: how a message names a rule."""
    return f"{part.table}.{rule.name} ({rule.place})"


def evaluate(part: Part, rule: Rule, *indices: Any) -> Any:
    """The rule's text at the indices; whatever goes wrong is reported with part, rule, file and line."""
    try:
        return rule.text(part, *indices)
    except ModelError as fault:
        if str(fault).startswith("In "):
            raise
        raise ModelError(f"In {said(part, rule)}: {fault}") from fault
    except Exception as fault:
        raise ModelError(f"In {said(part, rule)}: {fault}") from fault


def bounds(part: Part, rule: variable, *indices: Any) -> tuple[Any, Any]:
    """Lower and upper bound as the text of a variable gives them."""
    pair = evaluate(part, rule, *indices)
    if not isinstance(pair, tuple) or len(pair) != 2:
        raise ModelError(f"In {said(part, rule)}: a variable returns (lower, upper), not {pair!r}.")
    return pair


def unknown_name(part: Part, name: str, known: Iterator[str] | list[str]) -> ModelError:
    """The error for a name that neither the part nor the shared totals declare."""
    names = sorted({*known, *(w.name for w in part.words())})
    close = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean '{close[0]}'?" if close else f" Known: {', '.join(names)}."
    return ModelError(f"{part.table} has no '{name}'.{hint}")


def check_part(cls: type[Part]) -> None:
    """Refuse a part whose letters clash or are missing, or whose ``where`` and ``at`` do not fit its rules."""
    letters, params = cls.letters(), {w.name: w for w in cls.words(param)}
    _check_letters(cls)
    for word in params.values():
        for letter in cls.param_letters(word):
            if letter not in letters:
                raise ModelError(f"{cls.table}.{word.name}: {_undeclared(letter, letters)}")
    for rule in cls.words(Rule):
        if not hasattr(rule, "text"):
            raise ModelError(f"{cls.table}.{rule.name} has no text: write @{type(rule).__name__}(...) above a method.")
        try:
            _check_rule(cls, rule, letters, params)
        except ModelError as fault:
            raise ModelError(f"In {said(cls, rule)}: {fault}") from None


def _check_letters(cls: type[Part]) -> None:
    sets = {cls.rows: cls.table, cls.links: f"{cls.table}.links", **cls.sets}
    own = [letter for letter in (cls.rows, cls.links, *cls.sets) if letter]
    for letter in own:
        if CASE_LETTERS.get(letter, sets[letter]) != sets[letter]:
            raise ModelError(f"{cls.table}: index letter '{letter}' belongs to the case ({CASE_LETTERS[letter]}).")
        if own.count(letter) > 1:
            raise ModelError(f"{cls.table}: index letter '{letter}' is declared twice.")


def _check_rule(cls: type[Part], rule: Rule, letters: dict[str, str], params: dict[str, param]) -> None:
    at = getattr(rule, "at", ())
    for letter in (*rule.over, *getattr(rule, "gone", ())):
        if letter not in letters:
            raise ModelError(_undeclared(letter, letters))
    for name in ([rule.where] if rule.where else []) + list(at):
        if name not in params:
            raise ModelError(f"'{name}' is not a param of this part.")
    if rule.where and cls.param_letters(params[rule.where]) != rule.over:
        raise ModelError(f"where='{rule.where}' {_indexed(cls, params[rule.where])}, the rule by {_listed(rule.over)}.")
    for name in at:
        if params[name].unit not in letters:
            raise ModelError(f"at='{name}' is no map: its unit is '{params[name].unit}', not an index letter.")
        if cls.param_letters(params[name]) != rule.over[:1]:
            raise ModelError(
                f"at='{name}' {_indexed(cls, params[name])}, the rule begins with {_listed(rule.over[:1])}."
            )


def check_into(cls: type[Part], rule: total, shared: Shared) -> None:
    """Refuse a contribution whose entries are indexed by other sets than those of the shared total."""
    sets = cls.letters()
    goes, wanted = ([sets[letter] for letter in letters] for letters in (cls.target(rule), shared.letters))
    if goes != wanted:
        text = f"it fills entries by {_listed(goes)}, '{shared.name}' is kept by {_listed(wanted)}."
        raise ModelError(f"In {said(cls, rule)}: {text}")


def _undeclared(letter: str, letters: dict[str, str]) -> str:
    return f"index letter '{letter}' is not declared. Known: {', '.join(letters)}."


def _indexed(cls: type[Part], word: param) -> str:
    return f"is indexed by {_listed(cls.param_letters(word))}"


def _listed(names: Sequence[str]) -> str:
    return f"({', '.join(names)})"
