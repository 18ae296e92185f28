"""What a language is made of: words by key, names of days and months, how a moment is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from v2g.handover.facts import Facts


@dataclass(frozen=True)
class Language:
    """Words that people are told in. ``moment`` and ``dated`` take weekday, day, month, number (of the month), year and
    time; ``dated`` has the year.

    ``comma`` stands between things that are listed, ``blank`` between sentences, ``dash`` in a span of time.
    ``headline`` says what comes first of a plan, without a full stop.
    """

    code: str
    name: str
    moment: str
    dated: str
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    comma: str
    blank: str
    dash: str
    headline: Callable[[Facts], str]
    words: Mapping[str, str]

    def say(self, key: str, **values: object) -> str:
        """The words of a key with values in their places."""
        return self.words[key].format(**values)

    def at(self, moment: datetime, dated: bool = False) -> str:
        """A moment in its own time zone, with the year where it is to be ``dated``."""
        return (self.dated if dated else self.moment).format(
            weekday=self.weekdays[moment.weekday()], day=moment.day, month=self.months[moment.month - 1],
            number=moment.month, year=moment.year, time=f"{moment:%H:%M}",
        )  # fmt: skip

    def span(self, first: datetime, last: datetime) -> str:
        """From one moment to another; the day is said once where it is the same."""
        return f"{self.at(first)}{self.dash}{self.after(first, last)}"

    def after(self, first: datetime, then: datetime) -> str:
        """A moment that is told after another: of the same day the time alone."""
        return f"{then:%H:%M}" if first.date() == then.date() else self.at(then)

    def spans(self, spans: Iterable[tuple[datetime, datetime]]) -> str:
        """Several spans; each day is said once."""
        told, before = [], None
        for first, last in spans:
            begin = self.at(first) if before is None else self.after(before, first)
            told.append(f"{begin}{self.dash}{self.after(first, last)}")
            before = last
        return self.listed(told)

    def listed(self, things: Iterable[str]) -> str:
        """Things one after the other."""
        return self.comma.join(things)
