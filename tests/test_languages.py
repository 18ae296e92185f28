"""Every language has every word, with the same places for values; every word that is asked for is there."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from string import Formatter

import pytest

import v2g
from v2g.errors import UsageError
from v2g.exports.exporting import export
from v2g.handover.facts import Facts
from v2g.handover.languages import LANGUAGES
from v2g.handover.languages.english import ENGLISH
from v2g.handover.languages.japanese import JAPANESE
from v2g.handover.languages.language import Language

ROOT = Path(__file__).parent.parent
CODE = [*(ROOT / "v2g" / "handover").glob("*.py"), ROOT / "v2g/exports/orders.py", ROOT / "v2g/exports/sitrep.py"]


def places(text: str) -> set[str]:
    """Places for values in a text."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_every_language_has_every_word_with_the_same_places(language: Language) -> None:
    assert list(language.words) == list(ENGLISH.words)
    differing = [key for key, text in language.words.items() if places(text) != places(ENGLISH.words[key])]
    assert differing == []
    assert all(text.strip() == text or key == "change_tier" for key, text in language.words.items())


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_every_language_can_tell_time(language: Language) -> None:
    assert (len(language.weekdays), len(language.months)) == (7, 12)
    assert "{time}" in language.moment and "{year}" in language.dated and LANGUAGES[language.code] is language


def test_every_word_is_used_and_every_word_used_is_there() -> None:
    """Keys stand in the code as words in quotes; those that are put together begin with what is listed here."""
    text = "\n".join(file.read_text(encoding="utf-8") for file in CODE)
    quoted = set(re.findall(r'"([a-z_]+)"', text))
    built = ("change_", "column_", "way_", "status_", "decide_", "sms_", "load", "on_", "visit_", "head")
    unused = [key for key in ENGLISH.words if key not in quoted and not key.startswith(built)
              and not key.endswith(("_source", "_throughout", "_first", "_kind"))]  # fmt: skip
    assert unused == []
    asked = set(re.findall(r'\bsay\(\s*"([a-z_]+)"', text)) | set(re.findall(r'_spans\(telling, "([a-z_]+)"', text))
    assert len(asked) > 50 and asked - set(ENGLISH.words) == set()


def test_moments_and_spans() -> None:
    """16 January 2026 is a Friday."""
    first, last = datetime(2026, 1, 16, 6, 0), datetime(2026, 1, 16, 14, 30)
    assert JAPANESE.at(first) == "1月16日(金) 06:00"
    assert JAPANESE.at(first, dated=True) == "2026年1月16日(金) 06:00"
    assert ENGLISH.at(first) == "Fri 16 Jan 06:00" and ENGLISH.span(first, last) == "Fri 16 Jan 06:00 - 14:30"
    night = datetime(2026, 1, 17, 1, 0)
    assert JAPANESE.span(last, night) == "1月16日(金) 14:30〜1月17日(土) 01:00"
    spans = [(first, last), (datetime(2026, 1, 16, 20), night), (datetime(2026, 1, 17, 4), datetime(2026, 1, 17, 5))]
    assert ENGLISH.spans(spans) == "Fri 16 Jan 06:00 - 14:30, 20:00 - Sat 17 Jan 01:00, 04:00 - 05:00"


def test_values_are_never_read_as_places() -> None:
    assert ENGLISH.say("vehicle", name="{kwh} {0}") == "Vehicle {kwh} {0}"


def test_the_headline_in_japanese(village: v2g.Case, village_plan: v2g.Plan) -> None:
    """The clinic is served; the cold store lacks power from 21:00, in the last hour before 22:00 on Thursday."""
    told = JAPANESE.headline(Facts(village, village_plan))
    end, since = "1月15日(木) 22:00", "1月15日(木) 21:00"
    assert told == f"優先度1の負荷 1件中1件に{end}まで給電。優先度2は1件中0件、cold_storeは{since}から電力不足"


def test_an_unknown_language_names_the_known_ones(village: v2g.Case, village_plan: v2g.Plan, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no language 'de'\. Known: en, ja"):
        export(village, "orders", tmp_path / "out", village_plan, language=("de",))
    assert not (tmp_path / "out").exists()
